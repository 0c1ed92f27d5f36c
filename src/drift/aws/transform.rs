//! What AWS makes of a value: the transforms that the schema of a type gives, as far as they are read here.
//!
//! They are `JSONata`, <https://docs.jsonata.org>, of which a few functions are used over and over; what they give
//! may be a pattern. One that is not read, or that allows more than the declared value, can only be *untold*.

use std::net::IpAddr;

use regex::{Regex, RegexBuilder};

/// What a transform says of a declared value and a live one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// AWS makes the one of the other.
    Same,
    /// It does not.
    Other,
    /// It cannot be told.
    Untold,
}

/// Compares by the transform of the property at `place`, such as `Rules/*/Name`.
pub(super) fn compare(transform: &str, place: &str, declared: &str, live: &str) -> Verdict {
    if let Some(is_same) = protocol(transform, declared, live).or_else(|| range(transform, declared, live)) {
        return if is_same { Verdict::Same } else { Verdict::Other };
    }
    let mut verdict = Verdict::Other;
    for alternative in transform.split(" $OR ") {
        let mut reader = Reader { rest: alternative, place, declared, depth: 0, is_own: false };
        let made = reader.whole();
        match made.and_then(|made| made.fits(live)) {
            Some(false) => {}
            // A pattern of AWS's own lets other values through as well.
            Some(true) if !reader.is_own => verdict = Verdict::Untold,
            Some(true) => return Verdict::Same,
            None => verdict = Verdict::Untold,
        }
    }
    verdict
}

/// The two transforms of security groups, which look at the protocol.
fn protocol(transform: &str, declared: &str, live: &str) -> Option<bool> {
    if !transform.starts_with("($mapVal := $lookup({'1': 'icmp'") {
        return None;
    }
    let is_port = transform.ends_with(": -1)");
    // A protocol without ports has the port -1.
    Some(if is_port { live == "-1" } else { is_protocol(declared, live) })
}

/// Whether two names are the same protocol's, which may go by its number.
pub(super) fn is_protocol(declared: &str, live: &str) -> bool {
    const PROTOCOLS: [(&str, &str); 4] = [("1", "icmp"), ("6", "tcp"), ("17", "udp"), ("58", "icmpv6")];
    let name = PROTOCOLS.iter().find(|(number, _)| *number == declared).map_or(declared, |(_, name)| name);
    name.eq_ignore_ascii_case(live)
}

/// The transforms of subnets: programs that give the first address of a range.
fn range(transform: &str, declared: &str, live: &str) -> Option<bool> {
    let is_program =
        transform.contains("CidrBlock~>function(") || transform.contains("$replace(Ipv6CidrBlock, ");
    is_program.then(|| first(declared).is_some_and(|it| first(live) == Some(it)))
}

/// The first address of `10.0.1.7/24`, as a number, and how many bits of it count.
fn first(range: &str) -> Option<(u128, u32)> {
    let (address, bits) = range.trim().split_once('/')?;
    let bits: u32 = bits.parse().ok()?;
    let (number, width) = match address.parse().ok()? {
        IpAddr::V4(address) => (u128::from(address.to_bits()), u32::BITS),
        IpAddr::V6(address) => (address.to_bits(), u128::BITS),
    };
    let rest = width.checked_sub(bits)?;
    Some((number.checked_shr(rest).unwrap_or_default(), bits))
}

/// What a part of a transform gives.
enum Made {
    Text(String),
    /// A text that stands for all it matches.
    Pattern(String),
    List(Vec<String>),
    Truth(bool),
}

/// No pattern of a schema is larger once it is compiled.
const MAX_PATTERN: usize = 1 << 20;

fn pattern(text: &str) -> Option<Regex> {
    RegexBuilder::new(text).size_limit(MAX_PATTERN).build().ok()
}

impl Made {
    /// Whether it is what is live; `None` for a pattern of another kind than is read here.
    fn fits(&self, live: &str) -> Option<bool> {
        match self {
            Self::Text(text) => Some(text == live),
            Self::Pattern(text) if text == live => Some(true),
            Self::Pattern(text) => Some(pattern(&format!("^(?:{text})$"))?.is_match(live)),
            Self::List(_) | Self::Truth(_) => None,
        }
    }

    fn text(self) -> Option<String> {
        match self {
            Self::Text(text) | Self::Pattern(text) => Some(text),
            Self::List(_) | Self::Truth(_) => None,
        }
    }
}

