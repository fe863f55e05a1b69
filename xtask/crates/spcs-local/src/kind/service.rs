//! Services.

mod record;

pub(crate) use record::{EndpointRecord, ImageRecord, MountRecord, ServiceRecord};

use spcs_local_services::service::dns_name;

use super::Kind;
use super::column::{
    Column, Listing, comment_or_null, created_on, database_name, moment, name, null, number, owner,
    owner_role_type, schema_name, text, updated_on,
};
use super::definition::{Definition, Item};
use super::facts::{Creation, DropWord, ExternalData, Facts, Login, Verb};
use crate::access::Identity;
use crate::rows::{Cell, cell, moment as at, optional};
use crate::sql::SqlError;
use crate::sql::property::{Property, Shape};

/// Contains the specification, so CREATE SERVICE has code of its own.
pub(super) type Data = Box<ServiceRecord>;

pub(super) static KIND: Definition<Data> = Definition {
    columns: COLUMNS,
    act: |record, verb, now| match verb {
        Verb::Suspend => {
            record.suspended = true;
            record.suspended_on = Some(now);
        }
        Verb::Resume => {
            record.suspended = false;
            record.resumed = Some(now);
        }
        _ => {}
    },
    before_drop,
    ..Definition::of(
        Facts {
            creation: Creation::Plain,
            plain_name: true,
            privileges: &["MONITOR", "OPERATE", "USAGE"],
            properties: PROPERTIES,
            alter_privilege: "OPERATE",
            verbs: &[
                ("SUSPEND", Verb::Suspend),
                ("RESUME", Verb::Resume),
                ("FROM", Verb::Specification),
            ],
            drop_word: Some(DropWord::Force),
            external_data: ExternalData::Containers,
            login: Some(Login {
                identity: |path| Identity::Service(path.to_vec()),
                own_properties: &[],
                is_disabled: |_| false,
            }),
            shown_in: Some(Kind::ComputePool),
            show_words: Some("EXCLUDE JOBS"),
            ..Facts::in_schema("SERVICE")
        },
        None,
    )
};

const PROPERTIES: &[Property] = &[
    Property::new("AUTO_SUSPEND_SECS", Shape::Number),
    Property::new("EXTERNAL_ACCESS_INTEGRATIONS", Shape::Names),
    Property::new("AUTO_RESUME", Shape::Boolean).or_flag(true),
    Property::new("MIN_INSTANCES", Shape::Number).or_number(1),
    // The next two default to MIN_INSTANCES.
    Property::new("MIN_READY_INSTANCES", Shape::Number),
    Property::new("MAX_INSTANCES", Shape::Number),
    Property::new("LOG_LEVEL", Shape::Word(&["INFO", "ERROR", "NONE"])),
    Property::new("QUERY_WAREHOUSE", Shape::Reference),
    Property::COMMENT,
];

const COLUMNS: &[Column<Data>] = &[
    name(),
    text("status", |it| cell(it.lookup.observed(it.object).status)),
    database_name(),
    schema_name(),
    owner(),
    text("compute_pool", |it| cell(&it.data.pool)),
    text("spec", spec).only(Listing::Describe),
    text("dns_name", |it| cell(dns_name(&it.object.full_name()))),
    number("current_instances", |it| cell(it.lookup.observed(it.object).instances.len())),
    number("target_instances", |it| cell(if it.data.suspended { 0 } else { min_instances(it) })),
    number("min_ready_instances", |it| {
        cell(it.object.number_or("MIN_READY_INSTANCES", min_instances(it)))
    }),
    number("min_instances", |it| cell(min_instances(it))),
    number("max_instances", |it| cell(it.object.number_or("MAX_INSTANCES", min_instances(it)))),
    text("auto_resume", |it| cell(it.object.flag("AUTO_RESUME"))),
    text("external_access_integrations", |it| {
        let integrations = it.object.properties.get("EXTERNAL_ACCESS_INTEGRATIONS");
        integrations.map(|names| serde_json::to_string(names.list()).unwrap_or_default())
    }),
    created_on(),
    updated_on(),
    moment("resumed_on", |it| it.data.resumed.and_then(at)),
    moment("suspended_on", |it| it.data.suspended_on.and_then(at)),
    number("auto_suspend_secs", |it| cell(it.object.number("AUTO_SUSPEND_SECS"))),
    comment_or_null(),
    owner_role_type(),
    text("query_warehouse", |it| optional(&it.object.shown("QUERY_WAREHOUSE"))),
    text("is_job", |_| cell(false)),
    text("is_async_job", |_| cell(false)),
    text("spec_digest", |it| cell(&it.data.spec_digest)),
    text("is_upgrading", |it| cell(it.lookup.observed(it.object).is_upgrading)),
    null("managing_object_domain"),
    null("managing_object_name"),
];

/// Only the owner sees the specification.
fn spec(it: &Item<'_, Data>) -> Cell {
    it.lookup.holds(it.object, &[]).then(|| it.data.normalised())
}

fn min_instances(it: &Item<'_, Data>) -> i64 {
    it.object.number("MIN_INSTANCES")
}

fn before_drop(it: &Item<'_, Data>, force: bool) -> Result<(), SqlError> {
    if force || !it.data.has_block_volume() {
        return Ok(());
    }
    let name = it.object.name();
    Err(SqlError::new(
        "395021",
        "55000",
        format!(
            "SQL execution error: Service '{name}' has block storage volumes, whose data would be \
             lost. Use DROP SERVICE {name} FORCE to drop them as well."
        ),
    ))
}
