//! The names that the containers of one network can resolve: the account, the services of their
//! schema, and the hosts of their service's network rules. All others do not exist for them, and no
//! query for these leaves the machine.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::{Context, Controller, Inner};
use crate::resolver::{Answer, Names};
use crate::service::{Deployment, dns_domain};

/// How long a container may use the addresses of a service, whose instances come and go.
const SERVICE_LIFETIME: Duration = Duration::from_secs(5);
/// How long a container may use other addresses.
const LIFETIME: Duration = Duration::from_secs(30);
/// The limit of lookups of outside hosts at the same time. A lookup that has begun cannot be
/// cancelled.
const OUTSIDE_LOOKUPS: usize = 16;

pub(super) struct NetworkNames {
    controller: Weak<Inner>,
    /// The key of a service of the schema.
    service: String,
    /// `.<hash>.svc.spcs.internal`
    domain: String,
    account: String,
    gateway: Ipv4Addr,
    outside_lookups: Arc<Semaphore>,
}

impl NetworkNames {
    pub(super) fn new(
        context: &Context,
        deployment: &Deployment,
        gateway: Ipv4Addr,
    ) -> NetworkNames {
        let schema = deployment.name.rsplit_once('.').map_or("", |(schema, _)| schema);
        NetworkNames {
            controller: context.controller.clone(),
            service: deployment.key.clone(),
            domain: format!(".{}", dns_domain(schema)),
            account: context.account.host.clone(),
            gateway,
            outside_lookups: Arc::new(Semaphore::new(OUTSIDE_LOOKUPS)),
        }
    }

    /// Looks up a host outside, with this machine's own resolver, and lets the service connect to
    /// it.
    async fn look_up_outside(&self, controller: &Controller, service: &str, host: &str) -> Answer {
        let Ok(permit) = Arc::clone(&self.outside_lookups).acquire_owned().await else {
            return Answer::Failed;
        };
        let target = (host.to_owned(), 0);
        // A task of its own, which keeps the permit until the lookup has really ended.
        let lookup = tokio::spawn(async move {
            let found = tokio::net::lookup_host(target).await;
            drop(permit);
            found.map(|addresses| addresses.map(|address| address.ip()).collect::<BTreeSet<_>>())
        });
        let found = match lookup.await {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => {
                tracing::debug!(service, host, %error, "cannot resolve a host of a network rule");
                return Answer::Failed;
            }
            Err(_) => return Answer::Failed,
        };
        let addresses: Vec<IpAddr> = found.into_iter().collect();
        controller.allow_egress(service, host, &addresses).await;
        let addresses = addresses.into_iter().filter_map(ipv4).collect();
        Answer::Exists { addresses, lifetime: LIFETIME }
    }
}

impl Names for NetworkNames {
    async fn look_up(&self, client: IpAddr, name: &str, wants_addresses: bool) -> Answer {
        let Some(inner) = self.controller.upgrade() else { return Answer::Failed };
        let controller = Controller { inner };
        let Some(service) = controller.service_at_soon(client).await else {
            return Answer::Refused;
        };
        let only_wanted = |addresses: Vec<Ipv4Addr>, lifetime| {
            let addresses = if wants_addresses { addresses } else { Vec::new() };
            Answer::Exists { addresses, lifetime }
        };
        if name == self.account {
            return only_wanted(vec![self.gateway], LIFETIME);
        }
        let label = name.strip_suffix(&self.domain).unwrap_or(name);
        if let Some(addresses) = controller.addresses_of(&self.service, label) {
            return only_wanted(addresses, SERVICE_LIFETIME);
        }
        if !controller.has_egress_to(&service, name) {
            return Answer::NoSuchName;
        }
        if !wants_addresses {
            return only_wanted(Vec::new(), LIFETIME);
        }
        self.look_up_outside(&controller, &service, name).await
    }
}

fn ipv4(address: IpAddr) -> Option<Ipv4Addr> {
    match address.to_canonical() {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    }
}
