//! Response envelopes: `{data, code, message, success}`.

use axum::Json as JsonBody;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use serde_json::{Value as Json, json};

use crate::clock;
use crate::execute::VERSION;
use crate::queries::Answer;
use crate::rows::{ColumnType, Rows};
use crate::session::SessionState;
use crate::sql::SqlError;

/// The envelope of a success.
pub(super) fn success(data: Json) -> Json {
    json!({"data": data, "code": null, "message": null, "success": true})
}

/// The envelope of a failure.
pub(super) fn failure(code: &str, message: &str) -> Json {
    json!({"data": null, "code": code, "message": message, "success": false, "headers": null})
}

/// 390112: the session token has expired, or the platform was restarted.
pub(super) fn session_gone() -> Response {
    respond(failure("390112", "Your session has expired. Please login again."))
}

/// The response with an envelope.
pub(super) fn respond(envelope: Json) -> Response {
    JsonBody(envelope).into_response()
}

/// The response of a finished query.
pub(super) fn answered(answer: Answer) -> Response {
    ([(CONTENT_TYPE, "application/json")], answer.text).into_response()
}

/// The envelope of a failed statement.
pub(super) fn sql_error(error: &SqlError, query: &str) -> Json {
    let (line, position) =
        error.place.map_or((-1, -1), |(line, position)| (i64::from(line), i64::from(position)));
    json!({
        "data": {
            "internalError": false,
            "unredactedFromSecureObject": false,
            "errorCode": error.code,
            "age": 0,
            "sqlState": error.state,
            "queryId": query,
            "line": line,
            "pos": position,
            "type": if error.code.starts_with("001") { "COMPILATION" } else { "EXECUTION" },
        },
        "code": error.code,
        "message": error.message,
        "sqlState": error.state,
        "success": false,
        "headers": null,
    })
}

/// The `data` of a result.
pub(super) fn rows(rows: &Rows, query: &str, session: &SessionState) -> Json {
    let columns: Vec<Json> = rows.columns.iter().map(|(name, kind)| column(name, *kind)).collect();
    let count = rows.rows.len();
    let mut data = json!({
        "parameters": parameters(session),
        "rowtype": columns,
        "rowset": rows.rows,
        "total": count,
        "returned": count,
        "queryId": query,
        "databaseProvider": null,
        "numberOfBinds": 0,
        "arrayBindSupported": false,
        "statementTypeId": if rows.is_status { 0x6000 } else { 0x1000 },
        "version": 1,
        "sendResultTime": clock::now(),
        "queryResultFormat": "json",
        "queryContext": {"entries": []},
    });
    set_final_names(&mut data, session);
    data
}

/// The `data` of a PUT or GET.
pub(super) fn transfer(mut data: Json, query: &str, session: &SessionState) -> Json {
    data["queryId"] = json!(query);
    data["parameters"] = parameters(session);
    data["statementTypeId"] = Json::Null;
    set_final_names(&mut data, session);
    data
}

/// Adds the session's current names, from which clients learn the effect of USE.
fn set_final_names(data: &mut Json, session: &SessionState) {
    data["finalDatabaseName"] = json!(session.namespace.database);
    data["finalSchemaName"] = json!(session.namespace.schema);
    data["finalWarehouseName"] = json!(session.warehouse);
    data["finalRoleName"] = json!(session.role);
}

fn column(name: &str, kind: ColumnType) -> Json {
    let (kind, length, precision, scale) = match kind {
        ColumnType::Text => ("text", json!(16_777_216), Json::Null, Json::Null),
        ColumnType::Number => ("fixed", Json::Null, json!(38), json!(0)),
        ColumnType::Decimal(scale) => ("fixed", Json::Null, json!(38), json!(scale)),
        ColumnType::Boolean => ("boolean", Json::Null, Json::Null, Json::Null),
        ColumnType::Timestamp => ("timestamp_ltz", Json::Null, json!(0), json!(3)),
    };
    json!({
        "name": name,
        "database": "",
        "schema": "",
        "table": "",
        "nullable": true,
        "type": kind,
        "length": length,
        "byteLength": length,
        "precision": precision,
        "scale": scale,
        "collation": null,
    })
}

/// The session parameters that affect clients.
pub(super) fn parameters(session: &SessionState) -> Json {
    let keep_alive = session
        .parameters
        .get("CLIENT_SESSION_KEEP_ALIVE")
        .and_then(crate::sql::Value::boolean)
        .unwrap_or(false);
    let text = |name: &str, value: &str| json!({"name": name, "value": value});
    let flag = |name: &str, value: bool| json!({"name": name, "value": value});
    json!([
        flag("AUTOCOMMIT", true),
        flag("CLIENT_SESSION_KEEP_ALIVE", keep_alive),
        {"name": "CLIENT_SESSION_KEEP_ALIVE_HEARTBEAT_FREQUENCY", "value": 3600},
        flag("CLIENT_TELEMETRY_ENABLED", false),
        flag("CLIENT_CONSENT_CACHE_ID_TOKEN", false),
        flag("CLIENT_STORE_TEMPORARY_CREDENTIAL", false),
        flag("CLIENT_RESULT_COLUMN_CASE_INSENSITIVE", false),
        {"name": "CLIENT_RESULT_CHUNK_SIZE", "value": 160},
        {"name": "CLIENT_PREFETCH_THREADS", "value": 4},
        text("PYTHON_CONNECTOR_QUERY_RESULT_FORMAT", "JSON"),
        text("TIMEZONE", "America/Los_Angeles"),
        text("DATE_OUTPUT_FORMAT", "YYYY-MM-DD"),
        text("TIMESTAMP_OUTPUT_FORMAT", "YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM"),
        text("TIMESTAMP_LTZ_OUTPUT_FORMAT", ""),
        text("BINARY_OUTPUT_FORMAT", "HEX"),
        text("SERVICE_NAME", ""),
        text("SERVER_VERSION", VERSION),
    ])
}
