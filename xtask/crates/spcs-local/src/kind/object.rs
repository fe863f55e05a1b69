//! An object of the account.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use spcs_local_files::Id;

use super::service::ServiceRecord;
use super::{Data, Kind, compute_pool};
use crate::clock::Millis;
use crate::sql::property::Preset;
use crate::sql::{ObjectName, Value, parse_name};

/// An object of any kind.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Object {
    /// Names its files on this machine. An object that replaces another has another id.
    pub(crate) id: Id,
    /// The full name, e.g. `[database, schema, name]`.
    pub(crate) path: Vec<String>,
    /// The role that owns it; empty for objects of the system.
    pub(crate) owner: String,
    #[serde(default)]
    pub(crate) comment: String,
    pub(crate) created: Millis,
    pub(crate) updated: Millis,
    /// The properties set by CREATE and ALTER, except the comment and those stored in `data`.
    #[serde(default)]
    pub(crate) properties: BTreeMap<String, Value>,
    /// The kind, and the data that only this kind has.
    #[serde(flatten)]
    pub(crate) data: Data,
}

impl Object {
    pub(crate) fn new(data: Data, path: Vec<String>, owner: &str, now: Millis) -> Self {
        Self {
            id: Id::random(),
            path,
            owner: owner.to_owned(),
            comment: String::new(),
            created: now,
            updated: now,
            properties: BTreeMap::new(),
            data,
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        self.data.kind()
    }

    /// The last part of the full name.
    pub(crate) fn name(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    /// The full name with dots.
    pub(crate) fn full_name(&self) -> String {
        self.path.join(".")
    }

    /// A property (or its default) as SHOW prints it.
    pub(crate) fn shown(&self, property: &str) -> String {
        match (self.properties.get(property), self.preset(property)) {
            (Some(value), _) => value.shown(),
            (None, Preset::Word(word)) => word.to_owned(),
            (None, Preset::Number(number)) => number.to_string(),
            (None, Preset::Flag(flag)) => flag.to_string(),
            (None, Preset::Nothing) => String::new(),
        }
    }

    /// A property as SHOW prints it, or the object's name if it is not set.
    pub(crate) fn shown_or_name(&self, property: &str) -> String {
        self.properties.get(property).map_or_else(|| self.name().to_owned(), Value::shown)
    }

    /// The object name in a property.
    pub(crate) fn reference(&self, property: &str) -> Option<ObjectName> {
        parse_name(&self.shown(property)).ok()
    }

    /// A numeric property, or its default.
    pub(crate) fn number(&self, property: &str) -> i64 {
        match self.preset(property) {
            Preset::Number(number) => self.number_or(property, number),
            _ => self.number_or(property, 0),
        }
    }

    /// A numeric property whose default depends on others.
    pub(crate) fn number_or(&self, property: &str, default: i64) -> i64 {
        self.properties.get(property).and_then(Value::number).unwrap_or(default)
    }

    /// A boolean property, or its default.
    pub(crate) fn flag(&self, property: &str) -> bool {
        let value = self.properties.get(property).and_then(Value::boolean);
        value.unwrap_or(matches!(self.preset(property), Preset::Flag(true)))
    }

    /// The items of a list property; empty if it is not set.
    pub(crate) fn list(&self, property: &str) -> &[String] {
        self.properties.get(property).map(Value::list).unwrap_or_default()
    }

    /// An option in a property such as `ENCRYPTION = (TYPE = …)`.
    pub(crate) fn option(&self, group: &str, name: &str) -> Option<&Value> {
        self.properties.get(group).and_then(|options| options.option(name))
    }

    /// The data of a compute pool; `None` for other kinds.
    pub(crate) fn pool(&self) -> Option<&compute_pool::Data> {
        match &self.data {
            Data::ComputePool(pool) => Some(pool),
            _ => None,
        }
    }

    /// The data of a service; `None` for other kinds.
    pub(crate) fn service(&self) -> Option<&ServiceRecord> {
        match &self.data {
            Data::Service(record) => Some(record),
            _ => None,
        }
    }

    /// The controller's key of a service; `None` for other kinds.
    pub(crate) fn service_key(&self) -> Option<String> {
        self.service().map(|record| record.key(&self.id))
    }

    fn preset(&self, property: &str) -> Preset {
        self.kind().facts().property(property).map_or(Preset::Nothing, |known| known.preset)
    }
}
