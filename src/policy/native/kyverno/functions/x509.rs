//! Certificates: `x509.decode` gives what Go's `encoding/json` makes of an `x509.Certificate`
//! (<https://pkg.go.dev/crypto/x509#Certificate>), the numbers as doubles, and of an RSA key its modulus as text.
//!
//! Deliberately absent: what Go makes of URIs, name constraints and policy constraints. Where a certificate has
//! them, those fields are unknown.

use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{DistributionPointName, GeneralName, ParsedExtension};
use x509_parser::num_bigint::BigUint;
use x509_parser::oid_registry::Oid;
use x509_parser::pem::Pem;
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::time::ASN1Time;
use x509_parser::x509::X509Name;

use super::data::value_of;
use super::{Answer, NativeHost, map};
use crate::cel::{Error, Scope, Value};

/// Go's `SignatureAlgorithm`, by object identifier. RSASSA-PSS names its digest in parameters and is unknown.
const SIGNATURES: &[(&str, u32)] = &[
    ("1.2.840.113549.1.1.4", 2),
    ("1.2.840.113549.1.1.5", 3),
    ("1.2.840.113549.1.1.11", 4),
    ("1.2.840.113549.1.1.12", 5),
    ("1.2.840.113549.1.1.13", 6),
    ("1.2.840.10040.4.3", 7),
    ("2.16.840.1.101.3.4.3.2", 8),
    ("1.2.840.10045.4.1", 9),
    ("1.2.840.10045.4.3.2", 10),
    ("1.2.840.10045.4.3.3", 11),
    ("1.2.840.10045.4.3.4", 12),
    ("1.3.101.112", 16),
];

const RSASSA_PSS: &str = "1.2.840.113549.1.1.10";

/// Go's `PublicKeyAlgorithm`, by object identifier.
const KEYS: &[(&str, u32)] =
    &[("1.2.840.113549.1.1.1", 1), ("1.2.840.10040.4.1", 2), ("1.2.840.10045.2.1", 3), ("1.3.101.112", 4)];

/// Go's `ExtKeyUsage`, by object identifier; what is not here is in `UnknownExtKeyUsage`.
const USAGES: &[(&str, u32)] = &[
    ("2.5.29.37.0", 0),
    ("1.3.6.1.5.5.7.3.1", 1),
    ("1.3.6.1.5.5.7.3.2", 2),
    ("1.3.6.1.5.5.7.3.3", 3),
    ("1.3.6.1.5.5.7.3.4", 4),
    ("1.3.6.1.5.5.7.3.5", 5),
    ("1.3.6.1.5.5.7.3.6", 6),
    ("1.3.6.1.5.5.7.3.7", 7),
    ("1.3.6.1.5.5.7.3.8", 8),
    ("1.3.6.1.5.5.7.3.9", 9),
    ("1.3.6.1.4.1.311.10.3.3", 10),
    ("2.16.840.1.113730.4.1", 11),
    ("1.3.6.1.4.1.311.2.1.22", 12),
    ("1.3.6.1.4.1.311.61.1.1", 13),
];

/// The parts of a name that have fields of their own, by object identifier.
const NAMES: &[(&str, &str)] = &[
    ("Country", "2.5.4.6"),
    ("Organization", "2.5.4.10"),
    ("OrganizationalUnit", "2.5.4.11"),
    ("Locality", "2.5.4.7"),
    ("Province", "2.5.4.8"),
    ("StreetAddress", "2.5.4.9"),
    ("PostalCode", "2.5.4.17"),
];

/// The fields that name constraints fill.
const CONSTRAINTS: &[&str] = &[
    "PermittedDNSDomainsCritical",
    "PermittedDNSDomains",
    "ExcludedDNSDomains",
    "PermittedIPRanges",
    "ExcludedIPRanges",
    "PermittedEmailAddresses",
    "ExcludedEmailAddresses",
    "PermittedURIDomains",
    "ExcludedURIDomains",
];

/// The fields that policy constraints and mappings fill.
const OTHER_FIELDS: &[&str] = &[
    "InhibitAnyPolicy",
    "InhibitAnyPolicyZero",
    "InhibitPolicyMapping",
    "InhibitPolicyMappingZero",
    "RequireExplicitPolicy",
    "RequireExplicitPolicyZero",
    "PolicyMappings",
];

