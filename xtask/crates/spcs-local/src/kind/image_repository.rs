//! Image repositories.

use super::column::{
    Column, comment, created_on, database_name, name, null, owner, owner_role_type, schema_name,
    text,
};
use super::definition::Definition;
use super::facts::{ExternalData, Facts};
use super::stage::ENCRYPTION;
use crate::rows::cell;
use crate::sql::Value;
use crate::sql::property::Property;

/// A repository's images are in the registry, outside the catalog.
pub(super) type Data = ();

pub(super) static KIND: Definition<Data> = Definition {
    columns: COLUMNS,
    ..Definition::of(
        Facts {
            plain_name: true,
            privileges: &["READ", "SERVICE READ", "SERVICE WRITE", "WRITE"],
            properties: &[ENCRYPTION, Property::COMMENT],
            external_data: ExternalData::Images,
            ..Facts::in_schema("IMAGE REPOSITORY")
        },
        Some(|_| ()),
    )
};

const COLUMNS: &[Column<Data>] = &[
    created_on(),
    name(),
    database_name(),
    schema_name(),
    text("repository_url", |it| {
        let path = it.object.path.join("/").to_lowercase();
        cell(format!("{}/{path}", it.lookup.registry_host()))
    }),
    owner(),
    owner_role_type(),
    comment(),
    text("encryption", |it| {
        let encryption = it.object.option("ENCRYPTION", "TYPE");
        cell(encryption.map_or("SNOWFLAKE_SSE".to_owned(), Value::shown))
    }),
    null("privatelink_repository_url"),
];
