//! The nftables ruleset of a policy.

use std::collections::BTreeSet;
use std::fmt::{Display, Write as _};
use std::net::Ipv4Addr;
use std::ops::RangeInclusive;

use super::Policy;

/// The tables of a platform. nft replaces the previous ones in one step.
///
/// The `inet` table filters what the host routes, receives and sends, the `bridge` table what
/// containers of one network send to each other. If the kernel hands bridged packets to the `inet`
/// table too (`br_netfilter`), the same rules apply twice.
pub fn ruleset(policy: &Policy, table: &str, uid: u32) -> String {
    let bridges = policy.networks.iter().map(|network| format!("\"{}\"", network.interface));
    let bridges = set("bridges", "ifname", bridges);
    let gateways = policy.networks.iter().filter_map(|network| network.gateway);
    let gateways = set("gateways", "ipv4_addr", gateways);
    let subnets = policy.networks.iter().map(|network| network.subnet);
    let subnets = set("subnets", "ipv4_addr; flags interval", subnets);
    let members = policy.members.iter().flat_map(|member| &member.addresses);
    let members = set("members", "ipv4_addr", members);
    let ports = set("platform_ports", "inet_service", &policy.platform_ports);
    let endpoints = set("endpoints", "ipv4_addr . inet_service; flags interval", endpoints(policy));
    let (egress, egress_anywhere) = egress(policy);
    let egress = set("egress", "ipv4_addr . ipv4_addr . inet_service", egress);
    let egress_anywhere = set("egress_anywhere", "ipv4_addr . inet_service", egress_anywhere);
    let mut within = String::new();
    for network in &policy.networks {
        let name = &network.interface;
        // Writing to a string cannot fail.
        let _ = writeln!(within, "\t\tiifname \"{name}\" oifname \"{name}\" goto peers");
    }
    format!(
        "\
table inet {table}
delete table inet {table}
table bridge {table}
delete table bridge {table}
table inet {table} {{
{bridges}{gateways}{members}{ports}{endpoints}{egress}{egress_anywhere}
	# Only the platform's user reaches containers from this machine.
	chain output {{
		type filter hook output priority filter; policy accept;
		oifname @bridges meta skuid != {uid} reject
	}}

	chain input {{
		type filter hook input priority filter; policy accept;
		iifname @bridges goto from_container_to_host
	}}

	# The address of a container that has just started is not known yet. Its packets are dropped
	# and not rejected, so that its connections succeed at the next attempt.
	chain from_container_to_host {{
		ct state established,related accept
		# Replies whose connection the kernel no longer tracks: docker ends that when it changes a
		# container's networks. They open no connection.
		tcp flags & (syn | ack) != syn accept
		ip daddr @gateways meta l4proto {{ tcp, udp }} th dport 53 accept
		ip saddr @members ip daddr @gateways tcp dport @platform_ports accept
		ip saddr @members reject
		drop
	}}

	chain forward {{
		type filter hook forward priority filter; policy accept;
		iifname @bridges goto from_container
		oifname @bridges goto to_container
	}}

	chain from_container {{
{within}		oifname @bridges drop
		ct state established,related accept
		ip saddr . ip daddr . tcp dport @egress accept
		ip saddr . tcp dport @egress_anywhere accept
		ip saddr @members reject
		drop
	}}

	chain to_container {{
		ct state established,related accept
		drop
	}}

{PEERS}}}
table bridge {table} {{
{subnets}{endpoints}
	chain forward {{
		type filter hook forward priority filter; policy accept;
		ip saddr @subnets goto peers
		ip daddr @subnets goto peers
	}}

{PEERS}}}
"
    )
}

/// Connections between containers of one network: only to endpoints. A bridge may have no
/// connection tracking, so replies are recognised by their source and because they do not open a
/// connection.
const PEERS: &str = "\
	chain peers {
		ip daddr . tcp dport @endpoints accept
		ip saddr . tcp sport @endpoints tcp flags & (syn | ack) != syn accept
		drop
	}
";

