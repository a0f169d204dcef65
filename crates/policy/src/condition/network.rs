//! Addresses in conditions.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A range of addresses of one family. IPv4 written as IPv6 (`::ffff:10.0.0.1`) is IPv4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Network {
    V4 { bits: u32, prefix: u8 },
    V6 { bits: u128, prefix: u8 },
}

impl Network {
    /// Reads `10.0.0.0/8`, or a single address.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix_length(prefix)?)),
            None => (text, None),
        };
        match address.parse::<IpAddr>().ok()? {
            IpAddr::V4(address) => Self::v4(address, prefix.unwrap_or(32)),
            IpAddr::V6(address) => {
                let prefix = prefix.unwrap_or(128);
                match (address.to_ipv4_mapped(), prefix.checked_sub(96)) {
                    (Some(address), Some(prefix)) => Self::v4(address, prefix),
                    _ => Self::v6(address, prefix),
                }
            }
        }
    }

    /// Whether an address lies in the range.
    pub(crate) fn contains(self, address: IpAddr) -> bool {
        match (self, address.to_canonical()) {
            (Self::V4 { bits, prefix }, IpAddr::V4(address)) => {
                address.to_bits() & mask4(prefix) == bits
            }
            (Self::V6 { bits, prefix }, IpAddr::V6(address)) => {
                address.to_bits() & mask6(prefix) == bits
            }
            _ => false,
        }
    }

    fn v4(address: Ipv4Addr, prefix: u8) -> Option<Self> {
        (prefix <= 32).then(|| Self::V4 {
            bits: address.to_bits() & mask4(prefix),
            prefix,
        })
    }

    fn v6(address: Ipv6Addr, prefix: u8) -> Option<Self> {
        (prefix <= 128).then(|| Self::V6 {
            bits: address.to_bits() & mask6(prefix),
            prefix,
        })
    }
}

fn prefix_length(text: &str) -> Option<u8> {
    let sound = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if sound { text.parse().ok() } else { None }
}

fn mask4(prefix: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0)
}

fn mask6(prefix: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(network: &str, address: &str) -> bool {
        Network::parse(network)
            .unwrap()
            .contains(address.parse().unwrap())
    }

    #[test]
    fn ranges_hold_their_addresses() {
        assert!(contains("10.0.0.0/8", "10.255.0.1"));
        assert!(contains("10.1.2.3/8", "10.9.9.9"));
        assert!(!contains("10.0.0.0/8", "11.0.0.0"));
        assert!(contains("0.0.0.0/0", "203.0.113.9"));
        assert!(contains("10.1.2.3", "10.1.2.3"));
        assert!(!contains("10.1.2.3", "10.1.2.4"));
        assert!(contains("2001:db8::/32", "2001:db8:ffff::1"));
        assert!(contains("::/0", "2001:db8::1"));
    }

    #[test]
    fn families_do_not_mix_but_mapped_addresses_are_ipv4() {
        assert!(!contains("0.0.0.0/0", "2001:db8::1"));
        assert!(!contains("::/0", "10.0.0.1"));
        assert!(!contains("::/0", "::ffff:10.0.0.1"));
        assert!(contains("10.0.0.0/8", "::ffff:10.0.0.1"));
        assert!(contains("::ffff:10.0.0.0/104", "10.0.0.1"));
    }

    #[test]
    fn what_is_no_address_has_no_range() {
        for text in [
            "",
            "10.0.0",
            "10.0.0.0/33",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "010.0.0.1",
            "::/129",
            "10.0.0.0/8/8",
            "*",
        ] {
            assert_eq!(Network::parse(text), None, "{text}");
        }
    }
}
