//! Parsing the output of `container inspect`, which has the same fields in both engines.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::runtime::{ContainerState, EGRESS_NETWORK, Labels, Phase, RuntimeError};

pub(super) fn parse(json: &str) -> Result<Vec<ContainerState>, RuntimeError> {
    let list: Vec<Value> = serde_json::from_str(json).map_err(|error| RuntimeError {
        doing: "parsing the engine's container list".to_owned(),
        message: error.to_string(),
    })?;
    Ok(list.iter().map(container).collect())
}

fn container(value: &Value) -> ContainerState {
    let state = &value["State"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let phase = match state["Status"].as_str().unwrap_or_default() {
        "created" | "configured" | "initialized" => Phase::Created,
        _ if state["Running"] == true => Phase::Running,
        _ => Phase::Exited,
    };
    ContainerState {
        id: text(&value["Id"]),
        name: text(&value["Name"]).trim_start_matches('/').to_owned(),
        labels: labels(&value["Config"]["Labels"]),
        phase,
        exit_code: state["ExitCode"]
            .as_i64()
            .and_then(|code| i32::try_from(code).ok())
            .unwrap_or(-1),
        oom_killed: state["OOMKilled"] == true,
        created: time(&value["Created"]).unwrap_or(SystemTime::UNIX_EPOCH),
        started: time(&state["StartedAt"]),
        ip_address: address(&value["NetworkSettings"]),
        networks: networks(&value["NetworkSettings"]),
        ports: ports(&value["NetworkSettings"]["Ports"]),
    }
}

fn labels(value: &Value) -> Labels {
    let entries = value.as_object().into_iter().flatten();
    entries.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

/// Engines print a time in the year 1 for "never".
fn time(value: &Value) -> Option<SystemTime> {
    let time: jiff::Timestamp = value.as_str()?.parse().ok()?;
    let nanoseconds = u64::try_from(time.as_nanosecond()).ok().filter(|since| *since > 0)?;
    Some(SystemTime::UNIX_EPOCH + Duration::from_nanos(nanoseconds))
}

fn networks(settings: &Value) -> BTreeMap<String, Option<Ipv4Addr>> {
    let networks = settings["Networks"].as_object().into_iter().flatten();
    let address = |network: &Value| network["IPAddress"].as_str()?.parse().ok();
    networks.map(|(name, network)| (name.clone(), address(network))).collect()
}

fn address(settings: &Value) -> Option<String> {
    let networks = settings["Networks"].as_object()?;
    // Prefer the schema's network to the egress network.
    let mut found: Vec<_> = networks
        .iter()
        .filter_map(|(name, network)| Some((name, network["IPAddress"].as_str()?)))
        .filter(|(_, address)| !address.is_empty())
        .collect();
    found.sort_by_key(|(name, _)| name.starts_with(EGRESS_NETWORK));
    found.first().map(|(_, address)| (*address).to_owned())
}

/// `{"8888/tcp": [{"HostIp": "127.0.0.1", "HostPort": "40123"}]}`
fn ports(value: &Value) -> BTreeMap<u16, SocketAddr> {
    let mut ports = BTreeMap::new();
    for (key, bindings) in value.as_object().into_iter().flatten() {
        let Some(container_port) = key.strip_suffix("/tcp").and_then(|port| port.parse().ok())
        else {
            continue;
        };
        for binding in bindings.as_array().into_iter().flatten() {
            let ip = binding["HostIp"].as_str().and_then(|ip| ip.parse().ok());
            let port = binding["HostPort"].as_str().and_then(|port| port.parse().ok());
            if let Some(port) = port {
                let ip = ip.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
                ports.insert(container_port, SocketAddr::new(ip, port));
            }
        }
    }
    ports
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_of_podman_and_docker_is_parsed() {
        let json = r#"[{
            "Id": "abc", "Name": "/spcs-a", "Created": "2026-11-23T13:00:00.5Z",
            "State": {"Status": "running", "Running": true, "ExitCode": 0, "OOMKilled": false,
                      "StartedAt": "2026-11-23T14:00:01.5+01:00"},
            "Config": {"Labels": {"spcs.service": "D.S.N"}},
            "NetworkSettings": {
                "Networks": {"n": {"IPAddress": "10.89.0.2"}},
                "Ports": {"8888/tcp": [{"HostIp": "127.0.0.1", "HostPort": "40123"}], "9/tcp": null}}
        }, {
            "Id": "def", "Name": "spcs-b", "State": {"Status": "created", "Running": false,
                      "StartedAt": "0001-01-01T00:00:00Z"}, "Config": {"Labels": null}
        }]"#;
        let found = parse(json).unwrap();
        assert_eq!((found[0].phase, &*found[0].name), (Phase::Running, "spcs-a"));
        assert_eq!(found[0].ip_address.as_deref(), Some("10.89.0.2"));
        assert_eq!(found[0].networks["n"], Some("10.89.0.2".parse().unwrap()));
        assert_eq!(found[0].ports[&8888], "127.0.0.1:40123".parse().unwrap());
        assert_eq!(found[0].label("spcs.service"), "D.S.N");
        let age = found[0].started.unwrap().duration_since(found[0].created).unwrap();
        assert_eq!(age.as_millis(), 1000);
        assert_eq!((found[1].phase, found[1].started), (Phase::Created, None));
    }
}
