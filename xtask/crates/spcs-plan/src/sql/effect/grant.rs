//! One grant, written the same way whether it comes from a GRANT or from SHOW GRANTS.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One privilege on one object for one role or user, everything in upper case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Grant {
    /// `USAGE`, `BIND SERVICE ENDPOINT` …; for a role or service role that is granted, `USAGE`.
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
    /// From the columns of SHOW GRANTS TO or OF: `privilege`, `granted_on`, `name`, `granted_to`
    /// and `grantee_name`, as they are shown. Rows of SHOW GRANTS OF ROLE have no first two columns:
    /// pass `USAGE` and `ROLE`, or `SERVICE ROLE`.
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
