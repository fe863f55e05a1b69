//! A grant in canonical form, whether it comes from a GRANT statement or from SHOW GRANTS.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One privilege on one object for one role or user, in upper case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Grant {
    /// `USAGE`, `BIND SERVICE ENDPOINT` …; `USAGE` for a granted role or service role.
    pub privilege: String,
    /// `DATABASE`, `ACCOUNT`, `ROLE`, `SERVICE ROLE` …
    pub on: String,
    /// The full name; empty for the account. A service role is `DB.SCHEMA.SERVICE!ROLE`.
    pub name: String,
    /// `ROLE` or `USER`.
    pub to: String,
    /// The role or user.
    pub grantee: String,
}

impl Grant {
    /// Parses the columns `privilege`, `granted_on`, `name`, `granted_to` and `grantee_name` of SHOW
    /// GRANTS TO or OF. The rows of SHOW GRANTS OF ROLE lack the first two: pass `USAGE` and `ROLE`,
    /// or `SERVICE ROLE`.
    pub fn observed(
        privilege: &str,
        granted_on: &str,
        name: &str,
        granted_to: &str,
        grantee: &str,
    ) -> Grant {
        let words = |text: &str| text.trim().to_uppercase().replace('_', " ");
        let plain = |text: &str| text.trim().to_uppercase().replace('"', "");
        let on = words(granted_on);
        let name = if on == "ACCOUNT" { String::new() } else { plain(name) };
        Grant {
            privilege: words(privilege),
            on,
            name,
            to: words(granted_to),
            grantee: plain(grantee),
        }
    }
}

/// `USAGE on database MILVUS_DEMO to role MILVUS_ROLE`.
impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Grant { privilege, on, name, to, grantee } = self;
        let (on, to) = (on.to_lowercase(), to.to_lowercase());
        match on.as_str() {
            "account" => write!(f, "{privilege} on account to {to} {grantee}"),
            "role" | "service role" => write!(f, "{on} {name} to {to} {grantee}"),
            _ => write!(f, "{privilege} on {on} {name} to {to} {grantee}"),
        }
    }
}
