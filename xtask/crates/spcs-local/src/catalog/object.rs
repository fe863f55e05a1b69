//! One object of the account.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::kind::Kind;
use crate::password::PasswordHash;
use crate::sql::{ObjectName, Value, parse_name};

/// An object of any kind; what only some kinds have is optional.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Object {
    pub(crate) kind: Kind,
    /// Its full name: `[database, schema, name]` for most.
    pub(crate) path: Vec<String>,
    /// The owning role; empty for what belongs to the system.
    pub(crate) owner: String,
    #[serde(default)]
    pub(crate) comment: String,
    pub(crate) created: Millis,
    pub(crate) updated: Millis,
    /// As set by CREATE and ALTER, without the comment and the password.
    #[serde(default)]
    pub(crate) properties: BTreeMap<String, Value>,
    /// Warehouses: whether it is suspended.
    #[serde(default)]
    pub(crate) suspended: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) password: Option<PasswordHash>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pool: Option<PoolRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) service: Option<Box<ServiceRecord>>,
}

impl Object {
    /// A new object.
    pub(crate) fn new(kind: Kind, path: Vec<String>, owner: &str, now: Millis) -> Self {
        Self {
            kind,
            path,
            owner: owner.to_owned(),
            comment: String::new(),
            created: now,
            updated: now,
            properties: BTreeMap::new(),
            suspended: false,
            password: None,
            pool: None,
            service: None,
        }
    }

    /// The last part of its name.
    pub(crate) fn name(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    /// All parts, joined by dots.
    pub(crate) fn full_name(&self) -> String {
        self.path.join(".")
    }

    /// A property as SHOW prints it, or this default.
    pub(crate) fn shown(&self, property: &str, default: &str) -> String {
        self.properties.get(property).map_or_else(|| default.to_owned(), Value::shown)
    }

    /// A property that names an object.
    pub(crate) fn reference(&self, property: &str) -> Option<ObjectName> {
        parse_name(&self.shown(property, "")).ok()
    }

    /// A numeric property.
    pub(crate) fn number(&self, property: &str, default: i64) -> i64 {
        self.properties.get(property).and_then(Value::number).unwrap_or(default)
    }

    /// DEFAULT_SECONDARY_ROLES of a user, as lists show it.
    pub(crate) fn secondary_roles(&self) -> String {
        match self.properties.get("DEFAULT_SECONDARY_ROLES") {
            Some(Value::List(roles)) => serde_json::to_string(roles).unwrap_or_default(),
            _ => r#"["ALL"]"#.to_owned(),
        }
    }

    /// A boolean property.
    pub(crate) fn flag(&self, property: &str, default: bool) -> bool {
        self.properties.get(property).and_then(Value::boolean).unwrap_or(default)
    }
}

/// What a compute pool has besides its properties.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PoolRecord {
    pub(crate) suspended: bool,
    /// When it was last started.
    pub(crate) resumed: Millis,
}

/// What a service has besides its properties.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ServiceRecord {
    /// The compute pool's name.
    pub(crate) pool: String,
    pub(crate) spec_text: String,
    pub(crate) spec_digest: String,
    /// By container.
    pub(crate) images: BTreeMap<String, ImageRecord>,
    /// `@stage/path` in the spec -> `database/schema/stage/path` below the stages directory.
    pub(crate) stages: BTreeMap<String, String>,
    pub(crate) suspended: bool,
    pub(crate) resumed: Option<Millis>,
    pub(crate) suspended_on: Option<Millis>,
    pub(crate) endpoints: Vec<EndpointRecord>,
    /// Service role -> names of endpoints.
    pub(crate) roles: BTreeMap<String, Vec<String>>,
    /// What its containers log in with.
    pub(crate) token: String,
}

/// An image, pinned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ImageRecord {
    pub(crate) path: String,
    pub(crate) digest: String,
}

/// An endpoint of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EndpointRecord {
    pub(crate) name: String,
    pub(crate) port: Option<u16>,
    pub(crate) port_range: Option<String>,
    pub(crate) protocol: String,
    pub(crate) public: bool,
    /// First label of its ingress host.
    pub(crate) label: String,
    /// When it came to be; its URL is known some time after.
    pub(crate) since: Millis,
}
