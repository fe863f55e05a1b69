//! Expired sessions, echoed secrets and error messages.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::*;
use crate::fake_http::{Answer, Request, Site, serve};
use crate::secret::Secret;

/// A server that issues the tokens `t1`, `t2`, … and rejects statements while `expired` is set.
#[derive(Default)]
struct Fake(Mutex<State>);

#[derive(Default)]
struct State {
    logins: usize,
    expired: bool,
    log: Vec<String>,
}

impl Site for Fake {
    fn answer(&self, request: Request) -> Answer {
        let mut state = self.0.lock().unwrap();
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let answer = if request.path.starts_with("/session/v1/login-request") {
            state.logins += 1;
            state.expired = false;
            json!({"success": true, "data": {"token": format!("t{}", state.logins)}})
        } else if state.expired {
            json!({"success": false, "code": "390112", "message": "expired", "data": null})
        } else {
            let sql = body["sqlText"].as_str().unwrap().to_owned();
            let failed = sql.starts_with("CREATE USER");
            state.log.push(sql.clone());
            if failed {
                json!({"success": false, "code": "001003", "message": format!("unexpected {sql}"),
                       "data": {"queryId": "01-q"}})
            } else {
                json!({"success": true, "data": {
                    "queryId": "01-q", "rowset": [["POOL", null]],
                    "rowtype": [{"name": "name", "nullable": true, "type": "text"},
                                {"name": "state", "nullable": true, "type": "text"}],
                }})
            }
        };
        (200, "content-type: application/json\r\n".to_owned(), answer.to_string())
    }
}

async fn start() -> (Arc<Fake>, Session) {
    let fake = Arc::new(Fake::default());
    let address = serve(Arc::clone(&fake)).await;
    let connection = Connection {
        name: "local".to_owned(),
        account: "spcs-local".to_owned(),
        user: "ADMIN".to_owned(),
        url: url::Url::parse(&format!("http://{address}")).unwrap(),
        auth: Auth::Password(Secret::new("pw")),
        role: None,
        warehouse: None,
    };
    (fake, Session::connect(&connection).await.unwrap())
}

#[tokio::test]
async fn an_expired_session_is_replaced_with_the_same_role() {
    let (fake, session) = start().await;
    session.query("USE ROLE SYSADMIN", &Secrets::none()).await.unwrap();
    fake.0.lock().unwrap().expired = true;
    let rows = session.query("SHOW COMPUTE POOLS", &Secrets::none()).await.unwrap();
    assert_eq!(rows.iter().next().unwrap().get("NAME"), Some("POOL"));
    let state = fake.0.lock().unwrap();
    assert_eq!(state.logins, 2);
    assert_eq!(state.log, ["USE ROLE SYSADMIN", "USE ROLE SYSADMIN", "SHOW COMPUTE POOLS"]);
}

#[tokio::test]
async fn a_statement_rejected_by_an_expired_session_is_sent_again() {
    let (fake, session) = start().await;
    fake.0.lock().unwrap().expired = true;
    session.query("ALTER SERVICE s RESUME", &Secrets::none()).await.unwrap();
    let state = fake.0.lock().unwrap();
    assert_eq!((state.logins, state.log.join("; ").as_str()), (2, "ALTER SERVICE s RESUME"));
}

#[tokio::test]
async fn a_secret_is_sent_to_the_server_and_masked_in_messages() {
    let (fake, session) = start().await;
    let secrets = Secrets::none().with(spcs_plan::secret::USER_PASSWORD, Secret::new("hun'ter2"));
    let sql = format!("CREATE USER U PASSWORD = '{}'", spcs_plan::secret::marker("user_password"));
    let error = session.query(&sql, &secrets).await.unwrap_err().to_string();
    assert_eq!(fake.0.lock().unwrap().log, ["CREATE USER U PASSWORD = 'hun''ter2'"]);
    assert_eq!(
        error,
        "local refused `CREATE USER U PASSWORD = '<secret:user_password>'`: \
         unexpected CREATE USER U PASSWORD = '***' (code 001003, query 01-q)"
    );
}

#[tokio::test]
async fn a_session_rejects_file_transfers() {
    let (fake, session) = start().await;
    let error = session.query("-- x\nPUT file:///a @s", &Secrets::none()).await.unwrap_err();
    assert!(matches!(error, AccountError::Transfer { .. }));
    assert!(fake.0.lock().unwrap().log.is_empty());
}