/// A named set. nft has no syntax for an empty list of elements.
fn set<T: Display>(name: &str, kind: &str, elements: impl IntoIterator<Item = T>) -> String {
    let elements: BTreeSet<String> = elements.into_iter().map(|item| item.to_string()).collect();
    let elements: Vec<String> = elements.into_iter().collect();
    let list = match elements.as_slice() {
        [] => String::new(),
        some => format!("; elements = {{ {} }}", some.join(", ")),
    };
    format!("\tset {name} {{ type {kind}{list}; }}\n")
}

/// `address . port` or `address . first-last` of all endpoints.
fn endpoints(policy: &Policy) -> Vec<String> {
    let each = policy.members.iter().flat_map(|member| {
        let element = |range: RangeInclusive<u16>| match (*range.start(), *range.end()) {
            (first, last) if first == last => format!("{} . {first}", member.address),
            (first, last) => format!("{} . {first}-{last}", member.address),
        };
        merged(&member.endpoints).into_iter().map(element)
    });
    each.collect()
}

/// The same ports as ranges that do not overlap, which nft refuses in one set.
fn merged(ranges: &[RangeInclusive<u16>]) -> Vec<RangeInclusive<u16>> {
    let mut sorted = ranges.to_vec();
    sorted.sort_by_key(|range| *range.start());
    let mut merged: Vec<RangeInclusive<u16>> = Vec::new();
    for range in sorted.into_iter().filter(|range| !range.is_empty()) {
        match merged.last_mut() {
            Some(last) if range.start() <= last.end() => {
                *last = *last.start()..=*last.end().max(range.end());
            }
            _ => merged.push(range),
        }
    }
    merged
}

/// The elements for listed addresses, and those for every address.
fn egress(policy: &Policy) -> (Vec<String>, Vec<String>) {
    let (mut listed, mut anywhere) = (Vec::new(), Vec::new());
    for member in &policy.members {
        for source in &member.addresses {
            for destination in &member.egress {
                let port = destination.port;
                match destination.address {
                    Some(address) => listed.push(format!("{source} . {address} . {port}")),
                    None => anywhere.push(format!("{source} . {port}")),
                }
            }
        }
    }
    (listed, anywhere)
}

/// The name of a platform's tables.
pub fn table(platform_id: &str) -> String {
    format!("spcs_{platform_id}")
}

