//! What the platform serves at the gateways of its networks: the account, and names.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::PathBuf;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

use super::network_names::NetworkNames;
use super::{Context, files};
use crate::runtime::{ContainerNames, Gateway, RuntimeError};
use crate::service::{Deployment, dns_aliases};
use crate::{freebind, resolver};

/// How the containers reach the account.
#[derive(Clone)]
pub struct AccountAccess {
    /// The name that stands for the gateway in each network.
    pub host: String,
    pub port: u16,
    /// Serves the account on a network's gateway, until the network is removed.
    pub serve: Arc<dyn Fn(TcpListener) -> BoxFuture<'static, ()> + Send + Sync>,
}

/// The open gateways, by network.
#[derive(Default)]
pub(super) struct Gateways(tokio::sync::Mutex<BTreeMap<String, OpenGateway>>);

struct OpenGateway {
    address: Ipv4Addr,
    /// Dropping them ends the tasks and closes their sockets.
    _tasks: Vec<AbortOnDropHandle<()>>,
}

impl Gateways {
    /// Closes all of them.
    pub(super) async fn close(&self) {
        let closed = std::mem::take(&mut *self.0.lock().await);
        for task in closed.into_values().flat_map(|gateway| gateway._tasks) {
            task.abort();
            // It ends with the error that it was cancelled.
            let _ = task.await;
        }
    }
}

impl Context {
    /// Creates the network of a service's schema if it does not exist, and serves its containers at
    /// its gateway. Returns how they resolve names.
    pub(super) async fn open_network(
        &self,
        deployment: &Deployment,
    ) -> Result<ContainerNames, RuntimeError> {
        let network = self.network_name(&deployment.key);
        // Held until the end, so that no other task removes the network in between.
        let mut open = self.gateways.0.lock().await;
        let aliases = dns_aliases(&deployment.name);
        self.ensure_network(&network, true).await?;
        let Some(gateway) = self.runtime.gateway(&network).await? else {
            return Ok(ContainerNames::Engine { aliases, hosts: Vec::new() });
        };
        let Gateway { address, needs_resolver } = gateway;
        if open.get(&network).is_none_or(|known| known.address != address) {
            open.remove(&network);
            let tasks = self.serve_gateway(deployment, gateway).map_err(|error| RuntimeError {
                doing: format!("serving containers at {address}, the gateway of {network}"),
                message: error.to_string(),
            })?;
            open.insert(network, OpenGateway { address, _tasks: tasks });
        }
        Ok(if needs_resolver {
            ContainerNames::Platform(address)
        } else {
            let hosts = vec![(self.account.host.clone(), address)];
            ContainerNames::Engine { aliases, hosts }
        })
    }

    /// Removes the network of a service's schema if no container uses it.
    pub(super) async fn remove_unused_schema_network(&self, key: &str) {
        let network = self.network_name(key);
        let mut open = self.gateways.0.lock().await;
        if self.runtime.remove_unused_network(&network).await {
            open.remove(&network);
        }
    }

    fn serve_gateway(
        &self,
        deployment: &Deployment,
        gateway: Gateway,
    ) -> io::Result<Vec<AbortOnDropHandle<()>>> {
        let account = freebind::tcp(SocketAddrV4::new(gateway.address, self.account.port))?;
        let account = (self.account.serve)(account);
        let mut tasks = vec![AbortOnDropHandle::new(tokio::spawn(account))];
        if gateway.needs_resolver {
            let address = SocketAddrV4::new(gateway.address, resolver::PORT);
            let (udp, tcp) = (freebind::udp(address)?, freebind::tcp(address)?);
            let names = NetworkNames::new(self, deployment, gateway.address);
            let names = resolver::serve(udp, tcp, Arc::new(names));
            tasks.push(AbortOnDropHandle::new(tokio::spawn(names)));
        }
        Ok(tasks)
    }

    /// The resolver configuration to mount in a service's containers, if the platform resolves
    /// their names.
    pub(super) fn resolver_configuration(
        &self,
        key: &str,
        names: &ContainerNames,
    ) -> io::Result<Option<PathBuf>> {
        match names {
            ContainerNames::Platform(address) => {
                files::write_resolver_configuration(&self.dirs, key, *address).map(Some)
            }
            ContainerNames::Engine { .. } => Ok(None),
        }
    }
}