/// The fields that are lists, null where there is nothing to list.
const LISTS: &[&str] = &[
    "AuthorityKeyId",
    "CRLDistributionPoints",
    "DNSNames",
    "EmailAddresses",
    "ExcludedDNSDomains",
    "ExcludedEmailAddresses",
    "ExcludedIPRanges",
    "ExcludedURIDomains",
    "ExtKeyUsage",
    "ExtraExtensions",
    "IPAddresses",
    "IssuingCertificateURL",
    "OCSPServer",
    "PermittedDNSDomains",
    "PermittedEmailAddresses",
    "PermittedIPRanges",
    "PermittedURIDomains",
    "Policies",
    "PolicyIdentifiers",
    "PolicyMappings",
    "SubjectKeyId",
    "URIs",
    "UnhandledCriticalExtensions",
    "UnknownExtKeyUsage",
];

/// The other fields of extensions that a certificate without them has: zero, or a truth.
const NOTHING: &[(&str, Option<bool>)] = &[
    ("BasicConstraintsValid", Some(false)),
    ("InhibitAnyPolicy", None),
    ("InhibitAnyPolicyZero", Some(false)),
    ("InhibitPolicyMapping", None),
    ("InhibitPolicyMappingZero", Some(false)),
    ("IsCA", Some(false)),
    ("KeyUsage", None),
    ("MaxPathLen", None),
    ("MaxPathLenZero", Some(false)),
    ("PermittedDNSDomainsCritical", Some(false)),
    ("RequireExplicitPolicy", None),
    ("RequireExplicitPolicyZero", Some(false)),
];

const AUTHORITY_OCSP: &str = "1.3.6.1.5.5.7.48.1";
const AUTHORITY_ISSUERS: &str = "1.3.6.1.5.5.7.48.2";
const OTHER_CONSTRAINTS: &[&str] = &["2.5.29.33", "2.5.29.36", "2.5.29.54"];

/// `x509.decode(pem)`: the fields of the first certificate in a text.
pub(super) fn decode<'a>(_: &NativeHost<'a>, args: &[Value<'a>], scope: &Scope<'a>) -> Answer<'a> {
    let [Value::Str(source)] = *args else { return Err(Error::NoSuchOverload("x509.decode")) };
    scope.spend_bytes(source.len())?;
    let Some(Ok(block)) = Pem::iter_from_buffer(source.as_bytes()).next() else {
        return Err(Error::Invalid("PEM block"));
    };
    if block.label == "CERTIFICATE REQUEST" {
        return Ok(Value::Unknown(None));
    }
    let Ok((_, certificate)) = X509Certificate::from_der(&block.contents) else {
        return Err(Error::Invalid("certificate"));
    };
    let mut fields = Fields::default();
    fields.basics(&certificate, &block.contents);
    fields.key(&certificate);
    fields.extensions(&certificate);
    let mut entries = Vec::with_capacity(fields.known.len());
    for (name, value) in &fields.known {
        entries.push((*name, value_of(scope, value)?));
    }
    entries.extend(fields.unknown.iter().map(|name| (*name, Value::Unknown(None))));
    map(scope, &entries)
}

/// The fields of a certificate by name; of one given twice the last value counts, unknown last of all.
#[derive(Default)]
struct Fields {
    known: Vec<(&'static str, Json)>,
    unknown: Vec<&'static str>,
}

impl Fields {
    fn set(&mut self, name: &'static str, value: impl Into<Json>) {
        self.known.push((name, value.into()));
    }

    fn basics(&mut self, certificate: &X509Certificate<'_>, der: &[u8]) {
        let body = &certificate.tbs_certificate;
        self.set("Raw", base64(der));
        self.set("RawTBSCertificate", base64(body.as_ref()));
        self.set("RawSubjectPublicKeyInfo", base64(body.subject_pki.raw));
        self.set("RawSubject", base64(body.subject.as_raw()));
        self.set("RawIssuer", base64(body.issuer.as_raw()));
        self.set("Signature", base64(&certificate.signature_value.data));
        let algorithm = &certificate.signature_algorithm.algorithm;
        self.set("SignatureAlgorithm", number(listed(SIGNATURES, algorithm).unwrap_or(0)));
        if algorithm.to_id_string() == RSASSA_PSS {
            self.unknown.push("SignatureAlgorithm");
        }
        self.set("Version", number(body.version.0 + 1));
        self.set("SerialNumber", decimal(&body.serial));
        self.set("Issuer", name(&body.issuer));
        self.set("Subject", name(&body.subject));
        self.set("NotBefore", time(body.validity.not_before));
        self.set("NotAfter", time(body.validity.not_after));
    }

