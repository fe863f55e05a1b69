//! The gateways of networks: the host's addresses in them.

use std::net::Ipv4Addr;

use serde_json::Value;

use super::{EngineRuntime, networks};
use crate::network::Network;
use crate::runtime::{Gateway, RuntimeError};

impl EngineRuntime {
    /// The gateway of a network, if the host and the engine share it.
    pub(in crate::runtime) async fn gateway(
        &self,
        network: &str,
    ) -> Result<Option<Gateway>, RuntimeError> {
        let capabilities = self.capabilities().await?;
        if !capabilities.internal_networks {
            return Ok(None);
        }
        let doing = format!("reading the gateway of the network {network}");
        let (described, has_resolver) = self.describe(&doing, network).await?;
        let error = |message: &str| RuntimeError { doing, message: message.to_owned() };
        match described.gateway {
            None => Err(error("it has no IPv4 gateway")),
            Some(_) if capabilities.resolver && has_resolver => Err(error(
                "another version of the platform created it; `cargo xtask local reset` removes it",
            )),
            Some(address) => Ok(Some(Gateway { address, needs_resolver: capabilities.resolver })),
        }
    }

    /// Creates a network of podman's without its resolver, so that the platform's can listen at the
    /// gateway.
    pub(super) async fn create_without_resolver(
        &self,
        name: &str,
        mut create: Vec<&str>,
    ) -> Result<(), RuntimeError> {
        let doing = format!("creating the network {name}");
        create.push("--disable-dns");
        self.cli().call(&doing, &[&create[..], &[name]].concat()).await?;
        let (Network { gateway: None, subnet, .. }, _) = self.describe(&doing, name).await? else {
            return Ok(());
        };
        // podman chooses a subnet, but no gateway for an internal network without a resolver. It
        // takes a gateway only together with a subnet.
        self.cli().call(&doing, &["network", "rm", name]).await?;
        let gateway = Ipv4Addr::from_bits(subnet.address.to_bits() + 1).to_string();
        let subnet = subnet.to_string();
        create.extend(["--subnet", &subnet, "--gateway", &gateway, name]);
        self.cli().call(&doing, &create).await.map(drop)
    }

    /// A network, and whether podman's resolver answers at its gateway.
    async fn describe(&self, doing: &str, network: &str) -> Result<(Network, bool), RuntimeError> {
        let json = self.cli().call(doing, &["network", "inspect", network]).await?;
        let found = networks::parse(&json).map(|networks| networks.into_iter().next());
        match found {
            Ok(Some(network)) => {
                let details: Value = serde_json::from_str(&json).unwrap_or_default();
                Ok((network, details[0]["dns_enabled"] == true))
            }
            Ok(None) => Err("the engine describes no network".to_owned()),
            Err(message) => Err(message),
        }
        .map_err(|message| RuntimeError { doing: doing.to_owned(), message })
    }
}
