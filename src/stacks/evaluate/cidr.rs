//! `Fn::Cidr`: a block of addresses in equal parts.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-cidr.html>

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The first `count` parts (1 to 256) of `block` whose addresses have `bits` bits of their own; `None` for
/// what CloudFormation refuses, and without `bits`, whose default is not documented.
pub(super) fn blocks(block: &str, count: &str, bits: Option<&str>) -> Option<Vec<String>> {
    let (address, prefix) = block.split_once('/')?;
    let (address, prefix): (IpAddr, u32) = (address.parse().ok()?, prefix.parse().ok()?);
    let count: u128 = count.trim().parse().ok().filter(|count| (1..=256).contains(count))?;
    let bits: u32 = bits?.trim().parse().ok()?;
    let (start, width): (u128, u32) = match address {
        IpAddr::V4(address) => (u128::from(u32::from(address)), 32),
        IpAddr::V6(address) => (u128::from(address), 128),
    };
    let own = width.checked_sub(prefix)?;
    if bits > own || bits == 0 || (own - bits < 8 && count > 1 << (own - bits)) {
        return None;
    }
    // Of a whole address space no bit is kept, and a shift by all bits is none.
    let base = start.checked_shr(own).unwrap_or(0).checked_shl(own).unwrap_or(0);
    let part = |index: u128| {
        let address = base | index.checked_shl(bits).unwrap_or(0);
        match u32::try_from(address) {
            Ok(address) if width == 32 => format!("{}/{}", Ipv4Addr::from(address), width - bits),
            _ => format!("{}/{}", Ipv6Addr::from(address), width - bits),
        }
    };
    Some((0..count).map(part).collect())
}

#[cfg(test)]
mod tests {
    use super::blocks;

    #[test]
    fn a_block_is_cut_into_parts() {
        let cut = |block, count, bits| blocks(block, count, Some(bits)).map(|parts| parts.join(" "));
        assert_eq!(
            cut("10.0.0.0/16", "3", "8").as_deref(),
            Some("10.0.0.0/24 10.0.1.0/24 10.0.2.0/24"),
            "the example of the reference"
        );
        assert_eq!(cut("192.168.0.7/24", "2", "5").as_deref(), Some("192.168.0.0/27 192.168.0.32/27"));
        assert_eq!(cut("2001:db8::/56", "2", "64").as_deref(), Some("2001:db8::/64 2001:db8:0:1::/64"));
        assert_eq!(cut("::/0", "1", "128").as_deref(), Some("::/0"));
        for (block, count, bits) in [
            ("10.0.0.0/24", "2", "8"),
            ("10.0.0.0/24", "0", "4"),
            ("10.0.0.0/24", "1", "9"),
            ("10.0.0.0/33", "1", "1"),
            ("10.0.0.0", "1", "1"),
            ("vpc", "1", "1"),
        ] {
            assert_eq!(cut(block, count, bits), None, "{block} {count} {bits}");
        }
    }
}
