//! IP addresses and networks (Kubernetes' `ip` and `cidr` libraries, cel-spec's `network_ext`).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use super::{Answer, Function, MISMATCH, global, member};
use crate::cel::error::Error;
use crate::cel::scope::Scope;
use crate::cel::value::{Ext, Value};

pub static FUNCTIONS: &[Function] = &[
    global("ip", 1..=1, ip, "An IP address from text."),
    global("isIP", 1..=1, is_ip, "Whether the text is an IP address."),
    global("ip.isCanonical", 1..=1, is_canonical, "Whether the text is the address's canonical form."),
    member("family", 0..=0, family, "4 or 6."),
    member("isUnspecified", 0..=0, is_unspecified, "Whether it is `0.0.0.0` or `::`."),
    member("isLoopback", 0..=0, is_loopback, "Whether it is a loopback address."),
    member("isGlobalUnicast", 0..=0, is_global_unicast, "Whether it is a global unicast address."),
    member("isLinkLocalMulticast", 0..=0, is_link_local_multicast, "Whether it is link-local multicast."),
    member("isLinkLocalUnicast", 0..=0, is_link_local_unicast, "Whether it is link-local unicast."),
    global("cidr", 1..=1, cidr, "A network from CIDR notation."),
    global("isCIDR", 1..=1, is_cidr, "Whether the text is CIDR notation."),
    member("containsIP", 1..=1, contains_ip, "Whether the network contains an address."),
    member("containsCIDR", 1..=1, contains_cidr, "Whether the network contains another."),
    member("ip", 0..=0, cidr_ip, "The address of the network."),
    member("masked", 0..=0, masked, "The network with the host part zeroed."),
    member("prefixLength", 0..=0, prefix_length, "The length of the network's prefix."),
];

/// An address with a prefix length.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Cidr {
    address: IpAddr,
    prefix: u8,
}

impl Cidr {
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let address = parse_ip(address)?;
        let canonical = !prefix.starts_with(['0', '+']) || prefix == "0";
        let prefix: u8 = prefix.parse().ok().filter(|prefix| canonical && *prefix <= bits(address))?;
        Some(Self { address, prefix })
    }

    fn masked(self) -> Self {
        let unused = u32::from(bits(self.address) - self.prefix);
        let address = match self.address {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(unused).unwrap_or(0);
                IpAddr::V4((u32::from(address) & mask).into())
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(unused).unwrap_or(0);
                IpAddr::V6((u128::from(address) & mask).into())
            }
        };
        Self { address, ..self }
    }

    fn contains(self, other: Self) -> bool {
        self.address.is_ipv4() == other.address.is_ipv4()
            && self.prefix <= other.prefix
            && Self { prefix: self.prefix, ..other }.masked().address == self.masked().address
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

fn bits(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// Zones are refused, and so are IPv4 addresses dressed as IPv6 (`::ffff:1.2.3.4`).
fn parse_ip(text: &str) -> Option<IpAddr> {
    let address: IpAddr = text.parse().ok()?;
    (address.is_ipv4() || !text.contains('.')).then_some(address)
}

fn make<'a>(scope: &Scope<'a>, ext: Ext<'a>) -> Value<'a> {
    Value::Ext(scope.arena().alloc(ext))
}

fn ip<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    match *args {
        [value @ Value::Ext(Ext::Ip(_))] => Ok(value),
        [Value::Str(text)] => {
            let address = parse_ip(text).ok_or(Error::Invalid("IP address"))?;
            // The hexadecimal form of a mapped address is the IPv4 address.
            Ok(make(scope, Ext::Ip(address.to_canonical())))
        }
        _ => Err(MISMATCH),
    }
}

fn is_ip<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let [Value::Str(text)] = *args else { return Err(MISMATCH) };
    Ok(Value::Bool(parse_ip(text).is_some()))
}

fn is_canonical<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let [Value::Str(text)] = *args else { return Err(MISMATCH) };
    let address = parse_ip(text).ok_or(Error::Invalid("IP address"))?;
    Ok(Value::Bool(address.to_string() == text))
}

fn address<'a>(args: &[Value<'a>]) -> Result<IpAddr, Error<'a>> {
    match *args {
        [Value::Ext(Ext::Ip(address))] => Ok(*address),
        _ => Err(MISMATCH),
    }
}

fn family<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    Ok(Value::Int(if address(args)?.is_ipv4() { 4 } else { 6 }))
}

fn is_unspecified<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    Ok(Value::Bool(address(args)?.is_unspecified()))
}

fn is_loopback<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    Ok(Value::Bool(address(args)?.is_loopback()))
}

/// As Go has it: everything but the special ranges, private ones included.
fn is_global_unicast<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let address = address(args)?;
    let special = address.is_unspecified()
        || address.is_loopback()
        || address.is_multicast()
        || address == IpAddr::V4(Ipv4Addr::BROADCAST)
        || link_local_unicast(address);
    Ok(Value::Bool(!special))
}

fn is_link_local_multicast<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    Ok(Value::Bool(match address(args)? {
        IpAddr::V4(address) => address.octets().starts_with(&[224, 0, 0]),
        IpAddr::V6(address) => address.segments()[0] & 0xff0f == 0xff02,
    }))
}

fn is_link_local_unicast<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    Ok(Value::Bool(link_local_unicast(address(args)?)))
}

fn link_local_unicast(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}

fn cidr<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    match *args {
        [value @ Value::Ext(Ext::Cidr(_))] => Ok(value),
        [Value::Str(text)] => {
            let cidr = Cidr::parse(text).ok_or(Error::Invalid("CIDR notation"))?;
            Ok(make(scope, Ext::Cidr(cidr)))
        }
        _ => Err(MISMATCH),
    }
}

fn is_cidr<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let [Value::Str(text)] = *args else { return Err(MISMATCH) };
    Ok(Value::Bool(Cidr::parse(text).is_some()))
}

fn contains_ip<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let (network, address) = match *args {
        [Value::Ext(Ext::Cidr(network)), Value::Ext(Ext::Ip(address))] => (network, *address),
        [Value::Ext(Ext::Cidr(network)), Value::Str(text)] => {
            (network, parse_ip(text).ok_or(Error::Invalid("IP address"))?)
        }
        _ => return Err(MISMATCH),
    };
    Ok(Value::Bool(network.contains(Cidr { address, prefix: bits(address) })))
}

fn contains_cidr<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let (network, other) = match *args {
        [Value::Ext(Ext::Cidr(network)), Value::Ext(Ext::Cidr(other))] => (network, *other),
        [Value::Ext(Ext::Cidr(network)), Value::Str(text)] => {
            (network, Cidr::parse(text).ok_or(Error::Invalid("CIDR notation"))?)
        }
        _ => return Err(MISMATCH),
    };
    Ok(Value::Bool(network.contains(other)))
}

fn network<'a>(args: &[Value<'a>]) -> Result<Cidr, Error<'a>> {
    match *args {
        [Value::Ext(Ext::Cidr(network))] => Ok(*network),
        _ => Err(MISMATCH),
    }
}

fn cidr_ip<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    Ok(make(scope, Ext::Ip(network(args)?.address)))
}

fn masked<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    Ok(make(scope, Ext::Cidr(network(args)?.masked())))
}

fn prefix_length<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    Ok(Value::Int(network(args)?.prefix.into()))
}
