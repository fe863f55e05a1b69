//! The table of rules: a name, what it asks for, and the document that says so.

use std::fmt;

/// A rule of `lint`.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// `unknown-field`
    pub name: &'static str,
    pub level: Level,
    /// What a project should be like.
    pub says: &'static str,
    /// The document that it comes from.
    pub source: &'static str,
}

/// What follows from a violation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// The target refuses the file or does something else than it says, or data, a secret or an object
    /// of others is at stake.
    Error,
    /// It works, at a price that the document names.
    Warning,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

const fn error(name: &'static str, says: &'static str, source: &'static str) -> Rule {
    Rule { name, level: Level::Error, says, source }
}

const fn warning(name: &'static str, says: &'static str, source: &'static str) -> Rule {
    Rule { name, level: Level::Warning, says, source }
}

const SPEC: &str = "https://docs.snowflake.com/en/developer-guide/snowpark-container-services/specification-reference";
const SERVICES: &str = "https://docs.snowflake.com/en/developer-guide/snowpark-container-services/working-with-services";
const LIMITS: &str = "https://docs.snowflake.com/en/developer-guide/snowpark-container-services/spcs-guidelines-and-limitations";
const POOLS: &str = "https://docs.snowflake.com/en/developer-guide/snowpark-container-services/working-with-compute-pool";
const SCALING: &str =
    "https://docs.snowflake.com/en/developer-guide/snowpark-container-services/scaling-services";
const CREATE_SERVICE: &str = "https://docs.snowflake.com/en/sql-reference/sql/create-service";
const CREATE_USER: &str = "https://docs.snowflake.com/en/sql-reference/sql/create-user";
const CREATE_RULE: &str = "https://docs.snowflake.com/en/sql-reference/sql/create-network-rule";
const CREATE: &str = "https://docs.snowflake.com/en/sql-reference/sql/create";
const KEYWORDS: &str = "https://docs.snowflake.com/en/sql-reference/reserved-keywords";
const FUNCTIONS: &str =
    "https://docs.snowflake.com/en/sql-reference/functions/system_get_service_status";
const GRANT: &str = "https://docs.snowflake.com/en/sql-reference/sql/grant-privilege";
const BCR_1611: &str = "https://docs.snowflake.com/en/release-notes/bcr-bundles/2024_04/bcr-1611";
const EGRESS: &str = "https://docs.snowflake.com/en/developer-guide/snowpark-container-services/service-network-communications";
const SETUP: &str = "https://docs.snowflake.com/en/developer-guide/snowpark-container-services/tutorials/common-setup";
const PYTHON: &str = "https://docs.python.org/3/reference/compound_stmts.html";
const OURS: &str = "docs/lint.md";

pub(super) static SYNTAX: Rule = error("syntax", "A file is well-formed YAML or SQL.", SPEC);
pub(super) static UNKNOWN_FIELD: Rule =
    error("unknown-field", "A specification has only documented fields.", SPEC);
pub(super) static MISSING_FIELD: Rule =
    error("missing-field", "Required fields have a value.", SPEC);
pub(super) static WRONG_TYPE: Rule =
    error("wrong-type", "Each field has the documented type.", SPEC);
pub(super) static INVALID_VALUE: Rule =
    error("invalid-value", "Each value has the documented format and is within its limits.", SPEC);
pub(super) static DUPLICATE_NAME: Rule = error(
    "duplicate-name",
    "Containers, endpoints, volumes and service roles have different names.",
    SPEC,
);
pub(super) static UNKNOWN_REFERENCE: Rule =
    error("unknown-reference", "A mounted volume and an endpoint of a service role exist.", SPEC);
pub(super) static TOO_MANY: Rule = error(
    "too-many",
    "A service has up to 20 containers, 100 endpoints, 20 volumes, 50 secrets and 8 stage mounts.",
    LIMITS,
);
pub(super) static ENDPOINT_PORT: Rule = error(
    "endpoint-port",
    "An endpoint has either a port or, if it is a private TCP endpoint, a portRange.",
    SPEC,
);
pub(super) static PUBLIC_TCP: Rule =
    error("public-tcp", "A public endpoint has the protocol HTTP.", SPEC);
