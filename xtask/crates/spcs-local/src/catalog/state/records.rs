//! Converts the state to and from records of the store. Each object and grant is a record, so a
//! change writes only what it changed.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::State;
use crate::catalog::store::{Record, Write};
use crate::catalog::table::Table;

const ID: &str = "id";
const OBJECT: &str = "object";
const PRIVILEGE: &str = "privilege";
const ROLE: &str = "role";
const SERVICE_ROLE: &str = "service role";

impl State {
    /// The writes that change the store from the state `before` to this one.
    pub(in crate::catalog) fn changes(&self, before: &State) -> serde_json::Result<Vec<Write>> {
        let mut writes = Vec::new();
        add(&mut writes, OBJECT, &self.objects, &before.objects)?;
        add(&mut writes, PRIVILEGE, &self.privileges, &before.privileges)?;
        add(&mut writes, ROLE, &self.roles, &before.roles)?;
        add(&mut writes, SERVICE_ROLE, &self.service_roles, &before.service_roles)?;
        Ok(writes)
    }

    /// The writes that store this state in an empty store.
    pub(in crate::catalog) fn all_records(&self) -> serde_json::Result<Vec<Write>> {
        let mut writes = self.changes(&State::new(&self.id))?;
        writes.push(write(ID, &(), Some(&*self.id))?);
        Ok(writes)
    }

    /// Resets the change tracking, after the state has been written.
    pub(in crate::catalog) fn mark_written(&mut self) {
        self.objects.mark_written();
        self.privileges.mark_written();
        self.roles.mark_written();
        self.service_roles.mark_written();
    }

    /// Restores a state from records.
    pub(in crate::catalog) fn of_records(records: &[Record]) -> Result<Self, String> {
        let of = |table: &'static str| records.iter().filter(move |record| record.table == table);
        let id: String = value(of(ID).next().ok_or("the id is missing")?)?;
        let mut state = State::new(&id);
        for record in of(OBJECT) {
            state.put(value(record)?);
        }
        for record in of(PRIVILEGE) {
            state.grant_privilege(value(record)?);
        }
        for record in of(ROLE) {
            state.grant_role(value(record)?);
        }
        for record in of(SERVICE_ROLE) {
            state.grant_service_role(value(record)?);
        }
        state.mark_written();
        Ok(state)
    }
}

fn add<K: Ord + Clone + Serialize, V: Serialize>(
    writes: &mut Vec<Write>,
    table: &'static str,
    now: &Table<K, V>,
    before: &Table<K, V>,
) -> serde_json::Result<()> {
    for (key, value) in now.changes(before) {
        writes.push(write(table, key, value)?);
    }
    Ok(())
}

fn write(
    table: &'static str,
    key: &impl Serialize,
    value: Option<&(impl Serialize + ?Sized)>,
) -> serde_json::Result<Write> {
    let value = value.map(serde_json::to_string).transpose()?;
    Ok(Write { table, key: serde_json::to_string(key)?, value })
}

fn value<T: DeserializeOwned>(record: &Record) -> Result<T, String> {
    serde_json::from_str(&record.value).map_err(|error| broken(record, &error))
}

fn broken(record: &Record, error: &serde_json::Error) -> String {
    format!("cannot read the {} {}: {error}", record.table, record.key)
}
