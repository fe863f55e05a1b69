//! The state as records of the store: one for each object and each grant, so that a change
//! writes what it changed and nothing else.

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
const LEAVING: &str = "leaving";

impl State {
    /// What has to be written so that the store holds this state instead of `before`.
    pub(in crate::catalog) fn changes(&self, before: &State) -> serde_json::Result<Vec<Write>> {
        let mut writes = Vec::new();
        add(&mut writes, OBJECT, &self.objects, &before.objects)?;
        add(&mut writes, PRIVILEGE, &self.privileges, &before.privileges)?;
        add(&mut writes, ROLE, &self.roles, &before.roles)?;
        add(&mut writes, SERVICE_ROLE, &self.service_roles, &before.service_roles)?;
        add(&mut writes, LEAVING, &self.leaving, &before.leaving)?;
        Ok(writes)
    }

    /// All that a store that is still empty has to hold.
    pub(in crate::catalog) fn all_records(&self) -> serde_json::Result<Vec<Write>> {
        let mut writes = self.changes(&State::new(&self.id))?;
        writes.push(write(ID, &(), Some(&*self.id))?);
        Ok(writes)
    }

    /// Forgets what was changed: it is on disk.
    pub(in crate::catalog) fn settle(&mut self) {
        self.objects.settle();
        self.privileges.settle();
        self.roles.settle();
        self.service_roles.settle();
        self.leaving.settle();
    }

    /// Reads the state back.
    pub(in crate::catalog) fn of_records(records: &[Record]) -> Result<Self, String> {
        let of = |table: &'static str| records.iter().filter(move |record| record.table == table);
        let id: String = value(of(ID).next().ok_or("it has no id")?)?;
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
        for record in of(LEAVING) {
            let key = serde_json::from_str(&record.key).map_err(|error| broken(record, &error))?;
            state.leaving.put(key, ());
        }
        state.settle();
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
    format!("the {} {} cannot be read: {error}", record.table, record.key)
}
