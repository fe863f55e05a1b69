//! Services by the addresses of their instances, and the other way round.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::{Controller, lock};

/// A container may act before its start is reported, which takes about a second at most.
const REPORT_TIME: Duration = Duration::from_secs(3);
/// The pause between two lookups of an address.
const REPORT_POLL: Duration = Duration::from_millis(50);

impl Controller {
    /// Like `service_at`, but waits a short time for an instance that has just started. It waits for
    /// no address that a container cannot have, such as this machine's.
    pub async fn service_at_soon(&self, address: IpAddr) -> Option<String> {
        let found = async {
            loop {
                if let Some(service) = self.service_at(address) {
                    return Some(service);
                }
                if !self.inner.context.firewall.may_have_instance_at(address) {
                    return None;
                }
                tokio::time::sleep(REPORT_POLL).await;
            }
        };
        tokio::time::timeout(REPORT_TIME, found).await.ok().flatten()
    }

    /// The addresses of a service's instances, by its DNS label: those that are READY, or all while
    /// none is. `None` if the schema of the given service has no service with this label.
    pub(super) fn addresses_of(&self, neighbour: &str, label: &str) -> Option<Vec<Ipv4Addr>> {
        let schema = |key: &str| key.rsplit_once('.').map(|(schema, _)| schema.to_owned());
        let (services, here) = (self.services(), schema(neighbour));
        let mut found = services.iter().filter(|(key, _)| schema(key) == here);
        found.find_map(|(_, handle)| lock(&handle.shared).addresses_of(label))
    }

    /// Whether a network rule of a service lists a host.
    pub(super) fn has_egress_to(&self, key: &str, host: &str) -> bool {
        let services = self.services();
        services.get(key).is_some_and(|handle| lock(&handle.shared).has_egress_to(host))
    }
}
