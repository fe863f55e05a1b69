//! Objects of every kind except pools and services.

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use spcs_plan::{ObjectKind, ObservedObject};

use super::rows::{described, list, name as plain, properties};
use crate::account::{AccountError, Row, Rows, Session};

/// Finds an object by its full name.
pub(super) async fn object(
    session: &Session,
    kind: ObjectKind,
    name: &str,
) -> Result<Option<ObservedObject>, AccountError> {
    let (scope, last) = match name.rsplit_once('.') {
        None => (String::new(), name),
        Some((database, last)) if kind == ObjectKind::Schema => {
            (format!(" IN DATABASE {database}"), last)
        }
        Some((schema, last)) => (format!(" IN SCHEMA {schema}"), last),
    };
    let rows = list(session, &format!("SHOW {} LIKE '{last}'{scope}", plural(kind))).await?;
    let Some(mut object) = found(kind, &rows).find(|object| object.name == name) else {
        return Ok(None);
    };
    // SHOW omits properties of these kinds; DESCRIBE returns them.
    if matches!(kind, ObjectKind::NetworkRule | ObjectKind::ExternalAccessIntegration) {
        let more = list(session, &format!("DESCRIBE {} {name}", kind.words())).await?;
        object.properties.append(&mut described(&more));
        if let Some(row) = more.iter().next().filter(|row| row.get("property").is_none()) {
            object.properties.append(&mut properties(&more.columns, row));
        }
    }
    Ok(Some(object))
}

/// The kinds of objects that a deployment creates in its database.
pub(super) const DEPLOYED: &[ObjectKind] = &[
    ObjectKind::Schema,
    ObjectKind::Stage,
    ObjectKind::ImageRepository,
    ObjectKind::NetworkRule,
    ObjectKind::Table,
    ObjectKind::View,
];

/// The kinds of objects that others may have created in it. Dropping the database drops them too.
pub(super) const OTHER: &[ObjectKind] = &[
    ObjectKind::Procedure,
    ObjectKind::UserFunction,
    ObjectKind::Sequence,
    ObjectKind::FileFormat,
    ObjectKind::Task,
    ObjectKind::Stream,
    ObjectKind::Pipe,
    ObjectKind::Secret,
];

/// The objects of these kinds in a database. `clean` does not drop a database with objects of
/// others.
pub(super) async fn in_database(
    session: &Session,
    database: &str,
    kinds: &'static [ObjectKind],
    at_once: usize,
) -> Result<Vec<ObservedObject>, AccountError> {
    let own = |object: &ObservedObject| is_in(database, object);
    let lists = stream::iter(kinds.iter().copied()).map(async |kind| {
        let rows = list(session, &format!("SHOW {} IN DATABASE {database}", plural(kind))).await?;
        Ok(found(kind, &rows).filter(own).collect::<Vec<_>>())
    });
    lists.buffered(at_once).try_concat().await
}

fn is_in(database: &str, object: &ObservedObject) -> bool {
    let mut parts = object.name.split('.');
    // Every database has an information schema; it is not user data.
    parts.next() == Some(database) && parts.next() != Some("INFORMATION_SCHEMA")
}

fn found(kind: ObjectKind, rows: &Rows) -> impl Iterator<Item = ObservedObject> {
    rows.iter().map(move |row| ObservedObject {
        kind,
        name: full_name(kind, row),
        comment: row.text("comment").to_owned(),
        properties: properties(&rows.columns, row),
    })
}

fn full_name(kind: ObjectKind, row: Row<'_>) -> String {
    let name = plain(row.text("name"));
    // Routines have a catalog name instead; it is empty for built-in ones.
    let database = plain(row.get("database_name").unwrap_or_else(|| row.text("catalog_name")));
    match kind.name_parts() {
        1 => name,
        2 => format!("{database}.{name}"),
        _ => format!("{database}.{}.{name}", plain(row.text("schema_name"))),
    }
}

fn plural(kind: ObjectKind) -> String {
    match kind {
        ObjectKind::ImageRepository => "IMAGE REPOSITORIES".to_owned(),
        other => format!("{}S", other.words()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_procedure_is_in_the_database_and_a_builtin_one_is_not() {
        let row = |values: [&str; 4]| values.map(|value| Some(value.to_owned())).to_vec();
        let rows = Rows {
            columns: ["name", "catalog_name", "schema_name", "is_builtin"].map(String::from).into(),
            rows: vec![row(["LOAD", "MILVUS_DEMO", "PUBLIC", "N"]), row(["ABS", "", "", "Y"])],
        };
        let inside = found(ObjectKind::Procedure, &rows).filter(|one| is_in("MILVUS_DEMO", one));
        let names: Vec<_> = inside.map(|object| object.name).collect();
        assert_eq!(names, ["MILVUS_DEMO.PUBLIC.LOAD"]);
    }
}
