//! Rules about running twice and leaving nothing behind.

use std::collections::BTreeMap;

use crate::lint::Findings;
use crate::lint::rules::{
    GRANT_NEVER_REVOKED, NEVER_DROPPED, NOT_RERUNNABLE, OR_REPLACE, RESERVED_WORD,
    SHARED_INTEGRATION,
};
use crate::lint::statements::{Does, Statement};
use crate::sql::ObjectKind;

/// All applications of an account share it.
const SHARED: &str = "SNOWSERVICES_INGRESS_OAUTH";

/// Words that Snowflake reserves: no unquoted identifier may be one.
const RESERVED: [&str; 61] = [
    "ALL",
    "ALTER",
    "AND",
    "ANY",
    "AS",
    "BETWEEN",
    "BY",
    "CHECK",
    "COLUMN",
    "CONNECT",
    "CREATE",
    "CURRENT",
    "DELETE",
    "DISTINCT",
    "DROP",
    "ELSE",
    "EXISTS",
    "FOLLOWING",
    "FOR",
    "FROM",
    "GRANT",
    "GROUP",
    "HAVING",
    "ILIKE",
    "IN",
    "INCREMENT",
    "INSERT",
    "INTERSECT",
    "INTO",
    "IS",
    "LIKE",
    "MINUS",
    "NOT",
    "NULL",
    "OF",
    "ON",
    "OR",
    "ORDER",
    "QUALIFY",
    "REGEXP",
    "REVOKE",
    "RLIKE",
    "ROW",
    "ROWS",
    "SAMPLE",
    "SELECT",
    "SET",
    "SOME",
    "START",
    "TABLE",
    "TABLESAMPLE",
    "THEN",
    "TO",
    "TRIGGER",
    "UNION",
    "UNIQUE",
    "UPDATE",
    "VALUES",
    "WHENEVER",
    "WHERE",
    "WITH",
];

pub(super) fn check<'f>(
    statements: &[Statement<'f>],
    findings: &mut BTreeMap<&'f str, Findings<'f>>,
) {
    let dropped: Vec<(ObjectKind, &str)> = statements
        .iter()
        .filter_map(|statement| match &statement.does {
            Does::Drop { kind, name } => Some((*kind, name.last())),
            _ => None,
        })
        .collect();
    let is_dropped = |kind: ObjectKind, name: &str| dropped.contains(&(kind, name));
    let drops_a_database = dropped.iter().any(|(kind, _)| *kind == ObjectKind::Database);
    for statement in statements {
        let Some(findings) = findings.get_mut(statement.file) else { continue };
        match &statement.does {
            Does::Create { kind, name, replaces, guarded } => {
                if *replaces {
                    let message = format!(
                        "a second run drops the {kind} {} with its contents and grants: use IF NOT EXISTS",
                        name.text
                    );
                    findings.add(&OR_REPLACE, statement.line(), message);
                } else if !guarded {
                    let message =
                        format!("a second run fails: use CREATE {} IF NOT EXISTS", kind.words());
                    findings.add(&NOT_RERUNNABLE, statement.line(), message);
                }
                // What is in a database goes with it.
                let goes = kind.name_parts() > 1 && drops_a_database;
                if name.last() != SHARED && !is_dropped(*kind, name.last()) && !goes {
                    let message = format!("no file drops the {kind} {}", name.text);
                    findings.add(&NEVER_DROPPED, statement.line(), message);
                }
                let is_reserved = |part: &&String| RESERVED.contains(&part.as_str());
                if let Some(part) = name.plain.iter().find(is_reserved) {
                    let message = format!("{part} is a reserved word, and no unquoted name");
                    findings.add(&RESERVED_WORD, statement.line(), message);
                }
            }
            Does::Drop { kind: ObjectKind::SecurityIntegration, name } if name.last() == SHARED => {
                let message = format!("{SHARED} is the login of every service of the account");
                findings.add(&SHARED_INTEGRATION, statement.line(), message);
            }
            Does::Grant { privileges, on, grantee, .. } if on == "ACCOUNT" => {
                let revoked = statements.iter().any(
                    |other| matches!(&other.does, Does::Revoke { privileges: p } if p == privileges),
                );
                if !revoked && !is_dropped(ObjectKind::Role, grantee) {
                    let message = format!(
                        "no file revokes {privileges} from {grantee}, and none drops that role"
                    );
                    findings.add(&GRANT_NEVER_REVOKED, statement.line(), message);
                }
            }
            _ => {}
        }
    }
}
