//! Rules about who reaches a service, and what it reaches.

use std::collections::{BTreeMap, BTreeSet};

use crate::lint::Findings;
use crate::lint::rules::{
    EGRESS_TO_ANY_HOST, GRANT_ALL, SERVICE_WITHOUT_ROLE, UNATTACHED_INTEGRATION, USAGE_ON_SERVICE,
};
use crate::lint::statements::{Does, Statement};
use crate::sql::{Kind, ObjectKind};

/// `private` has the services without a public endpoint, which need no service role.
pub(super) fn check<'f>(
    statements: &[Statement<'f>],
    private: &BTreeSet<String>,
    findings: &mut BTreeMap<&'f str, Findings<'f>>,
) {
    let with_role: BTreeSet<&str> = statements
        .iter()
        .filter_map(|statement| match &statement.does {
            Does::Grant { on, name, .. } if on == "SERVICE ROLE" => Some(name.last()),
            _ => None,
        })
        .collect();
    for statement in statements {
        let Some(findings) = findings.get_mut(statement.file) else { continue };
        let line = statement.line();
        match &statement.does {
            Does::Grant { privileges, on, name, .. } => {
                if on == "SERVICE" && privileges == "USAGE" && !with_role.contains(name.last()) {
                    let message = format!(
                        "USAGE on {} does not include its endpoints: grant its service role, {}!ALL_ENDPOINTS_USAGE",
                        name.text, name.text
                    );
                    findings.add(&USAGE_ON_SERVICE, line, message);
                }
                if ["ALL", "ALL PRIVILEGES"].contains(&privileges.as_str()) {
                    let message = "ALL becomes single grants: grant the privileges that are needed";
                    findings.add(&GRANT_ALL, line, message);
                }
            }
            Does::Create { kind: ObjectKind::Service, name, .. } => {
                let needs_role = !private.contains(name.last()) && !with_role.contains(name.last());
                if needs_role {
                    let message = format!(
                        "no file grants a service role of {}: its public endpoints answer only its owner",
                        name.text
                    );
                    findings.add(&SERVICE_WITHOUT_ROLE, line, message);
                }
            }
            Does::Create { kind: ObjectKind::ExternalAccessIntegration, name, .. }
                if !statements.iter().any(|other| attaches(other, name.last())) =>
            {
                let message =
                    format!("no service has {} in EXTERNAL_ACCESS_INTEGRATIONS", name.text);
                findings.add(&UNATTACHED_INTEGRATION, line, message);
            }
            Does::Create { kind: ObjectKind::NetworkRule, .. } => {
                let texts = statement.tokens.iter().filter(|token| token.kind == Kind::Text);
                if let Some(host) = texts.into_iter().find(|t| t.content().starts_with("0.0.0.0")) {
                    let message = "0.0.0.0 lets a service send data to any host";
                    findings.add(&EGRESS_TO_ANY_HOST, host.line, message);
                }
            }
            _ => {}
        }
    }
}

/// Whether a statement has an integration in its EXTERNAL_ACCESS_INTEGRATIONS.
fn attaches(statement: &Statement<'_>, integration: &str) -> bool {
    let mut options = statement.options();
    options.any(|(key, value)| {
        let values = value.iter().take_while(|token| !token.is_symbol(")"));
        key.text.eq_ignore_ascii_case("EXTERNAL_ACCESS_INTEGRATIONS")
            && values.into_iter().any(|token| token.content().eq_ignore_ascii_case(integration))
    })
}
