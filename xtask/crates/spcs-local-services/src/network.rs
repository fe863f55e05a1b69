//! Who can reach containers, and what containers can reach. The kernel enforces it with nftables.
//!
//! Everything that a policy does not list is closed, so a container is never reachable between its
//! start and the rules for its address.

use std::net::Ipv4Addr;
use std::ops::RangeInclusive;

pub mod nft;
mod ruleset;

pub use ruleset::{example, ruleset, table};

/// The rules of one platform.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    pub networks: Vec<Network>,
    pub members: Vec<Member>,
    /// TCP ports at the gateway addresses that containers may connect to: the platform's own.
    pub platform_ports: Vec<u16>,
}

/// A bridge network with containers of the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// Name in the engine.
    pub name: String,
    /// The bridge's interface on the host.
    pub interface: String,
    pub subnet: Subnet,
    /// The host's address in the network.
    pub gateway: Option<Ipv4Addr>,
}

/// An IPv4 network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subnet {
    pub address: Ipv4Addr,
    pub prefix: u8,
}

/// An instance: containers that share their addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its address in its schema's network. The other services of the schema find its endpoints
    /// there.
    pub address: Ipv4Addr,
    /// All its addresses.
    pub addresses: Vec<Ipv4Addr>,
    /// TCP ports of its endpoints.
    pub endpoints: Vec<RangeInclusive<u16>>,
    pub egress: Vec<Destination>,
}

/// An address outside the platform's networks that a member may connect to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Destination {
    /// `None` means every address.
    pub address: Option<Ipv4Addr>,
    pub port: u16,
}

impl Network {
    /// Whether a container of the network can have an address.
    pub fn has_room_for(&self, address: Ipv4Addr) -> bool {
        let mask = u32::MAX.checked_shl(32 - u32::from(self.subnet.prefix)).unwrap_or(0);
        let is_inside = address.to_bits() & mask == self.subnet.address.to_bits() & mask;
        is_inside && self.gateway != Some(address)
    }
}

impl std::str::FromStr for Subnet {
    type Err = ();

    fn from_str(text: &str) -> Result<Subnet, ()> {
        let (address, prefix) = text.split_once('/').ok_or(())?;
        let prefix = prefix.parse().ok().filter(|prefix| *prefix <= 32).ok_or(())?;
        Ok(Subnet { address: address.parse().map_err(drop)?, prefix })
    }
}

impl std::fmt::Display for Subnet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_have_the_addresses_of_the_subnet_except_the_gateways() {
        let network = |subnet: &str| Network {
            name: "n".to_owned(),
            interface: "n0".to_owned(),
            subnet: subnet.parse().unwrap(),
            gateway: Some(Ipv4Addr::new(10, 89, 1, 1)),
        };
        let has_room =
            |subnet, address: &str| network(subnet).has_room_for(address.parse().unwrap());
        assert!(has_room("10.89.1.0/24", "10.89.1.2") && has_room("0.0.0.0/0", "192.0.2.1"));
        for address in ["10.89.1.1", "10.89.2.2", "127.0.0.1"] {
            assert!(!has_room("10.89.1.0/24", address), "{address}");
        }
        assert!(has_room("10.89.1.2/32", "10.89.1.2") && !has_room("10.89.1.2/32", "10.89.1.3"));
    }
}
