//! Uploads and token requests against a fake server that logs its requests.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::*;
use crate::account::{Auth, Connection, IssuedToken, RestSession};
use crate::fake_http::{Answer, Request, Site, serve};
use crate::registry::Registry;
use crate::secret::Secret;

/// A server with one valid session token: `t1`, and after a renewal `t2`.
#[derive(Default)]
struct Fake(Mutex<State>);

#[derive(Default)]
struct State {
    address: String,
    /// Whether the session token `t1` is rejected.
    expired: bool,
    /// Whether a statement is still running when the server responds.
    pending: bool,
    /// Whether the stage already has the file.
    occupied: bool,
    /// A summary of each request.
    log: Vec<String>,
    stored: Vec<u8>,
}

impl Site for Fake {
    fn answer(&self, request: Request) -> Answer {
        let mut state = self.0.lock().unwrap();
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let path = request.path.split('?').next().unwrap().to_owned();
        let token = request.header("authorization").unwrap_or("-").to_owned();
        state.log.push(format!("{} {path} {token}", request.method));
        let ok = |data: Value| (200, json!({"success": true, "code": null, "data": data}));
        let (status, answer) = match path.as_str() {
            "/session/v1/login-request" => match body["data"]["PASSWORD"].as_str() {
                Some("right") => ok(json!({"token": "t1", "masterToken": "m"})),
                _ => (
                    200,
                    json!({
                        "success": false, "code": "390100", "data": null,
                        "message": "Incorrect username or password was specified.",
                    }),
                ),
            },
            "/session/token-request" => {
                let issued = if body["requestType"] == "ISSUE" { "issued" } else { "t2" };
                ok(json!({"sessionToken": issued, "validityInSecondsST": 3600, "masterToken": "m"}))
            }
            "/queries/v1/query-request" if state.expired && token.contains("t1") => (
                200,
                json!({"success": false, "code": "390112", "message": "expired", "data": null}),
            ),
            "/queries/v1/query-request" if state.pending => (
                200,
                json!({"success": true, "code": "333333", "message": "Query execution in progress",
                       "data": {"getResultUrl": "/queries/q/result"}}),
            ),
            "/queries/q/result" if std::mem::take(&mut state.pending) => (
                200,
                json!({"success": true, "code": "333334", "message": "Query execution in progress",
                       "data": {"getResultUrl": "/queries/q/result"}}),
            ),
            "/queries/q/result" => ok(stage_info(&state.address)),
            "/queries/v1/query-request" => {
                assert_eq!(request.header("accept"), Some("application/json"));
                state.log.push(body["sqlText"].as_str().unwrap().to_owned());
                ok(stage_info(&state.address))
            }
            "/stage/S/a.yaml"
                if state.occupied && request.header("x-goog-if-generation-match") == Some("0") =>
            {
                (412, Value::Null)
            }
            "/stage/S/a.yaml" => {
                state.stored = request.body;
                (200, Value::Null)
            }
            "/login" => (200, json!({"token": "bearer"})),
            path if path.contains("/manifests/") && token != "Bearer bearer" => (401, Value::Null),
            path if path.contains("/manifests/") => (404, Value::Null),
            _ => ok(Value::Null),
        };
        (status, "content-type: application/json\r\n".to_owned(), answer.to_string())
    }
}

fn stage_info(address: &str) -> Value {
    json!({"queryId": "q", "command": "UPLOAD", "stageInfo": {
        "locationType": "GCS", "location": "stage/S/", "region": "local",
        "endPoint": format!("http://{address}"), "presignedUrl": null,
        "creds": {"GCS_ACCESS_TOKEN": "g"},
    }})
}

async fn start() -> (Arc<Fake>, Connection) {
    let fake = Arc::new(Fake::default());
    let address = serve(Arc::clone(&fake)).await.to_string();
    let connection = Connection {
        name: "local".to_owned(),
        account: "spcs-local".to_owned(),
        user: "ADMIN".to_owned(),
        url: url::Url::parse(&format!("http://{address}")).unwrap(),
        auth: Auth::Password(Secret::new("right")),
        role: None,
        warehouse: None,
    };
    fake.0.lock().unwrap().address = address;
    (fake, connection)
}

