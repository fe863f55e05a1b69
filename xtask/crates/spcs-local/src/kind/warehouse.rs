//! Warehouses. They can be started and suspended, but compute nothing here.

use serde::{Deserialize, Serialize};

use super::column::{
    Column, comment, created_on, moment, name, null, number, owner, owner_role_type, text,
    updated_on,
};
use super::definition::{Definition, Describe};
use super::facts::{Creation, Facts, SessionPart, Verb};
use crate::rows::{Rows, cell, moment as at, yes};
use crate::sql::Value;
use crate::sql::property::{Property, Shape};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Data {
    pub(crate) suspended: bool,
}

pub(super) static KIND: Definition<Data> = Definition {
    columns: COLUMNS,
    describe: Describe::Table(|it| {
        let row = [at(it.object.created), cell(it.object.name()), cell("WAREHOUSE")];
        Rows::table(["created_on@", "name", "kind"], [row])
    }),
    set: |data, name, value| match name {
        "INITIALLY_SUSPENDED" => {
            data.suspended = value.boolean().unwrap_or(false);
            None
        }
        "WAREHOUSE_SIZE" => Some(size(&value)),
        _ => Some(value),
    },
    act: |data, verb, _| match verb {
        Verb::Suspend => data.suspended = true,
        Verb::Resume => data.suspended = false,
        _ => {}
    },
    ..Definition::of(
        Facts {
            creation: Creation::ReplaceOrAlter,
            privileges: &["APPLYBUDGET", "MODIFY", "MONITOR", "OPERATE", "USAGE"],
            properties: PROPERTIES,
            verbs: &[
                ("SUSPEND", Verb::Suspend),
                ("RESUME IF SUSPENDED", Verb::Resume),
                ("RESUME", Verb::Resume),
            ],
            session: Some(SessionPart::Warehouse),
            ..Facts::of("WAREHOUSE")
        },
        Some(|_| Data { suspended: false }),
    )
};

const PROPERTIES: &[Property] = &[
    Property::new("WAREHOUSE_TYPE", Shape::Word(&["STANDARD", "SNOWPARK-OPTIMIZED"]))
        .or_word("STANDARD"),
    Property::new("WAREHOUSE_SIZE", Shape::Word(SIZES)).or_word("X-Small"),
    Property::new("MAX_CLUSTER_COUNT", Shape::Number).or_number(1),
    Property::new("MIN_CLUSTER_COUNT", Shape::Number).or_number(1),
    Property::new("SCALING_POLICY", Shape::Word(&["STANDARD", "ECONOMY"])).or_word("STANDARD"),
    Property::new("AUTO_SUSPEND", Shape::Number).or_number(600),
    Property::new("AUTO_RESUME", Shape::Boolean).or_flag(true),
    Property::new("INITIALLY_SUSPENDED", Shape::Boolean).at_start(),
    Property::new("ENABLE_QUERY_ACCELERATION", Shape::Boolean),
    Property::new("MAX_CONCURRENCY_LEVEL", Shape::Number),
    Property::new("STATEMENT_QUEUED_TIMEOUT_IN_SECONDS", Shape::Number),
    Property::new("STATEMENT_TIMEOUT_IN_SECONDS", Shape::Number),
    Property::COMMENT,
];

const SIZES: &[&str] = &[
    "XSMALL", "X-SMALL", "SMALL", "MEDIUM", "LARGE", "XLARGE", "X-LARGE", "XXLARGE", "X2LARGE",
    "2X-LARGE", "XXXLARGE", "X3LARGE", "3X-LARGE", "X4LARGE", "4X-LARGE",
];

/// A size as SHOW spells it.
fn size(written: &Value) -> Value {
    let size = match written.shown().replace('-', "").as_str() {
        "XXLARGE" | "X2LARGE" | "2XLARGE" => "2X-Large",
        "XXXLARGE" | "X3LARGE" | "3XLARGE" => "3X-Large",
        "X4LARGE" | "4XLARGE" => "4X-Large",
        "XLARGE" => "X-Large",
        "LARGE" => "Large",
        "MEDIUM" => "Medium",
        "SMALL" => "Small",
        _ => "X-Small",
    };
    Value::Text(size.to_owned())
}

const COLUMNS: &[Column<Data>] = &[
    name(),
    text("state", |it| cell(if it.data.suspended { "SUSPENDED" } else { "STARTED" })),
    text("type", |it| cell(it.object.shown("WAREHOUSE_TYPE"))),
    text("size", |it| cell(it.object.shown("WAREHOUSE_SIZE"))),
    number("min_cluster_count", |it| cell(it.object.number("MIN_CLUSTER_COUNT"))),
    number("max_cluster_count", |it| cell(it.object.number("MAX_CLUSTER_COUNT"))),
    number("started_clusters", |it| cell(u8::from(!it.data.suspended))),
    number("running", |_| cell(0)),
    number("queued", |_| cell(0)),
    text("is_default", |_| yes(false)),
    text("is_current", |it| yes(it.lookup.is_current(it.object))),
    number("auto_suspend", |it| match it.object.properties.get("AUTO_SUSPEND") {
        Some(Value::Null) => None,
        _ => cell(it.object.number("AUTO_SUSPEND")),
    }),
    text("auto_resume", |it| cell(it.object.flag("AUTO_RESUME"))),
    text("available", |it| cell(if it.data.suspended { "" } else { "100" })),
    text("provisioning", |_| cell("")),
    text("quiescing", |_| cell("")),
    text("other", |_| cell("")),
    created_on(),
    moment("resumed_on", |it| at(it.object.updated)),
    updated_on(),
    owner(),
    comment(),
    text("enable_query_acceleration", |it| cell(it.object.flag("ENABLE_QUERY_ACCELERATION"))),
    number("query_acceleration_max_scale_factor", |_| cell(8)),
    text("resource_monitor", |_| cell("null")),
    text("scaling_policy", |it| cell(it.object.shown("SCALING_POLICY"))),
    null("budget"),
    owner_role_type(),
];
