//! Sets, removes and checks the properties of an object.

use super::facts::Verb;
use super::lookup::Lookup;
use super::object::Object;
use crate::clock::Millis;
use crate::sql::property::When;
use crate::sql::{Properties, SqlError};

impl Object {
    /// Sets properties. The comment and the properties in the data are stored separately.
    pub(crate) fn set(&mut self, properties: Properties) {
        for (name, value) in properties {
            if name == "COMMENT" {
                self.comment = value.shown();
            } else if let Some(value) = self.data.set(&name, value) {
                self.properties.insert(name, value);
            }
        }
    }

    /// Replaces all properties, as CREATE OR ALTER does with an existing object. Properties that
    /// only CREATE can set are kept.
    pub(crate) fn replace(&mut self, mut properties: Properties) -> Result<(), SqlError> {
        let facts = self.kind().facts();
        let when = |name: &str| facts.property(name).map_or(When::Always, |known| known.when);
        for (name, value) in &properties {
            if when(name) == When::Creation && self.properties.get(name) != Some(value) {
                return Err(SqlError::unsupported(&format!("CREATE OR ALTER with another {name}")));
            }
        }
        self.comment.clear();
        self.properties.retain(|name, _| when(name) == When::Creation);
        properties.retain(|(name, _)| when(name) == When::Always);
        self.set(properties);
        Ok(())
    }

    /// Removes properties.
    pub(crate) fn unset(&mut self, names: &[String]) {
        for name in names {
            if name == "COMMENT" {
                self.comment.clear();
            }
            self.properties.remove(name);
            self.data.unset(name);
        }
    }

    /// Executes a verb of ALTER.
    pub(crate) fn act(&mut self, verb: Verb, now: Millis) {
        self.data.act(verb, now);
    }

    /// Validates the object after CREATE or ALTER, and qualifies the names in its properties.
    pub(crate) fn check(&mut self, lookup: &dyn Lookup) -> Result<(), SqlError> {
        let normalised = self.check_by_kind(lookup)?;
        self.properties.extend(normalised);
        Ok(())
    }

    /// Checks whether the object can be dropped or replaced.
    pub(crate) fn check_drop(&self, lookup: &dyn Lookup, force: bool) -> Result<(), SqlError> {
        self.check_drop_by_kind(lookup, force)?;
        self.refuse_system()
    }

    /// Fails for objects of the system, such as system roles and INFORMATION_SCHEMA.
    pub(crate) fn refuse_system(&self) -> Result<(), SqlError> {
        if self.owner.is_empty() {
            let kind = self.kind().label().to_lowercase();
            return Err(SqlError::insufficient(&format!("{kind} '{}'", self.name())));
        }
        Ok(())
    }

    /// Fails if one of these properties is not set.
    pub(super) fn require_properties(&self, names: &[&str]) -> Result<(), SqlError> {
        let missing: Vec<&str> =
            names.iter().copied().filter(|name| !self.properties.contains_key(*name)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(SqlError::missing_options(&missing))
    }
}
