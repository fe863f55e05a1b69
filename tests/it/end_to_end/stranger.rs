//! Someone else in the account: SQL over the wire, with a client that shares nothing with ours.

use serde_json::{Value, json};

/// A logged-in session.
pub(crate) struct Stranger {
    url: String,
    token: String,
    client: reqwest::Client,
}

impl Stranger {
    /// Logs in with what `local status` prints.
    pub(crate) async fn new(platform: &Value) -> Self {
        let client = reqwest::Client::builder().no_proxy().build().expect("an HTTP client");
        let url = platform["url"].as_str().expect("the platform's URL").to_owned();
        let data = json!({
            "ACCOUNT_NAME": platform["account"],
            "LOGIN_NAME": platform["user"],
            "PASSWORD": platform["password"],
            "CLIENT_APP_ID": "end-to-end test",
            "CLIENT_APP_VERSION": "1",
        });
        let request = client.post(format!("{url}/session/v1/login-request"));
        let reply =
            request.json(&json!({ "data": data })).send().await.expect("the platform answers");
        let reply: Value = reply.json().await.expect("the platform speaks JSON");
        let token = reply["data"]["token"].as_str();
        let token = token.unwrap_or_else(|| panic!("no login: {}", reply["message"])).to_owned();
        Self { url, token, client }
    }

    /// Runs one statement that has to succeed, and gives its rows.
    pub(crate) async fn sql(&self, text: &str) -> Vec<Vec<Value>> {
        let id = uuid::Uuid::new_v4();
        let address = format!("{}/queries/v1/query-request?requestId={id}", self.url);
        let request = self.client.post(address).header("Accept", "application/snowflake");
        let request =
            request.header("Authorization", format!("Snowflake Token=\"{}\"", self.token));
        let reply = request.json(&json!({ "sqlText": text, "sequenceId": 1 })).send().await;
        let reply: Value = reply.expect("the platform answers").json().await.expect("JSON");
        assert_eq!(reply["success"], true, "{text}: {}", reply["message"]);
        serde_json::from_value(reply["data"]["rowset"].clone()).unwrap_or_default()
    }

    /// Whether any row of a statement's result holds `value` in any column.
    pub(crate) async fn finds(&self, text: &str, value: &str) -> bool {
        self.sql(text).await.iter().flatten().any(|cell| cell == value)
    }
}