/// A policy that uses every kind of rule, to find out whether the kernel supports them.
pub fn example() -> Policy {
    use super::{Destination, Member, Network, Subnet};
    let address = Ipv4Addr::new(192, 0, 2, 2);
    let everywhere = Destination { address: None, port: 443 };
    let listed = Destination { address: Some(Ipv4Addr::new(198, 51, 100, 1)), port: 8080 };
    Policy {
        networks: vec![Network {
            name: "example".to_owned(),
            interface: "spcs-example".to_owned(),
            subnet: Subnet { address: Ipv4Addr::new(192, 0, 2, 0), prefix: 24 },
            gateway: Some(Ipv4Addr::new(192, 0, 2, 1)),
        }],
        members: vec![Member {
            address,
            addresses: vec![address],
            endpoints: vec![8000..=8000, 9000..=9010],
            egress: vec![everywhere, listed],
        }],
        platform_ports: vec![4000],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Destination, Member, Network};

    /// The lines of a chain.
    fn chain<'a>(ruleset: &'a str, name: &str) -> Vec<&'a str> {
        let start = format!("chain {name} {{");
        let lines = ruleset.lines().map(str::trim).skip_while(|line| *line != start).skip(1);
        lines.take_while(|line| *line != "}").collect()
    }

    /// The line of a set in the first table that has it.
    fn line<'a>(ruleset: &'a str, name: &str) -> &'a str {
        let start = format!("set {name} ");
        ruleset.lines().map(str::trim).find(|line| line.starts_with(&start)).unwrap()
    }

    fn network(interface: &str, third: u8) -> Network {
        let address = |last| Ipv4Addr::new(10, 89, third, last);
        Network {
            name: interface.to_owned(),
            interface: interface.to_owned(),
            subnet: super::super::Subnet { address: address(0), prefix: 24 },
            gateway: Some(address(1)),
        }
    }

    fn member(last: u8) -> Member {
        let address = Ipv4Addr::new(10, 89, 1, last);
        Member { address, addresses: vec![address], endpoints: Vec::new(), egress: Vec::new() }
    }

    #[test]
    fn the_ruleset_replaces_the_tables_of_its_platform_only() {
        let text = ruleset(&Policy::default(), &table("0a1b2c"), 0);
        let first: Vec<&str> = text.lines().take(5).collect();
        let expected = [
            "table inet spcs_0a1b2c",
            "delete table inet spcs_0a1b2c",
            "table bridge spcs_0a1b2c",
            "delete table bridge spcs_0a1b2c",
            "table inet spcs_0a1b2c {",
        ];
        assert_eq!(first, expected);
    }

    #[test]
    fn a_network_is_closed_as_soon_as_it_is_listed() {
        let policy = Policy {
            networks: vec![network("podman1", 1), network("br-2", 2)],
            ..Policy::default()
        };
        let text = ruleset(&policy, "t", 1000);
        assert_eq!(
            line(&text, "bridges"),
            "set bridges { type ifname; elements = { \"br-2\", \"podman1\" }; }"
        );
        assert_eq!(
            line(&text, "endpoints"),
            "set endpoints { type ipv4_addr . inet_service; flags interval; }"
        );
        assert!(line(&text, "subnets").contains("{ 10.89.1.0/24, 10.89.2.0/24 }"));
        assert_eq!(chain(&text, "output")[1], "oifname @bridges meta skuid != 1000 reject");
        for name in ["from_container_to_host", "from_container", "to_container", "peers"] {
            assert_eq!(chain(&text, name).last(), Some(&"drop"), "{name}");
        }
        // Within one network the peers' rules decide; from one to another nothing passes.
        let from = chain(&text, "from_container");
        let expected = [
            "iifname \"podman1\" oifname \"podman1\" goto peers",
            "iifname \"br-2\" oifname \"br-2\" goto peers",
            "oifname @bridges drop",
        ];
        assert_eq!(from[..3], expected);
    }

    #[test]
    fn members_open_their_endpoints_and_destinations() {
        let mut first = member(2);
        first.addresses.push(Ipv4Addr::new(10, 89, 9, 2));
        first.endpoints = vec![9005..=9020, 8000..=8000, 9000..=9010, 9020..=9020];
        let listed = Destination { address: Some(Ipv4Addr::new(192, 0, 2, 7)), port: 8080 };
        first.egress = vec![listed, Destination { address: None, port: 443 }];
        let members = vec![first, member(3)];
        let policy =
            Policy { networks: vec![network("podman1", 1)], members, platform_ports: vec![4000] };
        let text = ruleset(&policy, "t", 0);
        assert!(
            line(&text, "endpoints").contains("{ 10.89.1.2 . 8000, 10.89.1.2 . 9000-9020 }"),
            "{text}"
        );
        assert!(line(&text, "members").contains("{ 10.89.1.2, 10.89.1.3, 10.89.9.2 }"));
        let egress = "{ 10.89.1.2 . 192.0.2.7 . 8080, 10.89.9.2 . 192.0.2.7 . 8080 }";
        assert!(line(&text, "egress").contains(egress));
        assert!(line(&text, "egress_anywhere").contains("{ 10.89.1.2 . 443, 10.89.9.2 . 443 }"));
        assert!(line(&text, "platform_ports").contains("{ 4000 }"));
        // The endpoints are in both tables.
        assert_eq!(text.matches("10.89.1.2 . 8000").count(), 2);
    }

    #[test]
    fn a_port_range_up_to_the_last_port_is_merged() {
        assert_eq!(merged(&[65000..=65535, 65535..=65535, 1..=1]), [1..=1, 65000..=65535]);
    }
}
