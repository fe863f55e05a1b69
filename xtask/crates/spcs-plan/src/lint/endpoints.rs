//! Rules about endpoints and service roles.

use crate::lint::Findings;
use crate::lint::containers::{at_most, list, unique};
use crate::lint::rules::{
    DATA_ON_NODE, ENDPOINT_PORT, PUBLIC_STORE, PUBLIC_TCP, UNKNOWN_REFERENCE,
};
use crate::lint::tree::Node;

/// Ports of stores that speak no HTTP to a browser, and whether they keep data that must not be lost.
const STORES: [(&str, &str, bool); 13] = [
    ("1433", "SQL Server", true),
    ("2379", "etcd", true),
    ("2380", "etcd", true),
    ("3306", "MySQL", true),
    ("5432", "PostgreSQL", true),
    ("5672", "AMQP", true),
    ("6334", "Qdrant's gRPC", true),
    ("6379", "Redis", false),
    ("7687", "Neo4j", true),
    ("9042", "Cassandra", true),
    ("9092", "Kafka", true),
    ("19530", "Milvus' gRPC", true),
    ("27017", "MongoDB", true),
];

pub(super) fn check(document: &Node, findings: &mut Findings<'_>) {
    let endpoints = list(document, "endpoints", "endpoint");
    unique("endpoint", endpoints, findings);
    at_most(endpoints, 100, "endpoints", findings);
    for endpoint in endpoints {
        ports(endpoint, findings);
    }
    stored_data(document, endpoints, findings);
    let roles = document.get("serviceRoles").map_or(&[][..], Node::items);
    unique("service role", roles, findings);
    let names: Vec<String> =
        endpoints.iter().filter_map(|endpoint| endpoint.get("name")?.text()).collect();
    for node in roles.iter().filter_map(|role| role.get("endpoints")).flat_map(Node::items) {
        let Some(name) = node.text() else { continue };
        if !names.contains(&name) {
            let message =
                format!("a service role names the endpoint `{name}`, which does not exist");
            findings.add(&UNKNOWN_REFERENCE, node.line, message);
        }
    }
}

fn ports(endpoint: &Node, findings: &mut Findings<'_>) {
    let public = endpoint.get("public").is_some_and(|node| node.text().as_deref() == Some("true"));
    let is_tcp = endpoint.get("protocol").and_then(Node::text).as_deref() == Some("TCP");
    let (port, range) = (endpoint.get("port"), endpoint.get("portRange"));
    if port.is_some() == range.is_some() {
        let message = "an endpoint needs either port or portRange";
        findings.add(&ENDPOINT_PORT, endpoint.line, message);
    } else if let Some(range) = range
        && (public || !is_tcp)
    {
        let message = "portRange needs `protocol: TCP` and an endpoint that is not public";
        findings.add(&ENDPOINT_PORT, range.line, message);
    }
    if !public {
        return;
    }
    let line = endpoint.get("public").map_or(endpoint.line, |node| node.line);
    if is_tcp {
        findings.add(&PUBLIC_TCP, line, "public endpoints support HTTP only");
    }
    if let Some((port, name, _)) = store(endpoint) {
        let message = format!(
            "port {port} is {name}, and public endpoints support HTTP only: make it private with `protocol: TCP`"
        );
        findings.add(&PUBLIC_STORE, line, message);
    }
}

fn store(endpoint: &Node) -> Option<&'static (&'static str, &'static str, bool)> {
    let port = endpoint.get("port")?.text()?;
    STORES.iter().find(|(known, ..)| *known == port)
}

/// Reports a store whose data is on the node's disk.
fn stored_data(document: &Node, endpoints: &[Node], findings: &mut Findings<'_>) {
    let volumes = list(document, "volumes", "volume");
    let keeps = volumes.iter().filter_map(|volume| volume.get("source")?.text());
    if keeps.into_iter().any(|source| !["local", "memory"].contains(&source.as_str())) {
        return;
    }
    let stores = endpoints.iter().filter_map(|endpoint| Some((endpoint, store(endpoint)?)));
    if let Some((endpoint, (port, name, _))) = stores.into_iter().find(|(_, (.., keeps))| *keeps) {
        let message = format!(
            "port {port} is {name}, and no volume keeps its data when the node is replaced: add a block volume"
        );
        findings.add(&DATA_ON_NODE, endpoint.line, message);
    }
}