/// Reads an expression and gives what it makes of a value; `None` for one with words that are not known.
struct Reader<'r> {
    rest: &'r str,
    place: &'r str,
    declared: &'r str,
    depth: usize,
    /// Whether what was read mentions the value.
    is_own: bool,
}

/// Schemas nest three functions at most.
const MAX_DEPTH: usize = 16;

impl Reader<'_> {
    /// The whole expression.
    fn whole(&mut self) -> Option<Made> {
        let made = self.choice()?;
        self.take("").filter(|()| self.rest.is_empty())?;
        Some(made)
    }

    /// `$contains(P, ".") ? P : P & ".0"`
    fn choice(&mut self) -> Option<Made> {
        let made = self.sum()?;
        if self.take("?").is_none() {
            return Some(made);
        }
        let Made::Truth(is_true) = made else { return None };
        let one = self.sum()?;
        self.take(":")?;
        let other = self.sum()?;
        Some(if is_true { one } else { other })
    }

    /// `P`, `P & ".0"`, `P * 1000`.
    fn sum(&mut self) -> Option<Made> {
        let mut made = self.part()?;
        loop {
            if self.take("&").is_some() {
                made = Made::Text(made.text()? + &self.part()?.text()?);
            } else if self.take("*").is_some() {
                let (one, other): (f64, f64) = (made.text()?.parse().ok()?, self.number()?.parse().ok()?);
                made = Made::Text((one * other).to_string());
            } else {
                return Some(made);
            }
        }
    }

    fn part(&mut self) -> Option<Made> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let mut made = match self.peek()? {
            '"' | '\'' => Made::Pattern(self.quoted()?),
            '[' => self.list()?,
            '$' => self.function()?,
            _ => self.name()?,
        };
        while self.take("[").is_some() {
            let at: isize = self.number()?.parse().ok()?;
            self.take("]")?;
            let Made::List(items) = made else { return None };
            let at = if at < 0 { items.len().checked_add_signed(at) } else { usize::try_from(at).ok() };
            made = Made::Text(items.into_iter().nth(at?)?);
        }
        self.depth -= 1;
        Some(made)
    }

    fn list(&mut self) -> Option<Made> {
        self.take("[")?;
        let mut items = Vec::new();
        loop {
            items.push(self.choice()?.text()?);
            if self.take("]").is_some() {
                return Some(Made::List(items));
            }
            self.take(",")?;
        }
    }

    fn function(&mut self) -> Option<Made> {
        let (name, rest) = self.rest.split_once('(')?;
        self.rest = rest;
        let first = self.sum()?;
        let made = match name {
            "$lowercase" => Made::Text(first.text()?.to_lowercase()),
            "$uppercase" => Made::Text(first.text()?.to_uppercase()),
            "$string" => Made::Text(first.text()?),
            "$substringAfter" => {
                let (text, mark) = (first.text()?, self.argument()?.text()?);
                Made::Text(text.split_once(&mark).map_or(text.clone(), |(_, after)| after.to_owned()))
            }
            "$contains" => {
                let (text, part) = (first.text()?, self.argument()?.text()?);
                Made::Truth(text.contains(&part))
            }
            "$split" => {
                let (text, mark) = (first.text()?, self.argument()?.text()?);
                let most = if self.take(",").is_some() { self.number()?.parse().ok()? } else { usize::MAX };
                Made::List(text.split(&mark).take(most).map(str::to_owned).collect())
            }
            "$replace" => {
                let text = first.text()?;
                self.take(",")?;
                if self.peek()? == '/' {
                    let expression = pattern(&self.expression()?)?;
                    Made::Text(expression.replace_all(&text, self.argument()?.text()?).into_owned())
                } else {
                    let from = self.sum()?.text()?;
                    Made::Text(text.replace(&from, &self.argument()?.text()?))
                }
            }
            "$join" => {
                let Made::List(items) = first else { return None };
                let between =
                    if self.rest.starts_with(',') { self.argument()?.text()? } else { String::new() };
                Made::Pattern(items.join(&between))
            }
            _ => return None,
        };
        self.take(")")?;
        Some(made)
    }

    /// A further argument of a function.
    fn argument(&mut self) -> Option<Made> {
        self.take(",")?;
        self.sum()
    }

    /// The property itself, by its name or the end of its path.
    fn name(&mut self) -> Option<Made> {
        let end = self.rest.find(|it: char| !(it.is_ascii_alphanumeric() || it == '.' || it == '_'));
        let (name, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        let own = self.place.trim_end_matches("/*");
        let is_it = own.strip_suffix(name.replace('.', "/").as_str());
        is_it.filter(|before| !name.is_empty() && (before.is_empty() || before.ends_with('/')))?;
        self.rest = rest;
        self.is_own = true;
        Some(Made::Text(self.declared.to_owned()))
    }

    fn number(&mut self) -> Option<&str> {
        self.take("");
        let end = self.rest.find(|it: char| !(it.is_ascii_digit() || it == '-' || it == '.'));
        let (number, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        (!number.is_empty()).then_some(number)
    }

    /// A text in quotes.
    fn quoted(&mut self) -> Option<String> {
        let mut letters = self.rest.char_indices();
        let (_, quote) = letters.next()?;
        let mut out = String::new();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '\\' => match letters.next()?.1 {
                    'n' => out.push('\n'),
                    // An escaped letter of a pattern.
                    other if other.is_ascii_alphanumeric() => out.extend(['\\', other]),
                    other => out.push(other),
                },
                _ if letter == quote => {
                    self.rest = self.rest.get(at + 1..)?;
                    return Some(out);
                }
                _ => out.push(letter),
            }
        }
        None
    }

    /// `/\s+$/`
    fn expression(&mut self) -> Option<String> {
        let mut letters = self.rest.char_indices().skip(1);
        while let Some((at, letter)) = letters.next() {
            match letter {
                '\\' => drop(letters.next()),
                '/' => {
                    let text = self.rest.get(1..at)?.to_owned();
                    self.rest = self.rest.get(at + 1..)?;
                    return Some(text);
                }
                _ => {}
            }
        }
        None
    }

    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    /// Takes a word, if it is the next.
    fn take(&mut self, word: &str) -> Option<()> {
        self.rest = self.rest.trim_start();
        self.rest = self.rest.strip_prefix(word)?;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::types;

    /// Whether a transform is read to the end, and says nothing but what becomes of the value.
    fn is_exact(transform: &str, place: &str) -> bool {
        let reads = |alternative: &str| {
            ["arn:aws:x:1:y/z/w", "10"].iter().any(|declared| {
                let mut reader = Reader { rest: alternative, place, declared, depth: 0, is_own: false };
                let made = reader.whole();
                // What no engine of patterns in linear time takes is not read either.
                let is_good = match &made {
                    Some(Made::Pattern(text)) => pattern(text).is_some(),
                    made => made.is_some(),
                };
                is_good && reader.is_own
            })
        };
        protocol(transform, "", "").is_some()
            || range(transform, "", "").is_some()
            || transform.split(" $OR ").all(reads)
    }

    #[test]
    fn most_transforms_are_read_exactly() {
        let all = types::all().flat_map(|(_, known)| &known.transformed);
        let (exact, untold): (Vec<_>, Vec<_>) = all.partition(|(place, it)| is_exact(it, place));
        assert_eq!((exact.len(), untold.len()), (182, 22), "{untold:#?}");
    }

    /// A type, a property, what is declared, what AWS makes of it, and what it does not.
    const MADE: &[(&str, &str, &str, &str, &str)] = &[
        ("AWS::CloudTrail::Trail", "KMSKeyId", "1-2", "arn:aws:kms:eu-west-1:123456789012:key/1-2", "1-3"),
        (
            "AWS::CodeCommit::Repository",
            "KmsKeyId",
            "1-2",
            "arn:aws:kms:eu-west-1:123456789012:key/1-2",
            "1-3",
        ),
        ("AWS::Cognito::UserPool", "Schema/*/Name", "team", "custom:team", "custom:teams"),
        ("AWS::DMS::Endpoint", "MongoDbSettings/AuthMechanism", "scram-sha-1", "scram_sha_1", "mongodb_cr"),
        ("AWS::DirectConnect::TransitVirtualInterface", "DirectConnectGatewayId", "gw/1", "1", "2"),
        ("AWS::EC2::KeyPair", "PublicKeyMaterial", "ssh-ed25519 x", "ssh-ed25519 x\n", "ssh-ed25519 y\n"),
        ("AWS::EC2::SecurityGroup", "SecurityGroupIngress/*/IpProtocol", "6", "tcp", "udp"),
        ("AWS::EC2::SecurityGroupIngress", "FromPort", "0", "-1", "22"),
        ("AWS::EC2::Subnet", "CidrBlock", "10.1.1.7/24", "10.1.1.0/24", "10.1.2.0/24"),
        ("AWS::EC2::Subnet", "Ipv6CidrBlock", "2001:db8:0:1::5/64", "2001:DB8:0:1::/64", "2001:db8:0:2::/64"),
        (
            "AWS::ECS::Service",
            "TaskDefinition",
            "shop",
            "arn:aws:ecs:eu-west-1:123456789012:task-definition/shop:7",
            "arn:aws:ecs:eu-west-1:123456789012:task-definition/other:7",
        ),
        (
            "AWS::ECS::Service",
            "TaskDefinition",
            "arn:aws:ecs:eu-west-1:1:task-definition/shop:3",
            "arn:aws:ecs:eu-west-1:1:task-definition/shop:3",
            "arn:aws:ecs:eu-west-1:1:task-definition/shop:4",
        ),
        ("AWS::ECS::TaskDefinition", "TaskRoleArn", "arn:aws:iam::123456789012:role/task", "task", "other"),
        ("AWS::EKS::Addon", "ConfigurationValues", "{}\n", "{}", "{\"a\": 1}"),
        ("AWS::ElastiCache::CacheCluster", "EngineVersion", "7.1.2", "7.1", "7.2"),
        ("AWS::GameLift::Fleet", "AnywhereConfiguration/Cost", "10", "10.0", "11.0"),
        ("AWS::ImageBuilder::ImageRecipe", "Version", "1.x.2", "1.14.2", "1.14.3"),
        (
            "AWS::Lambda::Alias",
            "FunctionName",
            "arn:aws:lambda:eu-west-1:123456789012:function:resize",
            "resize",
            "shrink",
        ),
        ("AWS::Lambda::EventSourceMapping", "StartingPositionTimestamp", "1700", "1700000", "1701000"),
        ("AWS::RDS::DBInstance", "DBInstanceIdentifier", "Orders", "orders", "orders2"),
        ("AWS::RDS::DBInstance", "EngineVersion", "14", "14.7", "15.1"),
        (
            "AWS::RDS::DBInstance",
            "KmsKeyId",
            "1-2",
            "arn:aws:kms:eu-west-1:123456789012:key/1-2",
            "arn:aws:kms:x:1:key/3",
        ),
        ("AWS::ResourceGroups::TagSyncTask", "Group", "group/shop/1", "shop/1", "shop/2"),
        ("AWS::Route53::HostedZone", "Name", "Shop.example", "shop.example.", "shop.example.org."),
        (
            "AWS::S3::Bucket",
            "NotificationConfiguration/QueueConfigurations/*/Filter/S3Key/Rules/*/Name",
            "prefix",
            "Prefix",
            "Suffix",
        ),
        (
            "AWS::VpcLattice::Rule",
            "Action/Forward/TargetGroups/*/TargetGroupIdentifier",
            "arn:x/tg-1",
            "tg-1",
            "tg-2",
        ),
    ];

    #[test]
    fn what_aws_makes_of_a_value_is_the_same() {
        for (kind, place, declared, same, other) in MADE {
            let known = types::of(kind).unwrap_or_else(|| panic!("{kind}"));
            let transform = known.transformed.get(*place).unwrap_or_else(|| panic!("{kind} {place}"));
            assert_eq!(
                compare(transform, place, declared, same),
                Verdict::Same,
                "{kind} {place} {transform}"
            );
            assert_eq!(
                compare(transform, place, declared, other),
                Verdict::Other,
                "{kind} {place} {transform}"
            );
        }
    }

    #[test]
    fn what_is_not_read_is_untold() {
        for transform in
            ["$count(P)", "P ? P : []", "$replace(P", "$split(P, \"x\")[9]", "(", "\"[0-9]+\"", "Q", ""]
        {
            assert_eq!(compare(transform, "P", "2", "1"), Verdict::Untold, "{transform}");
        }
        let deep = "$lowercase(".repeat(10_000);
        assert_eq!(compare(&deep, "P", "2", "1"), Verdict::Untold);
        assert_eq!(compare("\"[a-z]+\"", "P", "2", "1"), Verdict::Other);
    }
}
