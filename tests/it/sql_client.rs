//! An independent SQL client for the wire protocol. It shares no code with the tested program.

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// Sends a login with these credentials to the platform of a `local status`. Returns the reply.
pub(crate) async fn login(platform: &Value, credentials: &Value) -> Value {
    let mut data = json!({
        "ACCOUNT_NAME": platform["account"],
        "CLIENT_APP_ID": "end-to-end test",
        "CLIENT_APP_VERSION": "1",
    });
    for (name, value) in credentials.as_object().expect("an object") {
        data[name] = value.clone();
    }
    let url = platform["url"].as_str().expect("the platform's URL");
    let request = client().post(format!("{url}/session/v1/login-request"));
    let reply = request.json(&json!({ "data": data })).send().await.expect("the platform answers");
    reply.json().await.expect("the reply is JSON")
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().expect("an HTTP client")
}

/// A logged-in session.
pub(crate) struct SqlClient {
    url: String,
    token: String,
    client: reqwest::Client,
}

impl SqlClient {
    /// Logs in with the credentials from the JSON of `local status`.
    pub(crate) async fn new(platform: &Value) -> Self {
        let client = client();
        let url = platform["url"].as_str().expect("the platform's URL").to_owned();
        let password = json!({"LOGIN_NAME": platform["user"], "PASSWORD": platform["password"]});
        let reply = login(platform, &password).await;
        let token = reply["data"]["token"].as_str();
        let token = token.unwrap_or_else(|| panic!("no login: {}", reply["message"])).to_owned();
        Self { url, token, client }
    }

    /// Runs one statement, which must succeed.
    pub(crate) async fn sql(&self, text: &str) {
        self.answer(text).await;
    }

    /// Everything that an administrator can list: one line a row, without [`VOLATILE_COLUMNS`].
    pub(crate) async fn objects(&self) -> BTreeSet<String> {
        let mut listed = BTreeSet::new();
        for statement in LISTS {
            let rows = self.rows(statement).await;
            let stages = rows.iter().filter(|_| statement.starts_with("SHOW STAGES"));
            for stage in stages {
                let place = ["database_name", "schema_name", "name"].map(|part| &stage[part]);
                let list = format!("LIST @{}.{}.{}", place[0], place[1], place[2]).replace('"', "");
                listed.extend(self.lines(&list, self.rows(&list).await));
            }
            listed.extend(self.lines(statement, rows));
        }
        listed
    }

    fn lines(&self, statement: &str, rows: Vec<Value>) -> Vec<String> {
        rows.iter().map(|row| format!("{statement}: {row}")).collect()
    }

    /// The rows of a statement as JSON objects, without [`VOLATILE_COLUMNS`].
    async fn rows(&self, text: &str) -> Vec<Value> {
        let answer = self.answer(text).await;
        let names: Vec<&str> = answer["rowtype"]
            .as_array()
            .expect("a rowtype")
            .iter()
            .map(|column| column["name"].as_str().expect("a column's name"))
            .collect();
        let rows =
            answer["rowset"].as_array().unwrap_or_else(|| panic!("{text}: no rows: {answer}"));
        let row = |row: &Value| {
            let cells = row.as_array().expect("a row is a list").iter().cloned();
            names
                .iter()
                .map(|name| (*name).to_owned())
                .zip(cells)
                .filter(|(name, _)| !VOLATILE_COLUMNS.contains(&name.as_str()))
                .collect::<serde_json::Map<_, _>>()
                .into()
        };
        rows.iter().map(row).collect()
    }

    async fn answer(&self, text: &str) -> Value {
        let id = uuid::Uuid::new_v4();
        let address = format!("{}/queries/v1/query-request?requestId={id}", self.url);
        let request = self.client.post(address).header("Accept", "application/snowflake");
        let request =
            request.header("Authorization", format!("Snowflake Token=\"{}\"", self.token));
        let reply = request.json(&json!({ "sqlText": text, "sequenceId": 1 })).send().await;
        let reply: Value = reply.expect("the platform answers").json().await.expect("JSON");
        assert_eq!(reply["success"], true, "{text}: {}", reply["message"]);
        reply["data"].clone()
    }
}

/// Every account-wide listing that the platform supports, and the grants of the system-defined
/// roles.
const LISTS: [&str; 18] = [
    "SHOW ROLES",
    "SHOW USERS",
    "SHOW WAREHOUSES",
    "SHOW DATABASES",
    "SHOW SCHEMAS IN ACCOUNT",
    "SHOW STAGES IN ACCOUNT",
    "SHOW IMAGE REPOSITORIES IN ACCOUNT",
    "SHOW NETWORK RULES IN ACCOUNT",
    "SHOW INTEGRATIONS",
    "SHOW COMPUTE POOLS",
    "SHOW SERVICES IN ACCOUNT",
    "SHOW GRANTS ON ACCOUNT",
    "SHOW GRANTS TO ROLE ACCOUNTADMIN",
    "SHOW GRANTS TO ROLE SECURITYADMIN",
    "SHOW GRANTS TO ROLE USERADMIN",
    "SHOW GRANTS TO ROLE SYSADMIN",
    "SHOW GRANTS TO ROLE PUBLIC",
    "SHOW GRANTS OF ROLE SYSADMIN",
];

/// Columns whose values change although the object does not.
const VOLATILE_COLUMNS: [&str; 4] =
    ["created_on", "updated_on", "resumed_on", "last_success_login"];
