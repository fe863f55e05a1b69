//! The supported statements as data, and their parser.
//!
//! Unknown syntax is an error with Snowflake's code and wording; nothing is skipped.

mod create;
mod files;
#[cfg(test)]
mod fuzz;
mod grant;
mod parse;
mod redact;
mod service;
mod show;

#[cfg(test)]
mod tests;

pub(crate) use parse::parse;
pub(crate) use redact::redacted;

use crate::kind::{Kind, SessionPart, Verb};
use crate::sql::{Expression, ObjectName, Properties};

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Statement {
    Use {
        kind: Kind,
        part: SessionPart,
        name: ObjectName,
    },
    UseSecondaryRoles {
        all: bool,
    },
    Create(Create),
    CreateService(CreateService),
    Alter {
        kind: Kind,
        name: ObjectName,
        if_exists: bool,
        change: Change,
    },
    AlterSession(Change),
    /// With several kinds, drops whichever object has the name.
    Drop {
        kinds: Vec<Kind>,
        name: ObjectName,
        if_exists: bool,
        force: bool,
    },
    Describe {
        kind: Kind,
        name: ObjectName,
    },
    Show(Show),
    Grant(Grant),
    Select(Vec<Projection>),
    ResultScan {
        query: Option<String>,
    },
    Call {
        function: String,
        arguments: Vec<Expression>,
    },
    List {
        location: String,
        pattern: Option<String>,
    },
    Remove {
        location: String,
        pattern: Option<String>,
    },
    Put(Transfer),
    Get(Transfer),
}

/// An item of a select list.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Projection {
    pub(crate) expression: Expression,
    pub(crate) column: String,
}

/// `CREATE …` of any kind except services.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Create {
    pub(crate) kind: Kind,
    pub(crate) mode: CreateMode,
    pub(crate) name: ObjectName,
    pub(crate) properties: Properties,
}

/// What CREATE does if the object exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CreateMode {
    Plain,
    IfNotExists,
    OrReplace,
    OrAlter,
}

/// `CREATE SERVICE`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CreateService {
    pub(crate) name: ObjectName,
    pub(crate) if_not_exists: bool,
    pub(crate) pool: ObjectName,
    pub(crate) specification: Specification,
    pub(crate) properties: Properties,
}

/// The source of a service's specification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Specification {
    Inline(String),
    Staged { stage: String, file: String },
}

/// The change of an ALTER.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Change {
    Set(Properties),
    Unset(Vec<String>),
    /// `SUSPEND`, `REFRESH` etc.
    Act(Verb),
    /// `ALTER SERVICE … FROM …`.
    Specification(Specification),
}

/// `SHOW …`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Show {
    pub(crate) what: Shown,
    pub(crate) like: Option<String>,
    pub(crate) scope: Option<Scope>,
    pub(crate) starts_with: Option<String>,
    pub(crate) limit: Option<usize>,
    pub(crate) from: Option<String>,
}

impl Show {
    /// SHOW without clauses.
    pub(super) fn all(what: Shown) -> Show {
        Show { what, like: None, scope: None, starts_with: None, limit: None, from: None }
    }
}

/// The list that SHOW prints.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shown {
    /// Objects of these kinds, which all have the same columns.
    Objects(Vec<Kind>),
    Parameters,
    InstanceFamilies,
    Images {
        repository: ObjectName,
    },
    Endpoints {
        service: ObjectName,
    },
    ServiceInstances {
        service: ObjectName,
    },
    ServiceContainers {
        service: ObjectName,
    },
    ServiceRoles {
        service: ObjectName,
    },
    GrantsOn {
        target: GrantTarget,
    },
    GrantsToRole {
        role: ObjectName,
    },
    GrantsToUser {
        user: ObjectName,
    },
    GrantsOfRole {
        role: ObjectName,
    },
    GrantsOfServiceRole {
        service: ObjectName,
        role: String,
    },
    GrantsToServiceRole {
        service: ObjectName,
        role: String,
    },
    GrantsToCurrentUser,
}

/// The `IN …` of SHOW.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Scope {
    Account,
    /// Only for SHOW PARAMETERS.
    Session,
    /// `IN DATABASE`, `IN SCHEMA`, `IN COMPUTE POOL`, with or without a name.
    Inside(Kind, Option<ObjectName>),
    /// `IN name`; the kind follows from the number of parts.
    Name(ObjectName),
}

/// `GRANT` and `REVOKE`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Grant {
    pub(crate) revoke: bool,
    pub(crate) what: Granted,
    pub(crate) to: Grantee,
    /// GRANT … WITH GRANT OPTION, or REVOKE GRANT OPTION FOR.
    pub(crate) with_grant_option: bool,
}

/// What is granted or revoked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Granted {
    /// An empty list means all privileges.
    Privileges {
        privileges: Vec<String>,
        on: GrantTarget,
    },
    Role(ObjectName),
    ServiceRole {
        service: ObjectName,
        role: String,
    },
}

/// The target of privileges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GrantTarget {
    Account,
    /// Whichever object of these kinds has the name. `ON INTEGRATION` has several kinds.
    OneOf(Vec<Kind>, ObjectName),
}

/// The role or user after TO or FROM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Grantee {
    Role(ObjectName),
    User(ObjectName),
}

/// `PUT` and `GET`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Transfer {
    /// The local path, without `file://`.
    pub(crate) file: String,
    /// `@stage/path`.
    pub(crate) location: String,
    pub(crate) options: Properties,
}
