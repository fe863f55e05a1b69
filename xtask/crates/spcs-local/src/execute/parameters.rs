//! Session parameters: ALTER SESSION, and the list for SHOW PARAMETERS.

use super::Executor;
use super::session::done;
use crate::rows::Rows;
use crate::sql::SqlError;
use crate::statement::Change;

impl Executor {
    pub(super) fn alter_session(&self, change: Change) -> Result<Rows, SqlError> {
        let mut state = self.session.state_mut();
        match change {
            Change::Set(properties) => {
                properties.iter().try_for_each(|(name, _)| known(name))?;
                state.parameters.extend(properties);
            }
            Change::Unset(names) => {
                names.iter().try_for_each(|name| known(name))?;
                for name in names {
                    state.parameters.remove(&name);
                }
            }
            _ => return Err(SqlError::unsupported("ALTER SESSION")),
        }
        Ok(done())
    }
}

fn known(name: &str) -> Result<(), SqlError> {
    if PARAMETERS.iter().any(|(known, ..)| *known == name) {
        return Ok(());
    }
    Err(SqlError::invalid_property(name, "SESSION"))
}

/// The parameters that clients set and read: name, default and type. Parameters about queries and
/// data have no effect here.
pub(super) const PARAMETERS: &[(&str, &str, &str)] = &[
    ("ABORT_DETACHED_QUERY", "false", "BOOLEAN"),
    ("AUTOCOMMIT", "true", "BOOLEAN"),
    ("BINARY_INPUT_FORMAT", "HEX", "STRING"),
    ("BINARY_OUTPUT_FORMAT", "HEX", "STRING"),
    ("CLIENT_ENABLE_LOG_INFO_STATEMENT_PARAMETERS", "false", "BOOLEAN"),
    ("CLIENT_MEMORY_LIMIT", "1536", "NUMBER"),
    ("CLIENT_METADATA_REQUEST_USE_CONNECTION_CTX", "false", "BOOLEAN"),
    ("CLIENT_PREFETCH_THREADS", "4", "NUMBER"),
    ("CLIENT_RESULT_CHUNK_SIZE", "160", "NUMBER"),
    ("CLIENT_RESULT_COLUMN_CASE_INSENSITIVE", "false", "BOOLEAN"),
    ("CLIENT_SESSION_KEEP_ALIVE", "false", "BOOLEAN"),
    ("CLIENT_SESSION_KEEP_ALIVE_HEARTBEAT_FREQUENCY", "3600", "NUMBER"),
    ("CLIENT_TELEMETRY_ENABLED", "false", "BOOLEAN"),
    ("CLIENT_TIMESTAMP_TYPE_MAPPING", "TIMESTAMP_LTZ", "STRING"),
    ("DATE_INPUT_FORMAT", "AUTO", "STRING"),
    ("DATE_OUTPUT_FORMAT", "YYYY-MM-DD", "STRING"),
    ("DEFAULT_DDL_COLLATION", "", "STRING"),
    ("ENABLE_UNLOAD_PHYSICAL_TYPE_OPTIMIZATION", "true", "BOOLEAN"),
    ("ERROR_ON_NONDETERMINISTIC_MERGE", "true", "BOOLEAN"),
    ("ERROR_ON_NONDETERMINISTIC_UPDATE", "false", "BOOLEAN"),
    ("EVENT_TABLE", "", "STRING"),
    ("GEOGRAPHY_OUTPUT_FORMAT", "GeoJSON", "STRING"),
    ("GEOMETRY_OUTPUT_FORMAT", "GeoJSON", "STRING"),
    ("GO_QUERY_RESULT_FORMAT", "JSON", "STRING"),
    ("HYBRID_TABLE_LOCK_TIMEOUT", "3600", "NUMBER"),
    ("JDBC_QUERY_RESULT_FORMAT", "JSON", "STRING"),
    ("JDBC_TREAT_DECIMAL_AS_INT", "true", "BOOLEAN"),
    ("JDBC_TREAT_TIMESTAMP_NTZ_AS_UTC", "false", "BOOLEAN"),
    ("JDBC_USE_SESSION_TIMEZONE", "true", "BOOLEAN"),
    ("JSON_INDENT", "2", "NUMBER"),
    ("JS_TREAT_INTEGER_AS_BIGINT", "false", "BOOLEAN"),
    ("LOCK_TIMEOUT", "43200", "NUMBER"),
    ("LOG_LEVEL", "OFF", "STRING"),
    ("METRIC_LEVEL", "NONE", "STRING"),
    ("MULTI_STATEMENT_COUNT", "1", "NUMBER"),
    ("NOORDER_SEQUENCE_AS_DEFAULT", "true", "BOOLEAN"),
    ("ODBC_QUERY_RESULT_FORMAT", "JSON", "STRING"),
    ("ODBC_TREAT_DECIMAL_AS_INT", "false", "BOOLEAN"),
    ("PYTHON_CONNECTOR_QUERY_RESULT_FORMAT", "JSON", "STRING"),
    ("QUERY_TAG", "", "STRING"),
    ("QUOTED_IDENTIFIERS_IGNORE_CASE", "false", "BOOLEAN"),
    ("ROWS_PER_RESULTSET", "0", "NUMBER"),
    ("S3_STAGE_VPCE_DNS_NAME", "", "STRING"),
    ("SEARCH_PATH", "$current, $public", "STRING"),
    ("SIMULATED_DATA_SHARING_CONSUMER", "", "STRING"),
    ("STATEMENT_QUEUED_TIMEOUT_IN_SECONDS", "0", "NUMBER"),
    ("STATEMENT_TIMEOUT_IN_SECONDS", "172800", "NUMBER"),
    ("STRICT_JSON_OUTPUT", "false", "BOOLEAN"),
    ("TIMESTAMP_DAY_IS_ALWAYS_24H", "false", "BOOLEAN"),
    ("TIMESTAMP_INPUT_FORMAT", "AUTO", "STRING"),
    ("TIMESTAMP_LTZ_OUTPUT_FORMAT", "", "STRING"),
    ("TIMESTAMP_NTZ_OUTPUT_FORMAT", "YYYY-MM-DD HH24:MI:SS.FF3", "STRING"),
    ("TIMESTAMP_OUTPUT_FORMAT", "YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM", "STRING"),
    ("TIMESTAMP_TYPE_MAPPING", "TIMESTAMP_NTZ", "STRING"),
    ("TIMESTAMP_TZ_OUTPUT_FORMAT", "", "STRING"),
    ("TIMEZONE", "America/Los_Angeles", "STRING"),
    ("TIME_INPUT_FORMAT", "AUTO", "STRING"),
    ("TIME_OUTPUT_FORMAT", "HH24:MI:SS", "STRING"),
    ("TRACE_LEVEL", "OFF", "STRING"),
    ("TRANSACTION_ABORT_ON_ERROR", "false", "BOOLEAN"),
    ("TRANSACTION_DEFAULT_ISOLATION_LEVEL", "READ COMMITTED", "STRING"),
    ("TWO_DIGIT_CENTURY_START", "1970", "NUMBER"),
    ("UNSUPPORTED_DDL_ACTION", "ignore", "STRING"),
    ("USE_CACHED_RESULT", "true", "BOOLEAN"),
    ("WEEK_OF_YEAR_POLICY", "0", "NUMBER"),
    ("WEEK_START", "0", "NUMBER"),
];
