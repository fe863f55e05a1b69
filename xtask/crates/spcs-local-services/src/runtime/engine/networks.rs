//! The engine's networks, and the enforcement of the rules for them.

use std::path::PathBuf;

use serde_json::Value;
use tokio::task::spawn_blocking;

use super::capabilities::{self, Capabilities};
use super::cli::Cli;
use super::{EngineRuntime, in_rootless_namespace};
use crate::network::nft::{self, Nft};
use crate::network::{Network, Policy, example, ruleset, table};
use crate::runtime::RuntimeError;
use crate::{EngineCommand, EngineKind};

impl EngineRuntime {
    /// Creates a network if it does not exist, and returns whether it did not. If the host could
    /// not reach the containers of an internal network, the network is created without that
    /// restriction.
    pub(in crate::runtime) async fn ensure_network(
        &self,
        name: &str,
        internal: bool,
    ) -> Result<bool, RuntimeError> {
        let _one_at_a_time = self.inner.networks.lock().await;
        let doing = format!("creating the network {name}");
        if self.cli().succeeds(&["network", "inspect", name]).await {
            return Ok(false);
        }
        let label = self.platform_label();
        let mut args = vec!["network", "create", "--label", &label];
        if internal && self.capabilities().await?.reaches_addresses() {
            args.push("--internal");
        }
        // docker's resolver has no address in the network, and cannot be disabled.
        if self.capabilities().await?.resolver && self.cli().kind() == EngineKind::Podman {
            return self.create_without_resolver(name, args).await.map(|()| true);
        }
        args.push(name);
        self.cli().call(&doing, &args).await.map(|_| true)
    }

    pub(in crate::runtime) async fn connect(
        &self,
        id: &str,
        network: &str,
        connect: bool,
    ) -> Result<(), RuntimeError> {
        let verb = if connect { "connect" } else { "disconnect" };
        self.cli().call(&format!("{verb}ing {id}"), &["network", verb, network, id]).await.map(drop)
    }

    pub(in crate::runtime) async fn remove_unused_network(&self, name: &str) -> bool {
        let _one_at_a_time = self.inner.networks.lock().await;
        // The engine refuses to remove a network that is in use.
        let removed = self.cli().call("removing a network", &["network", "rm", name]).await;
        removed.inspect_err(|error| tracing::debug!(%error, name, "network not removed")).is_ok()
    }

    /// All networks of the platform.
    pub(in crate::runtime) async fn networks(&self) -> Result<Vec<Network>, RuntimeError> {
        let _one_at_a_time = self.inner.networks.lock().await;
        let filter = format!("label={}", self.platform_label());
        let doing = "listing the networks";
        let names =
            self.cli().call(doing, &["network", "ls", "--quiet", "--filter", &filter]).await?;
        let names: Vec<&str> = names.split_whitespace().collect();
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let json = self.cli().call(doing, &[&["network", "inspect"], &names[..]].concat()).await?;
        parse(&json).map_err(|message| RuntimeError { doing: doing.to_owned(), message })
    }

    /// Puts the rules in force, or deletes those of a platform without networks. Where this machine
    /// cannot enforce rules, logs that once and does nothing.
    pub(in crate::runtime) async fn enforce(&self, policy: &Policy) -> Result<(), RuntimeError> {
        let Some(nft) = self.inner.nft.get_or_try_init(|| self.find_nft()).await? else {
            return Ok(());
        };
        let is_own_namespace = self.capabilities().await?.gate;
        let (nft, file) = (nft.clone(), self.rules_file());
        let table = table(&self.inner.platform_id);
        // The user is root in the namespace of their rootless engine.
        let uid = if is_own_namespace { 0 } else { rustix::process::geteuid().as_raw() };
        let text = ruleset(policy, &table, uid);
        let none = policy.networks.is_empty();
        let enforced = spawn_blocking(move || {
            if none { nft::delete(&nft, &table) } else { nft::apply(&nft, &file, &text) }
        });
        let enforced = enforced.await.map_err(std::io::Error::other).flatten();
        enforced.map_err(|error| RuntimeError {
            doing: "changing the firewall rules of the containers".to_owned(),
            message: error.to_string(),
        })
    }

    /// The `nft` to use, if this machine can enforce rules.
    async fn find_nft(&self) -> Result<Option<Nft>, RuntimeError> {
        let found = usable_nft(self.cli().engine(), self.capabilities().await?).await;
        if let Err(reason) = &found {
            tracing::warn!("{reason}");
        }
        Ok(found.ok())
    }

    fn rules_file(&self) -> PathBuf {
        self.inner.state_dir.join("firewall.nft")
    }
}

/// What is not closed on this machine, and why, if so.
pub async fn exposure(command: EngineCommand) -> Result<Option<String>, RuntimeError> {
    let capabilities = capabilities::query(&Cli::new(command.clone(), "/".into()), true).await?;
    Ok(usable_nft(&command, capabilities).await.err())
}