    fn key(&mut self, certificate: &X509Certificate<'_>) {
        let info = &certificate.tbs_certificate.subject_pki;
        let algorithm = &info.algorithm.algorithm;
        let data = &*info.subject_public_key.data;
        self.set("PublicKeyAlgorithm", number(listed(KEYS, algorithm).unwrap_or(0)));
        match info.parsed() {
            Ok(PublicKey::RSA(key)) => {
                let modulus = BigUint::from_bytes_be(key.modulus);
                let exponent = BigUint::from_bytes_be(key.exponent);
                self.set("PublicKey", json!({"N": modulus.to_string(), "E": decimal(&exponent)}));
            }
            // An uncompressed point: two coordinates after a byte that says so.
            Ok(PublicKey::EC(_)) if data.first() == Some(&4) => {
                let (x, y) = data[1..].split_at(data.len() / 2);
                let (x, y) = (BigUint::from_bytes_be(x), BigUint::from_bytes_be(y));
                self.set("PublicKey", json!({"Curve": {}, "X": decimal(&x), "Y": decimal(&y)}));
            }
            _ if listed(KEYS, algorithm) == Some(4) => self.set("PublicKey", base64(data)),
            _ => self.unknown.push("PublicKey"),
        }
    }

    fn extensions(&mut self, certificate: &X509Certificate<'_>) {
        for name in LISTS {
            self.set(name, Json::Null);
        }
        for (name, value) in NOTHING {
            self.set(name, value.map_or(number(0), Json::Bool));
        }
        let extensions = certificate.extensions();
        let all = extensions.iter().map(|extension| {
            let id = numbers(&extension.oid);
            json!({"Id": id, "Critical": extension.critical, "Value": base64(extension.value)})
        });
        self.set("Extensions", list(all.collect()));
        for extension in extensions {
            let oid = extension.oid.to_id_string();
            match extension.parsed_extension() {
                ParsedExtension::BasicConstraints(constraints) => {
                    self.set("BasicConstraintsValid", true);
                    self.set("IsCA", constraints.ca);
                    let length = constraints.path_len_constraint;
                    self.set("MaxPathLen", length.map_or_else(|| json!(-1.0), number));
                    self.set("MaxPathLenZero", length == Some(0));
                }
                ParsedExtension::KeyUsage(usage) => self.set("KeyUsage", number(usage.flags.into())),
                ParsedExtension::SubjectKeyIdentifier(id) => self.set("SubjectKeyId", base64(id.0)),
                ParsedExtension::AuthorityKeyIdentifier(authority) => {
                    self.set("AuthorityKeyId", authority.key_identifier.as_ref().map(|id| base64(id.0)));
                }
                ParsedExtension::CertificatePolicies(policies) => {
                    let ids = || policies.iter().map(|policy| &policy.policy_id);
                    self.set("PolicyIdentifiers", list(ids().map(numbers).collect()));
                    self.set("Policies", list(ids().map(|id| id.to_id_string().into()).collect()));
                }
                ParsedExtension::SubjectAlternativeName(names) => self.names(&names.general_names),
                ParsedExtension::AuthorityInfoAccess(access) => {
                    let urls = |method: &str| {
                        let of = access.accessdescs.iter();
                        let of = of.filter(|access| access.access_method.to_id_string() == method);
                        list(of.filter_map(|access| url(&access.access_location)).collect())
                    };
                    self.set("OCSPServer", urls(AUTHORITY_OCSP));
                    self.set("IssuingCertificateURL", urls(AUTHORITY_ISSUERS));
                }
                ParsedExtension::CRLDistributionPoints(points) => {
                    let names = points.points.iter().filter_map(|point| match &point.distribution_point {
                        Some(DistributionPointName::FullName(names)) => Some(names),
                        _ => None,
                    });
                    self.set("CRLDistributionPoints", list(names.flatten().filter_map(url).collect()));
                }
                ParsedExtension::NameConstraints(_) => self.unknown.extend(CONSTRAINTS),
                ParsedExtension::ExtendedKeyUsage(_) => self.usages(extension.value),
                _ if OTHER_CONSTRAINTS.contains(&oid.as_str()) => self.unknown.extend(OTHER_FIELDS),
                // Go lists the critical ones that it does not know.
                _ if extension.critical => self.unknown.push("UnhandledCriticalExtensions"),
                _ => {}
            }
        }
    }

