//! Removes the secret properties of all kinds from the texts of statements.

use crate::kind::Kind;
use crate::sql::property::Shape;
use crate::sql::redact;

/// The text of statements without secrets, for the query history.
pub(crate) fn redacted(text: &str) -> String {
    let properties = Kind::ALL.iter().flat_map(|kind| kind.facts().properties);
    let secrets = properties.filter(|property| matches!(property.shape, Shape::Secret));
    redact(text, &secrets.map(|property| property.name).collect::<Vec<_>>())
}
