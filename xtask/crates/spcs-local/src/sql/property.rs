//! Which properties each kind has, and how their values are written.

mod read;

use crate::kind::Kind;

pub(crate) use read::list;

/// How a value is written.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// `'text'`.
    Text,
    /// A number; NULL where Snowflake takes it.
    Number,
    /// TRUE or FALSE, in any case.
    Boolean,
    /// A word or the same word in quotes, one of these unless there are none.
    Word(&'static [&'static str]),
    /// Text that may be written as a bare or quoted word.
    Name,
    /// The name of an object, also as text; kept as a statement has to write it.
    Reference,
    /// `('a', 'b')`.
    Texts,
    /// `(a, b)`.
    Names,
    /// `(KEY = value …)`.
    Options(&'static [Property]),
}

/// One property of a kind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Property {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    /// ALTER cannot change it.
    create_only: bool,
}

impl Property {
    /// One that ALTER may change.
    pub(crate) const fn new(name: &'static str, shape: Shape) -> Self {
        Self { name, shape, create_only: false }
    }
}

const fn is(name: &'static str, shape: Shape) -> Property {
    Property::new(name, shape)
}

const fn once(name: &'static str, shape: Shape) -> Property {
    Property { name, shape, create_only: true }
}

use Shape::*;

const COMMENT: Property = is("COMMENT", Text);

const SIZES: &[&str] = &[
    "XSMALL", "X-SMALL", "SMALL", "MEDIUM", "LARGE", "XLARGE", "X-LARGE", "XXLARGE", "X2LARGE",
    "2X-LARGE", "XXXLARGE", "X3LARGE", "3X-LARGE", "X4LARGE", "4X-LARGE",
];
const ENCRYPTIONS: &[Property] = &[is("TYPE", Word(&["SNOWFLAKE_FULL", "SNOWFLAKE_SSE"]))];
const DIRECTORY: &[Property] = &[is("ENABLE", Boolean), is("AUTO_REFRESH", Boolean)];

/// The properties that ALTER … SET and UNSET take.
pub(crate) fn changeable(kind: Kind) -> Vec<Property> {
    of(kind).iter().filter(|property| !property.create_only).copied().collect()
}

/// The properties that CREATE takes.
pub(crate) fn of(kind: Kind) -> &'static [Property] {
    match kind {
        Kind::Role => const { &[COMMENT] },
        Kind::User => {
            const {
                &[
                    is("PASSWORD", Text),
                    is("LOGIN_NAME", Name),
                    is("DISPLAY_NAME", Name),
                    is("FIRST_NAME", Name),
                    is("LAST_NAME", Name),
                    is("EMAIL", Name),
                    is("MUST_CHANGE_PASSWORD", Boolean),
                    is("DISABLED", Boolean),
                    is("DEFAULT_WAREHOUSE", Reference),
                    is("DEFAULT_NAMESPACE", Reference),
                    is("DEFAULT_ROLE", Reference),
                    is("DEFAULT_SECONDARY_ROLES", Texts),
                    is("TYPE", Word(&["PERSON", "SERVICE", "LEGACY_SERVICE"])),
                    COMMENT,
                ]
            }
        }
        Kind::Warehouse => {
            const {
                &[
                    is("WAREHOUSE_TYPE", Word(&["STANDARD", "SNOWPARK-OPTIMIZED"])),
                    is("WAREHOUSE_SIZE", Word(SIZES)),
                    is("MAX_CLUSTER_COUNT", Number),
                    is("MIN_CLUSTER_COUNT", Number),
                    is("SCALING_POLICY", Word(&["STANDARD", "ECONOMY"])),
                    is("AUTO_SUSPEND", Number),
                    is("AUTO_RESUME", Boolean),
                    once("INITIALLY_SUSPENDED", Boolean),
                    is("ENABLE_QUERY_ACCELERATION", Boolean),
                    is("MAX_CONCURRENCY_LEVEL", Number),
                    is("STATEMENT_QUEUED_TIMEOUT_IN_SECONDS", Number),
                    is("STATEMENT_TIMEOUT_IN_SECONDS", Number),
                    COMMENT,
                ]
            }
        }
        Kind::Database | Kind::Schema => {
            const {
                &[
                    is("DATA_RETENTION_TIME_IN_DAYS", Number),
                    is("MAX_DATA_EXTENSION_TIME_IN_DAYS", Number),
                    is("DEFAULT_DDL_COLLATION", Text),
                    is(
                        "LOG_LEVEL",
                        Word(&["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL", "OFF"]),
                    ),
                    COMMENT,
                ]
            }
        }
        Kind::Stage => {
            const {
                &[
                    once("ENCRYPTION", Options(ENCRYPTIONS)),
                    is("DIRECTORY", Options(DIRECTORY)),
                    COMMENT,
                ]
            }
        }
        Kind::ImageRepository => const { &[once("ENCRYPTION", Options(ENCRYPTIONS)), COMMENT] },
        Kind::NetworkRule => {
            const {
                &[
                    once(
                        "TYPE",
                        Word(&[
                            "IPV4",
                            "AWSVPCEID",
                            "AZURELINKID",
                            "HOST_PORT",
                            "PRIVATE_HOST_PORT",
                        ]),
                    ),
                    is("VALUE_LIST", Texts),
                    once("MODE", Word(&["INGRESS", "INTERNAL_STAGE", "EGRESS"])),
                    COMMENT,
                ]
            }
        }
        Kind::ExternalAccessIntegration => {
            const {
                &[
                    is("ALLOWED_NETWORK_RULES", Names),
                    is("ALLOWED_AUTHENTICATION_SECRETS", Names),
                    is("ENABLED", Boolean),
                    COMMENT,
                ]
            }
        }
        Kind::SecurityIntegration => {
            const {
                &[
                    once("TYPE", Word(&["OAUTH"])),
                    once("OAUTH_CLIENT", Word(&["SNOWSERVICES_INGRESS"])),
                    is("ENABLED", Boolean),
                    COMMENT,
                ]
            }
        }
        Kind::ComputePool => {
            const {
                &[
                    is("MIN_NODES", Number),
                    is("MAX_NODES", Number),
                    once("INSTANCE_FAMILY", Word(&[])),
                    is("AUTO_RESUME", Boolean),
                    once("INITIALLY_SUSPENDED", Boolean),
                    is("AUTO_SUSPEND_SECS", Number),
                    COMMENT,
                ]
            }
        }
        Kind::Service => {
            const {
                &[
                    is("AUTO_SUSPEND_SECS", Number),
                    is("EXTERNAL_ACCESS_INTEGRATIONS", Names),
                    is("AUTO_RESUME", Boolean),
                    is("MIN_INSTANCES", Number),
                    is("MIN_READY_INSTANCES", Number),
                    is("MAX_INSTANCES", Number),
                    is("LOG_LEVEL", Word(&["INFO", "ERROR", "NONE"])),
                    is("QUERY_WAREHOUSE", Reference),
                    COMMENT,
                ]
            }
        }
    }
}