/// The `nft` to use, or what is open because this machine cannot enforce rules.
async fn usable_nft(engine: &EngineCommand, capabilities: Capabilities) -> Result<Nft, String> {
    let on_host = capabilities.gate || capabilities.internal_networks;
    let found = match nft::find().filter(|_| on_host) {
        Some(nft) if capabilities.gate => {
            let words = [in_rootless_namespace(engine), vec![nft.into()]].concat();
            supported(Nft { words, env: engine.env.clone() }).await
        }
        Some(nft) if rustix::process::geteuid().is_root() => supported(Nft::here(nft)).await,
        Some(_) => Err("the engine runs as root, but the platform does not".to_owned()),
        None if on_host => Err("nft is not installed; `cargo xtask setup` installs it".to_owned()),
        None if capabilities.rootless => Err("the engine runs without root".to_owned()),
        None => Err("the engine runs in a virtual machine".to_owned()),
    };
    let open = match capabilities.gate {
        true => "network rules are not enforced",
        false => {
            "other users of this machine can connect to containers, and network rules are not \
             enforced"
        }
    };
    found.map_err(|reason| format!("{open}: {reason}"))
}

/// The program, if the kernel supports the rules.
async fn supported(nft: Nft) -> Result<Nft, String> {
    let text = ruleset(&example(), "spcs_example", 0);
    let checked = spawn_blocking(move || nft::check(&nft, &text).map(|()| nft));
    checked.await.map_err(std::io::Error::other).flatten().map_err(|error| error.to_string())
}

/// Parses the output of `network inspect`, which podman and docker format differently.
pub(super) fn parse(json: &str) -> Result<Vec<Network>, String> {
    let list: Vec<Value> = serde_json::from_str(json).map_err(|error| error.to_string())?;
    list.iter().map(network).collect()
}

fn network(value: &Value) -> Result<Network, String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (name, interface, subnets, keys) = if value["subnets"].is_array() {
        let interface = text(&value["network_interface"]);
        (text(&value["name"]), interface, &value["subnets"], ["subnet", "gateway"])
    } else {
        let interface = match value["Options"]["com.docker.network.bridge.name"].as_str() {
            Some(name) => name.to_owned(),
            None => format!("br-{}", text(&value["Id"]).chars().take(12).collect::<String>()),
        };
        (text(&value["Name"]), interface, &value["IPAM"]["Config"], ["Subnet", "Gateway"])
    };
    let mut subnets = subnets.as_array().into_iter().flatten();
    let found = subnets.find_map(|subnet| {
        let gateway = subnet[keys[1]].as_str().and_then(|gateway| gateway.parse().ok());
        Some((subnet[keys[0]].as_str()?.parse().ok()?, gateway))
    });
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    match found {
        Some((subnet, gateway)) if !interface.is_empty() && interface.chars().all(is_plain) => {
            Ok(Network { name, interface, subnet, gateway })
        }
        _ => Err(format!("the engine reports no bridge and IPv4 subnet of the network {name}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_of_podman_and_docker_are_parsed() {
        let podman = r#"[{"name": "a", "driver": "bridge", "network_interface": "podman1",
            "subnets": [{"subnet": "fd00::/64"}, {"subnet": "10.89.0.0/24", "gateway": "10.89.0.1"}],
            "internal": true}]"#;
        let docker = r#"[{"Name": "b", "Id": "0123456789abcdef", "IPAM": {"Config":
            [{"Subnet": "172.18.0.0/16", "Gateway": "172.18.0.1"}]}, "Options": {}},
            {"Name": "c", "Id": "0123456789abcdef", "IPAM": {"Config": [{"Subnet": "172.19.0.0/16"}]},
            "Options": {"com.docker.network.bridge.name": "c0"}}]"#;
        let network = |name: &str, interface: &str, subnet: &str, gateway: Option<&str>| Network {
            name: name.to_owned(),
            interface: interface.to_owned(),
            subnet: subnet.parse().unwrap(),
            gateway: gateway.map(|gateway| gateway.parse().unwrap()),
        };
        let expected = [network("a", "podman1", "10.89.0.0/24", Some("10.89.0.1"))];
        assert_eq!(parse(podman).unwrap(), expected);
        let expected = [
            network("b", "br-0123456789ab", "172.18.0.0/16", Some("172.18.0.1")),
            network("c", "c0", "172.19.0.0/16", None),
        ];
        assert_eq!(parse(docker).unwrap(), expected);
        for unusable in [
            r#"[{"name": "a", "network_interface": "", "subnets": [{"subnet": "10.0.0.0/8"}]}]"#,
            r#"[{"name": "a", "network_interface": "a\" x", "subnets": [{"subnet": "10.0.0.0/8"}]}]"#,
            r#"[{"Name": "a", "Id": "0123", "IPAM": {"Config": []}}]"#,
        ] {
            assert!(parse(unusable).is_err(), "{unusable}");
        }
    }
}