    /// The subject's other names.
    fn names(&mut self, names: &[GeneralName<'_>]) {
        let texts = |of: fn(&GeneralName<'_>) -> Option<String>| {
            list(names.iter().filter_map(of).map(Json::String).collect())
        };
        self.set(
            "DNSNames",
            texts(|name| if let GeneralName::DNSName(name) = name { Some((*name).to_owned()) } else { None }),
        );
        self.set(
            "EmailAddresses",
            texts(
                |name| if let GeneralName::RFC822Name(name) = name { Some((*name).to_owned()) } else { None },
            ),
        );
        self.set("IPAddresses", texts(address));
        if names.iter().any(|name| matches!(name, GeneralName::URI(_))) {
            self.unknown.push("URIs");
        }
    }

    /// What the key may be used for, in the order of the certificate.
    fn usages(&mut self, der: &[u8]) {
        let Ok((_, ids)) = <Vec<Oid<'_>>>::from_der(der) else {
            self.unknown.extend(["ExtKeyUsage", "UnknownExtKeyUsage"]);
            return;
        };
        let known = ids.iter().filter_map(|id| listed(USAGES, id)).map(number).collect();
        let others = ids.iter().filter(|id| listed(USAGES, id).is_none()).map(numbers).collect();
        self.set("ExtKeyUsage", list(known));
        self.set("UnknownExtKeyUsage", list(others));
    }
}

/// A name as Go's `pkix.Name`.
fn name(name: &X509Name<'_>) -> Json {
    let attributes = || name.iter_attributes().filter_map(|it| Some((it.attr_type(), it.as_str().ok()?)));
    let of = |oid: &str| -> Vec<Json> {
        attributes().filter(|(id, _)| id.to_id_string() == oid).map(|(_, text)| text.into()).collect()
    };
    let last = |oid| of(oid).pop().unwrap_or_else(|| "".into());
    let mut fields: serde_json::Map<String, Json> =
        NAMES.iter().map(|(field, oid)| ((*field).to_owned(), list(of(oid)))).collect();
    fields.insert("CommonName".to_owned(), last("2.5.4.3"));
    fields.insert("SerialNumber".to_owned(), last("2.5.4.5"));
    let all = attributes().map(|(id, text)| json!({"Type": numbers(id), "Value": text})).collect();
    fields.insert("Names".to_owned(), list(all));
    fields.insert("ExtraNames".to_owned(), Json::Null);
    Json::Object(fields)
}

/// A list as Go writes it: null when it is empty.
fn list(items: Vec<Json>) -> Json {
    if items.is_empty() { Json::Null } else { Json::Array(items) }
}

fn url(name: &GeneralName<'_>) -> Option<Json> {
    if let GeneralName::URI(url) = name { Some((*url).into()) } else { None }
}

fn address(name: &GeneralName<'_>) -> Option<String> {
    let GeneralName::IPAddress(bytes) = name else { return None };
    let v4 = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
    let v6 = <[u8; 16]>::try_from(*bytes).map(IpAddr::from);
    v4.or(v6).ok().map(|address| address.to_string())
}

fn listed(table: &[(&str, u32)], oid: &Oid<'_>) -> Option<u32> {
    let oid = oid.to_id_string();
    table.iter().find(|(id, _)| *id == oid).map(|(_, number)| *number)
}

/// The numbers of an object identifier.
fn numbers(oid: &Oid<'_>) -> Json {
    list(oid.to_id_string().split('.').filter_map(|part| part.parse::<f64>().ok()).map(Json::from).collect())
}

/// Every number of a JSON text is a double to Kyverno.
fn number(value: u32) -> Json {
    f64::from(value).into()
}

fn decimal(value: &BigUint) -> Json {
    value.to_string().parse::<f64>().map_or(Json::Null, Json::from)
}

fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// A time as Go writes one of whole seconds in UTC.
fn time(time: ASN1Time) -> String {
    jiff::Timestamp::from_second(time.timestamp()).map(|time| time.to_string()).unwrap_or_default()
}