pub(super) static PUBLIC_STORE: Rule = warning(
    "public-store",
    "A port that is known for another protocol than HTTP, such as 2379 (etcd), is not public.",
    SPEC,
);
pub(super) static GPU_AMOUNT: Rule =
    error("gpu-amount", "Requests and limits have the same number of GPUs.", SPEC);
pub(super) static REQUEST_ABOVE_LIMIT: Rule =
    error("request-above-limit", "A request is not above its limit.", SPEC);
pub(super) static SECRET_PLACE: Rule = error(
    "secret-place",
    "A secret is one object and has one place: envVarName, with an optional secretKeyRef, or directoryPath.",
    SPEC,
);
pub(super) static SESSION_TOKEN: Rule = error(
    "session-token",
    "sessionTokenConfig has a field, needs a mounted token, and a permission needs a path.",
    SPEC,
);
pub(super) static VOLUME_OPTIONS: Rule = error(
    "volume-options",
    "memory and block volumes have a size, block volumes in whole Gi; each source has only its own options.",
    SPEC,
);
pub(super) static SCALING_OPTION: Rule = error(
    "scaling-option",
    "A metric condition has either targetScaling or, not for suspend, stepScaling.",
    SCALING,
);
pub(super) static DEPRECATED_STAGE: Rule = warning(
    "deprecated-stage-volume",
    "A stage volume is written `source: stage` with `stageConfig.name`.",
    SPEC,
);
pub(super) static DEPRECATED_DNS: Rule = error(
    "deprecated-dns-name",
    "A service is reached at its DNS name, not below snowflakecomputing.internal.",
    SERVICES,
);
pub(super) static SECRET_IN_ENV: Rule = error(
    "secret-in-env",
    "No password, token or key is a plain environment variable: DESCRIBE SERVICE shows it.",
    SPEC,
);
pub(super) static FLOATING_TAG: Rule = warning(
    "floating-tag",
    "An image has a tag of its own: a service keeps the digest that `latest` had.",
    SERVICES,
);
pub(super) static DATA_ON_NODE: Rule = error(
    "data-on-node",
    "A service with the port of a known store has a block or stage volume: nodes are replaced.",
    POOLS,
);
pub(super) static NO_READINESS_PROBE: Rule = warning(
    "no-readiness-probe",
    "A service with endpoints has a readinessProbe: without one it counts as ready at once.",
    SPEC,
);
pub(super) static NO_RESOURCES: Rule = warning(
    "no-resources",
    "A container has resources: without them it requests half a CPU and half a GiB.",
    SPEC,
);
pub(super) static SERVICE_OPTION_ORDER: Rule = error(
    "service-option-order",
    "The options of CREATE SERVICE stand in the documented order.",
    CREATE_SERVICE,
);
pub(super) static SERVICE_OPTION: Rule =
    error("service-option", "CREATE SERVICE has only documented options.", CREATE_SERVICE);
pub(super) static DEPRECATED_SPEC_OPTION: Rule = error(
    "deprecated-spec-option",
    "CREATE SERVICE names its file with SPECIFICATION_FILE, not SPEC.",
    CREATE_SERVICE,
);
pub(super) static DEPRECATED_FUNCTION: Rule = warning(
    "deprecated-function",
    "A SHOW statement replaces SYSTEM$GET_SERVICE_STATUS and SYSTEM$REGISTRY_LIST_IMAGES.",
    FUNCTIONS,
);
pub(super) static PRIVILEGED_OWNER: Rule = error(
    "privileged-owner",
    "ACCOUNTADMIN, SECURITYADMIN and ORGADMIN create no service.",
    CREATE_SERVICE,
);
pub(super) static USER_TYPE: Rule =
    error("user-type", "CREATE USER writes out its TYPE.", CREATE_USER);
pub(super) static SECRET_IN_SQL: Rule =
    error("secret-in-sql", "No password or key is a literal in SQL.", CREATE_USER);
pub(super) static OR_REPLACE: Rule = error(
    "or-replace",
    "No second run replaces an object: CREATE OR REPLACE drops its contents and grants.",
    CREATE,
);
pub(super) static NOT_RERUNNABLE: Rule =
    warning("not-rerunnable", "CREATE can run twice: with IF NOT EXISTS or OR ALTER.", CREATE);
