//! Endpoints and service roles.

use std::ops::RangeInclusive;

use crate::error::SpecError;
use crate::fields::Field;
use crate::names;

/// A port or port range that a service exposes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    pub name: String,
    pub ports: Ports,
    /// Whether the ingress exposes it.
    pub public: bool,
    pub protocol: Protocol,
}

/// One port or an inclusive range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ports {
    /// `port:`.
    One(u16),
    /// `portRange:`.
    Range(RangeInclusive<u16>),
}

/// The protocol of an endpoint; `HTTP` is the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Http,
    Tcp,
}

impl Protocol {
    /// The name that SHOW ENDPOINTS prints.
    pub fn as_str(self) -> &'static str {
        match self {
            Protocol::Http => "HTTP",
            Protocol::Tcp => "TCP",
        }
    }
}

/// A service role: a set of endpoints to which a role can be granted access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceRole {
    /// The name as written.
    pub name: String,
    /// The names of the endpoints.
    pub endpoints: Vec<String>,
}

pub(crate) fn read(field: Field) -> Result<Endpoint, SpecError> {
    let (path, line) = (field.path.clone(), field.node.line);
    let error = |message: String| SpecError { line, path: path.clone(), message };
    let mut fields = field.mapping()?;
    let name = names::name(&fields.require("name")?)?;
    let public = fields.take("public").map(|field| field.boolean()).transpose()?.unwrap_or(false);
    let protocol = match fields.take("protocol") {
        None => Protocol::Http,
        Some(field) => match field.text()?.as_str() {
            "HTTP" => Protocol::Http,
            "TCP" => Protocol::Tcp,
            other => {
                return Err(field.error(format!(
                    "{} has the invalid value '{other}': one of TCP, HTTP",
                    field.path
                )));
            }
        },
    };
    let ports = match (fields.take("port"), fields.take("portRange")) {
        (Some(port), None) => Ports::One(port.port()?),
        (None, Some(range)) => {
            if protocol != Protocol::Tcp || public {
                return Err(range.error(format!(
                    "endpoint '{name}': portRange is for TCP endpoints that are not public"
                )));
            }
            Ports::Range(port_range(&range)?)
        }
        _ => return Err(error(format!("endpoint '{name}' needs either 'port' or 'portRange'"))),
    };
    if public && protocol != Protocol::Http {
        return Err(error(format!("endpoint '{name}': a public endpoint must use protocol HTTP")));
    }
    fields.reject(&["corsSettings"])?;
    fields.finish()?;
    Ok(Endpoint { name, ports, public, protocol })
}

fn port_range(field: &Field) -> Result<RangeInclusive<u16>, SpecError> {
    let text = field.text()?;
    let range = text.split_once('-').and_then(|(first, last)| {
        let (first, last) = (first.trim().parse::<u16>().ok()?, last.trim().parse::<u16>().ok()?);
        (first >= 1 && first <= last).then_some(first..=last)
    });
    range.ok_or_else(|| {
        field.error(format!("{} has the invalid range '{text}': e.g. 8000-8010", field.path))
    })
}

pub(crate) fn read_role(field: Field, endpoints: &[Endpoint]) -> Result<ServiceRole, SpecError> {
    let mut fields = field.mapping()?;
    let name = names::role_name(&fields.require("name")?)?;
    let list = fields.require("endpoints")?;
    fields.finish()?;
    let mut names = Vec::new();
    for item in list.sequence()? {
        let endpoint = item.text()?;
        if !endpoints.iter().any(|known| known.name == endpoint) {
            return Err(item.error(format!(
                "service role '{name}' names the endpoint '{endpoint}', which does not exist"
            )));
        }
        names.push(endpoint);
    }
    Ok(ServiceRole { name, endpoints: names })
}