#[tokio::test]
async fn a_file_is_uploaded_to_the_given_location_and_the_session_is_closed() {
    let (fake, connection) = start().await;
    let session = RestSession::open(&connection, Some("SYSADMIN")).await.ok().unwrap();
    let done = put(&session, b"spec".to_vec(), "@DB.S.SPECS", "a.yaml").await.unwrap();
    session.close().await;
    assert_eq!(done, Put::Uploaded);
    let state = fake.0.lock().unwrap();
    assert_eq!(state.stored, b"spec");
    assert_eq!(
        state.log,
        [
            "POST /session/v1/login-request -",
            "POST /queries/v1/query-request Snowflake Token=\"t1\"",
            "PUT file:///a.yaml @DB.S.SPECS AUTO_COMPRESS=FALSE SOURCE_COMPRESSION=NONE OVERWRITE=FALSE",
            "PUT /stage/S/a.yaml Bearer g",
            "POST /session Snowflake Token=\"t1\"",
        ]
    );
}

#[tokio::test]
async fn an_existing_file_is_not_overwritten() {
    let (fake, connection) = start().await;
    fake.0.lock().unwrap().occupied = true;
    let session = RestSession::open(&connection, None).await.ok().unwrap();
    let done = put(&session, b"new".to_vec(), "@S", "a.yaml").await.unwrap();
    assert_eq!(done, Put::Skipped);
    assert!(fake.0.lock().unwrap().stored.is_empty());
}

#[tokio::test]
async fn an_expired_session_is_renewed_with_the_master_token() {
    let (fake, connection) = start().await;
    fake.0.lock().unwrap().expired = true;
    let session = RestSession::open(&connection, None).await.ok().unwrap();
    assert_eq!(put(&session, vec![1], "@S", "a.yaml").await.unwrap(), Put::Uploaded);
    let log = fake.0.lock().unwrap().log.join("\n");
    assert!(log.contains("POST /session/token-request Snowflake Token=\"m\""), "{log}");
    assert!(log.contains("query-request Snowflake Token=\"t2\""), "{log}");
}

#[tokio::test]
async fn the_result_of_a_long_statement_is_polled() {
    let (fake, connection) = start().await;
    fake.0.lock().unwrap().pending = true;
    let session = RestSession::open(&connection, None).await.ok().unwrap();
    assert_eq!(put(&session, vec![1], "@S", "a.yaml").await.unwrap(), Put::Uploaded);
    let log = fake.0.lock().unwrap().log.join("\n");
    assert_eq!(log.matches("GET /queries/q/result Snowflake Token=\"t1\"").count(), 2, "{log}");
}

#[tokio::test]
async fn the_error_for_a_rejected_login_names_the_user_and_not_the_password() {
    let (_fake, mut connection) = start().await;
    connection.auth = Auth::Password(Secret::new("hunter2"));
    let error = RestSession::open(&connection, None).await.err().unwrap();
    assert_eq!(error.kind(), crate::error::Kind::Connection);
    let text = error.to_string();
    assert!(text.contains("as ADMIN") && text.contains("Incorrect username"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
}

#[tokio::test]
async fn many_registry_requests_share_one_login() {
    let (fake, connection) = start().await;
    let session = Arc::new(RestSession::open(&connection, None).await.ok().unwrap());
    let address = fake.0.lock().unwrap().address.clone();
    let registry = Registry::open(&format!("{address}/db/s/repo"), Some(session));
    let registry = registry.ok().unwrap();
    let image = registry.reference("milvus", "abc");
    for _ in 0..3 {
        assert_eq!(registry.head_manifest(&image).await.unwrap(), None);
    }
    let log = fake.0.lock().unwrap().log.clone();
    let password = IssuedToken {
        token: Secret::new("issued"),
        expires_in: std::time::Duration::from_secs(3600),
    };
    let password = password.registry_password();
    let basic = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        format!("0sessiontoken:{}", password.expose()),
    );
    let logins: Vec<_> = log.iter().filter(|line| line.contains(" /login ")).collect();
    assert_eq!(logins, [&format!("GET /login Basic {basic}")]);
}

#[test]
fn names_that_could_change_the_statement_are_rejected() {
    assert!(check_names("@DB.S.STAGE/folder", "milvus-12ab.yaml").is_ok());
    for (stage, file) in [
        ("@DB.S.STAGE OVERWRITE=TRUE", "a"),
        ("DB.S.STAGE", "a"),
        ("@a;DROP", "a"),
        ("@a", "a b"),
        ("@a", "../a"),
        ("@a", "a'"),
        ("@a", ""),
    ] {
        assert!(check_names(stage, file).is_err(), "{stage} {file}");
    }
}
