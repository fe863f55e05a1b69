//! Rules about users and secrets in SQL.

use crate::lint::Findings;
use crate::lint::rules::{SECRET_IN_SQL, USER_TYPE};
use crate::lint::statements::{Does, Statement};
use crate::secret;
use crate::sql::{Kind, ObjectKind};

/// Options whose value is secret.
const SECRET_OPTIONS: [&str; 5] =
    ["PASSWORD", "SECRET_STRING", "OAUTH_CLIENT_SECRET", "OAUTH_REFRESH_TOKEN", "PRIVATE_KEY"];

pub(super) fn check(statement: &Statement<'_>, findings: &mut Findings<'_>) {
    if let Does::Create { kind: ObjectKind::User, name, .. } = &statement.does
        && statement.option("TYPE").is_none()
    {
        let message = format!(
            "the user {} has no TYPE: it is a person, who must enrol a second factor. Write TYPE = PERSON or TYPE = SERVICE",
            name.text
        );
        findings.add(&USER_TYPE, statement.line(), message);
    }
    for (key, value) in statement.options() {
        let name = key.text.to_uppercase();
        let literal = value.first().filter(|token| {
            matches!(token.kind, Kind::Text | Kind::DollarText) && !token.content().is_empty()
        });
        if SECRET_OPTIONS.contains(&name.as_str())
            && literal.is_some_and(|token| !secret::has_marker(&token.text))
        {
            let message = format!("the value of {name} is in the file and in the query history");
            findings.add(&SECRET_IN_SQL, key.line, message);
        }
    }
}
