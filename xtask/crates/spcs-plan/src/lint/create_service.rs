//! Rules about CREATE SERVICE and the functions around services.

use crate::lint::Findings;
use crate::lint::rules::{
    DEPRECATED_FUNCTION, DEPRECATED_SPEC_OPTION, PRIVILEGED_OWNER, SERVICE_OPTION,
    SERVICE_OPTION_ORDER,
};
use crate::lint::shape::nearest;
use crate::lint::statements::{Does, Statement};
use crate::sql::{Kind, ObjectKind};

/// The documented order of what follows the name.
const ORDER: [&str; 12] = [
    "IN",
    "FROM",
    "AUTO_SUSPEND_SECS",
    "EXTERNAL_ACCESS_INTEGRATIONS",
    "AUTO_RESUME",
    "MIN_INSTANCES",
    "MIN_READY_INSTANCES",
    "MAX_INSTANCES",
    "LOG_LEVEL",
    "QUERY_WAREHOUSE",
    "TAG",
    "COMMENT",
];

/// Belong to FROM.
const FILES: [&str; 2] = ["SPECIFICATION_FILE", "SPECIFICATION_TEMPLATE_FILE"];

/// Roles that must not own a service.
const PRIVILEGED: [&str; 3] = ["ACCOUNTADMIN", "SECURITYADMIN", "ORGADMIN"];

const FUNCTIONS: [(&str, &str); 2] = [
    ("SYSTEM$GET_SERVICE_STATUS", "SHOW SERVICE CONTAINERS IN SERVICE"),
    ("SYSTEM$REGISTRY_LIST_IMAGES", "SHOW IMAGES IN IMAGE REPOSITORY"),
];

pub(super) fn check(statement: &Statement<'_>, findings: &mut Findings<'_>) {
    for token in statement.tokens.iter().filter(|token| token.kind == Kind::Word) {
        let known = FUNCTIONS.iter().find(|(name, _)| token.text.eq_ignore_ascii_case(name));
        if let Some((name, instead)) = known {
            let message = format!("{name} is deprecated: use {instead}");
            findings.add(&DEPRECATED_FUNCTION, token.line, message);
        }
    }
    let Does::Create { kind: ObjectKind::Service, .. } = &statement.does else { return };
    if PRIVILEGED.contains(&statement.role.as_str()) {
        let message = format!("{} would own the service, and must not", statement.role);
        findings.add(&PRIVILEGED_OWNER, statement.line(), message);
    }
    options(statement, findings);
    order(statement, findings);
}

fn options(statement: &Statement<'_>, findings: &mut Findings<'_>) {
    for (key, _) in statement.options() {
        let name = key.text.to_uppercase();
        if name == "SPEC" || name == "SPECIFICATION" {
            let message = format!("`{name} =` is no longer documented: use SPECIFICATION_FILE");
            findings.add(&DEPRECATED_SPEC_OPTION, key.line, message);
        } else if !ORDER.contains(&name.as_str()) && !FILES.contains(&name.as_str()) {
            let message = match nearest(&name, ORDER[2..].iter().copied()) {
                Some(known) => format!("unknown option {name}: did you mean {known}?"),
                None => format!("unknown option {name}: it has {}", ORDER[2..].join(", ")),
            };
            findings.add(&SERVICE_OPTION, key.line, message);
        }
    }
}

/// Reports the first part that comes after one that it should precede.
fn order(statement: &Statement<'_>, findings: &mut Findings<'_>) {
    let (mut depth, mut furthest) = (0usize, 0);
    for pair in statement.tokens.windows(2) {
        if pair[0].is_symbol("(") {
            depth += 1;
        } else if pair[0].is_symbol(")") {
            depth = depth.saturating_sub(1);
        }
        let name = pair[0].text.to_uppercase();
        let Some(place) = ORDER.iter().position(|part| *part == name) else { continue };
        let is_part = match ORDER[place] {
            "IN" | "FROM" => pair[1].kind == Kind::Word || pair[1].is_symbol("@"),
            "TAG" => pair[1].is_symbol("("),
            _ => pair[1].is_symbol("="),
        };
        if depth > 0 || pair[0].kind != Kind::Word || !is_part {
            continue;
        }
        if place < furthest {
            let message = format!("{name} must stand before {}", ORDER[furthest]);
            return findings.add(&SERVICE_OPTION_ORDER, pair[0].line, message);
        }
        furthest = place;
    }
}
