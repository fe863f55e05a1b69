//! Properties put onto an object, and what must hold of them afterwards.

use super::facts::Verb;
use super::lookup::Lookup;
use super::object::Object;
use crate::clock::Millis;
use crate::sql::property::When;
use crate::sql::{Properties, SqlError};

impl Object {
    /// Sets properties; the comment and what its data keeps go to their own places.
    pub(crate) fn set(&mut self, properties: Properties) {
        for (name, value) in properties {
            if name == "COMMENT" {
                self.comment = value.shown();
            } else if let Some(value) = self.data.keep(&name, value) {
                self.properties.insert(name, value);
            }
        }
    }

    /// Sets just these properties, as CREATE OR ALTER does with an object that is there. What is
    /// decided at creation stays.
    pub(crate) fn replace(&mut self, mut properties: Properties) -> Result<(), SqlError> {
        let facts = self.kind().facts();
        let when = |name: &str| facts.property(name).map_or(When::Always, |known| known.when);
        for (name, value) in &properties {
            if when(name) == When::Creation && self.properties.get(name) != Some(value) {
                return Err(SqlError::unsupported(&format!("{name} of what is there already")));
            }
        }
        self.comment.clear();
        self.properties.retain(|name, _| when(name) == When::Creation);
        properties.retain(|(name, _)| when(name) == When::Always);
        self.set(properties);
        Ok(())
    }

    /// Takes properties away.
    pub(crate) fn unset(&mut self, names: &[String]) {
        for name in names {
            if name == "COMMENT" {
                self.comment.clear();
            }
            self.properties.remove(name);
            self.data.forget(name);
        }
    }

    /// Carries out a verb of ALTER.
    pub(crate) fn act(&mut self, verb: Verb, now: Millis) {
        self.data.act(verb, now);
    }

    /// Checks it after CREATE or ALTER; names in its properties become full names.
    pub(crate) fn check(&mut self, around: &dyn Lookup) -> Result<(), SqlError> {
        let completed = self.checked(around)?;
        self.properties.extend(completed);
        Ok(())
    }

    /// Checks that it may be dropped or replaced.
    pub(crate) fn check_drop(&self, around: &dyn Lookup, force: bool) -> Result<(), SqlError> {
        self.released(around, force)?;
        self.refuse_system()
    }

    /// System roles and INFORMATION_SCHEMA stay as they are.
    pub(crate) fn refuse_system(&self) -> Result<(), SqlError> {
        if self.owner.is_empty() {
            let kind = self.kind().label().to_lowercase();
            return Err(SqlError::insufficient(&format!("{kind} '{}'", self.name())));
        }
        Ok(())
    }

    /// `Missing option(s): [A, B]`.
    pub(super) fn needs(&self, names: &[&str]) -> Result<(), SqlError> {
        let missing: Vec<&str> =
            names.iter().copied().filter(|name| !self.properties.contains_key(*name)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(SqlError::missing_options(&missing))
    }
}
