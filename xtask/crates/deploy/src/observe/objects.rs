//! Objects of every kind but pools and services.

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use plan::{ObjectKind, ObservedObject};

use super::rows::{described, list, name as plain, properties};
use crate::session::{Row, Rows, Session, SessionError};

/// One object by its full name, if it is there.
pub(super) async fn object(
    session: &Session,
    kind: ObjectKind,
    name: &str,
) -> Result<Option<ObservedObject>, SessionError> {
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
    // What SHOW leaves out of these, DESCRIBE has.
    if matches!(kind, ObjectKind::NetworkRule | ObjectKind::ExternalAccessIntegration) {
        let more = list(session, &format!("DESCRIBE {} {name}", kind.words())).await?;
        object.properties.append(&mut described(&more));
        if let Some(row) = more.iter().next().filter(|row| row.get("property").is_none()) {
            object.properties.append(&mut properties(&more.columns, row));
        }
    }
    Ok(Some(object))
}

/// What lives in a database: it keeps `clean` from dropping it when it is somebody else's.
pub(super) async fn in_database(
    session: &Session,
    database: &str,
    at_once: usize,
) -> Result<Vec<ObservedObject>, SessionError> {
    let kinds = [
        ObjectKind::Schema,
        ObjectKind::Stage,
        ObjectKind::ImageRepository,
        ObjectKind::NetworkRule,
        ObjectKind::Table,
        ObjectKind::View,
    ];
    let own = |object: &ObservedObject| {
        let mut parts = object.name.split('.');
        // The information schema is part of every database and nobody's work.
        parts.next() == Some(database) && parts.next() != Some("INFORMATION_SCHEMA")
    };
    let lists = stream::iter(kinds).map(async |kind| {
        let rows = list(session, &format!("SHOW {} IN DATABASE {database}", plural(kind))).await?;
        Ok(found(kind, &rows).filter(own).collect::<Vec<_>>())
    });
    lists.buffered(at_once).try_concat().await
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
    match kind.name_parts() {
        1 => name,
        2 => format!("{}.{name}", plain(row.text("database_name"))),
        _ => format!(
            "{}.{}.{name}",
            plain(row.text("database_name")),
            plain(row.text("schema_name"))
        ),
    }
}

fn plural(kind: ObjectKind) -> String {
    match kind {
        ObjectKind::ImageRepository => "IMAGE REPOSITORIES".to_owned(),
        other => format!("{}S", other.words()),
    }
}