pub(super) static NEVER_DROPPED: Rule = error(
    "never-dropped",
    "Some file drops each object that a file creates, or its database.",
    OURS,
);
pub(super) static GRANT_NEVER_REVOKED: Rule = error(
    "grant-never-revoked",
    "A privilege on the account is revoked, or its role is dropped.",
    OURS,
);
pub(super) static SHARED_INTEGRATION: Rule = error(
    "shared-integration",
    "No file drops SNOWSERVICES_INGRESS_OAUTH: the whole account shares it.",
    SETUP,
);
pub(super) static RESERVED_WORD: Rule =
    error("reserved-word", "No unquoted name is a reserved word.", KEYWORDS);
pub(super) static USAGE_ON_SERVICE: Rule = error(
    "usage-on-service",
    "Who has USAGE on a service has a service role too: only that opens endpoints.",
    BCR_1611,
);
pub(super) static SERVICE_WITHOUT_ROLE: Rule = error(
    "service-without-role",
    "Some file grants a service role of each service with a public endpoint.",
    SERVICES,
);
pub(super) static UNATTACHED_INTEGRATION: Rule = error(
    "unattached-integration",
    "An external access integration is attached to a service.",
    EGRESS,
);
pub(super) static EGRESS_TO_ANY_HOST: Rule =
    warning("egress-to-any-host", "A network rule names its hosts.", CREATE_RULE);
pub(super) static GRANT_ALL: Rule =
    warning("grant-all", "A role gets the privileges that it needs, not ALL.", GRANT);
pub(super) static NOTEBOOK_BLOCK: Rule = error(
    "notebook-block",
    "In a notebook, an indented block follows each line that opens one.",
    PYTHON,
);
pub(super) static LOCAL_SUPPORT: Rule = error(
    "local-support",
    "For a local target only: the local platform supports what a specification uses.",
    OURS,
);
pub(super) static ALLOW_WITHOUT_REASON: Rule =
    error("allow-without-reason", "A comment that allows a rule says why.", OURS);
pub(super) static ALLOW_UNKNOWN: Rule =
    error("allow-unknown-rule", "A comment allows a rule that exists.", OURS);
pub(super) static ALLOW_UNUSED: Rule =
    error("allow-unused", "A comment allows a rule that the next line would violate.", OURS);

/// Every rule, in the order of the documentation.
pub static RULES: &[&Rule] = &[
    &SYNTAX,
    &UNKNOWN_FIELD,
    &MISSING_FIELD,
    &WRONG_TYPE,
    &INVALID_VALUE,
    &DUPLICATE_NAME,
    &UNKNOWN_REFERENCE,
    &TOO_MANY,
    &ENDPOINT_PORT,
    &PUBLIC_TCP,
    &PUBLIC_STORE,
    &GPU_AMOUNT,
    &REQUEST_ABOVE_LIMIT,
    &SECRET_PLACE,
    &SESSION_TOKEN,
    &VOLUME_OPTIONS,
    &SCALING_OPTION,
    &DEPRECATED_STAGE,
    &DEPRECATED_DNS,
    &SECRET_IN_ENV,
    &FLOATING_TAG,
    &DATA_ON_NODE,
    &NO_READINESS_PROBE,
    &NO_RESOURCES,
    &SERVICE_OPTION_ORDER,
    &SERVICE_OPTION,
    &DEPRECATED_SPEC_OPTION,
    &DEPRECATED_FUNCTION,
    &PRIVILEGED_OWNER,
    &USER_TYPE,
    &SECRET_IN_SQL,
    &OR_REPLACE,
    &NOT_RERUNNABLE,
    &NEVER_DROPPED,
    &GRANT_NEVER_REVOKED,
    &SHARED_INTEGRATION,
    &RESERVED_WORD,
    &USAGE_ON_SERVICE,
    &SERVICE_WITHOUT_ROLE,
    &UNATTACHED_INTEGRATION,
    &EGRESS_TO_ANY_HOST,
    &GRANT_ALL,
    &NOTEBOOK_BLOCK,
    &LOCAL_SUPPORT,
    &ALLOW_WITHOUT_REASON,
    &ALLOW_UNKNOWN,
    &ALLOW_UNUSED,
];
