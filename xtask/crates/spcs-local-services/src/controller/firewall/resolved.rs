//! What the host names of egress targets resolve to.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use spcs_local_files::durable;

/// How many addresses of a host are kept. Hosts with many addresses return a few at a time.
const MAX_ADDRESSES: usize = 256;

/// Service -> host -> its addresses, the latest last.
type Addresses = BTreeMap<String, BTreeMap<String, Vec<Ipv4Addr>>>;

/// The addresses of all services' targets. A file keeps them, because containers outlive the
/// platform and do not resolve a name again after its restart.
#[derive(Debug, Default)]
pub(in crate::controller) struct Resolved {
    addresses: Addresses,
    /// `None` keeps them in memory only.
    file: Option<PathBuf>,
}

impl Resolved {
    pub(in crate::controller) fn load(file: PathBuf) -> Resolved {
        let text = fs_err::read(&file).unwrap_or_default();
        // Without the file, containers resolve their targets again.
        let addresses = serde_json::from_slice(&text).unwrap_or_default();
        Resolved { addresses, file: Some(file) }
    }

    pub(super) fn add(&mut self, key: &str, host: &str, new: impl Iterator<Item = Ipv4Addr>) {
        let hosts = self.addresses.entry(key.to_owned()).or_default();
        let known = hosts.entry(normalised(host)).or_default();
        let mut is_new = false;
        for address in new {
            is_new |= !known.contains(&address);
            known.retain(|other| *other != address);
            known.push(address);
        }
        known.drain(..known.len().saturating_sub(MAX_ADDRESSES));
        if is_new {
            self.save();
        }
    }

    pub(super) fn addresses(&self, key: &str, host: &str) -> impl Iterator<Item = Ipv4Addr> {
        let hosts = self.addresses.get(key);
        hosts.and_then(|hosts| hosts.get(&normalised(host))).into_iter().flatten().copied()
    }

    pub(super) fn remove(&mut self, key: &str) {
        if self.addresses.remove(key).is_some() {
            self.save();
        }
    }

    fn save(&self) {
        let Some(file) = &self.file else { return };
        let text = serde_json::to_vec(&self.addresses).unwrap_or_default();
        if let Err(error) = durable::replace(file, &text) {
            tracing::warn!(%error, "cannot keep the addresses of egress targets");
        }
    }
}

/// Names are compared without case and without the final dot.
fn normalised(host: &str) -> String {
    host.trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_survive_a_restart_and_end_with_their_service() {
        let directory = tempfile::tempdir().unwrap();
        let load = || Resolved::load(directory.path().join("egress.json"));
        let address = |last| Ipv4Addr::new(192, 0, 2, last);
        let mut resolved = load();
        resolved.add("A", "Example.com.", [address(1), address(2)].into_iter());
        resolved.add("B", "example.com", [address(3)].into_iter());
        let mut again = load();
        let found: Vec<_> = again.addresses("A", "EXAMPLE.com").collect();
        assert_eq!(found, [address(1), address(2)]);
        again.remove("A");
        assert_eq!(load().addresses("A", "example.com").count(), 0);
        assert_eq!(load().addresses("B", "example.com").count(), 1);
    }

    #[test]
    fn the_oldest_addresses_of_a_host_go_first() {
        let mut resolved = Resolved::default();
        let all =
            (0..=255).flat_map(|third| (0..2).map(move |last| Ipv4Addr::new(10, 0, third, last)));
        resolved.add("A", "h", all);
        let kept: Vec<_> = resolved.addresses("A", "h").collect();
        assert_eq!(kept.len(), MAX_ADDRESSES);
        assert_eq!(kept.last(), Some(&Ipv4Addr::new(10, 0, 255, 1)));
    }
}
