//! Grants to a role or user.

use std::collections::BTreeSet;

use spcs_plan::Grant;

use super::rows::list;
use crate::account::{AccountError, Session};

/// The grants to a role or user; empty if it does not exist.
pub(super) async fn to(
    session: &Session,
    kind: &str,
    grantee: &str,
) -> Result<BTreeSet<Grant>, AccountError> {
    let rows = list(session, &format!("SHOW GRANTS TO {kind} {grantee}")).await?;
    let grants = rows.iter().map(|row| match row.get("privilege") {
        Some(privilege) => {
            Grant::observed(privilege, row.text("granted_on"), row.text("name"), kind, grantee)
        }
        // The roles of a user are listed by name, without a privilege.
        None => Grant::observed("USAGE", "ROLE", row.text("role"), kind, grantee),
    });
    Ok(grants.collect())
}
