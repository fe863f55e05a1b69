//! Compute pools: the nodes that services run on.

mod family;
mod status;

use serde::{Deserialize, Serialize};

pub(crate) use family::FAMILIES;
pub(crate) use status::{PoolStatus, status};

use super::column::{
    Column, Listing, comment_or_null, created_on, moment, name, null, number, owner, text,
    updated_on,
};
use super::definition::{Definition, Item};
use super::facts::{Creation, Facts, Verb};
use super::{Kind, Object};
use crate::clock::{self, Millis};
use crate::rows::{cell, moment as at};
use crate::sql::property::{Property, Shape};
use crate::sql::{Properties, SqlError};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Data {
    pub(crate) suspended: bool,
    /// When the pool was created or last resumed.
    pub(crate) resumed: Millis,
}

pub(super) static KIND: Definition<Data> = Definition {
    columns: COLUMNS,
    set: |data, name, value| match name {
        "INITIALLY_SUSPENDED" => {
            data.suspended = value.boolean().unwrap_or(false);
            None
        }
        _ => Some(value),
    },
    act: |data, verb, now| match verb {
        Verb::Suspend => data.suspended = true,
        Verb::Resume => {
            if data.suspended {
                data.resumed = now;
            }
            data.suspended = false;
        }
        _ => {}
    },
    check,
    before_drop: |it, _| refuse_with_services(it),
    ..Definition::of(
        Facts {
            creation: Creation::Plain,
            privileges: &["APPLYBUDGET", "MODIFY", "MONITOR", "OPERATE", "USAGE"],
            properties: PROPERTIES,
            verbs: &[
                ("SUSPEND", Verb::Suspend),
                ("RESUME", Verb::Resume),
                ("STOP ALL", Verb::StopAll),
            ],
            used_by: Some(|_, record, name| record.pool == name),
            ..Facts::of("COMPUTE POOL")
        },
        Some(|now| Data { suspended: false, resumed: now }),
    )
};

const PROPERTIES: &[Property] = &[
    Property::new("MIN_NODES", Shape::Number).or_number(1),
    Property::new("MAX_NODES", Shape::Number).or_number(1),
    Property::new("INSTANCE_FAMILY", Shape::Word(&[])).at_creation(),
    Property::new("AUTO_RESUME", Shape::Boolean).or_flag(true),
    Property::new("INITIALLY_SUSPENDED", Shape::Boolean).at_start(),
    Property::new("AUTO_SUSPEND_SECS", Shape::Number).or_number(3600),
    Property::COMMENT,
];

const COLUMNS: &[Column<Data>] = &[
    name(),
    text("state", |it| cell(now(it).state)),
    number("min_nodes", |it| cell(it.object.number("MIN_NODES"))),
    number("max_nodes", |it| cell(it.object.number("MAX_NODES"))),
    text("instance_family", |it| cell(it.object.shown("INSTANCE_FAMILY"))),
    number("num_services", |it| cell(now(it).services)),
    number("num_jobs", |_| cell(0)),
    number("auto_suspend_secs", |it| cell(it.object.number("AUTO_SUSPEND_SECS"))),
    text("auto_resume", |it| cell(it.object.flag("AUTO_RESUME"))),
    number("active_nodes", |it| cell(now(it).active_nodes)),
    number("idle_nodes", |it| cell(now(it).idle_nodes)),
    number("target_nodes", |it| cell(now(it).target_nodes)),
    created_on(),
    moment("resumed_on", |it| at(it.data.resumed)),
    updated_on(),
    owner(),
    comment_or_null(),
    text("is_exclusive", |_| cell(false)),
    null("application"),
    null("backup_instance_families"),
    text("error_code", |_| cell("")).only(Listing::Describe),
    text("status_message", |it| cell(now(it).message)).only(Listing::Describe),
];

fn now(it: &Item<'_, Data>) -> PoolStatus {
    status(it.object, it.data, it.lookup, clock::now())
}

/// SPCS's limit for one account.
const MAX_NODES: i64 = 120;

fn check(it: &Item<'_, Data>) -> Result<Properties, SqlError> {
    let pool = it.object;
    pool.require_properties(&["MIN_NODES", "MAX_NODES", "INSTANCE_FAMILY"])?;
    let family = pool.shown("INSTANCE_FAMILY");
    if !FAMILIES.iter().any(|known| known.name == family) {
        return Err(SqlError::invalid(format!(
            "invalid value '{family}' for property 'INSTANCE_FAMILY': SHOW COMPUTE POOL INSTANCE \
             FAMILIES lists the valid ones."
        )));
    }
    let (low, high) = (pool.number("MIN_NODES"), pool.number("MAX_NODES"));
    if low < 1 || high < low || high > MAX_NODES {
        return Err(SqlError::invalid(format!(
            "invalid value for MIN_NODES ({low}) or MAX_NODES ({high}): MIN_NODES must be at least \
             1, and MAX_NODES from MIN_NODES to {MAX_NODES}."
        )));
    }
    Ok(Properties::new())
}

fn refuse_with_services(it: &Item<'_, Data>) -> Result<(), SqlError> {
    let name = it.object.name();
    let uses = |service: &&Object| service.service().is_some_and(|record| record.pool == name);
    let lookup = it.lookup;
    let services = lookup.all(Kind::Service).into_iter().filter(uses);
    let (visible, hidden): (Vec<_>, Vec<_>) = services.partition(|it| lookup.can_see(it));
    let mut services: Vec<String> = visible.into_iter().map(Object::full_name).collect();
    match hidden.len() {
        0 if services.is_empty() => return Ok(()),
        0 => {}
        count => services.push(format!("{count} that the current role may not see")),
    }
    Err(SqlError::new(
        "395020",
        "55000",
        format!(
            "SQL execution error: Compute pool '{name}' cannot be dropped because it has services: \
             {}. Drop them first, or use ALTER COMPUTE POOL {name} STOP ALL.",
            services.join(", ")
        ),
    ))
}
