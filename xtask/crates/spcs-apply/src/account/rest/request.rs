//! Requests to the account, and the envelope of every response.

use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION};
use reqwest::{Client, RequestBuilder};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::account::{AccountError, Connection};
use crate::error::chain;
use crate::secret::Secret;

/// The timeout of a request. The result of a longer statement is polled.
const ANSWER_LIMIT: Duration = Duration::from_secs(120);

/// The account behind a connection, reached over HTTP.
pub(super) struct Account {
    connection: Connection,
    pub(super) http: Client,
}

/// The envelope of every response.
#[derive(Deserialize)]
pub(super) struct Answer {
    pub(super) success: bool,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    pub(super) data: Value,
}

impl Answer {
    pub(super) fn code(&self) -> &str {
        self.code.as_deref().unwrap_or_default()
    }

    pub(super) fn message(&self) -> &str {
        self.message.as_deref().unwrap_or("no message")
    }

    /// A token from the response's data.
    pub(super) fn token(&self, key: &str) -> Option<Secret> {
        self.data[key].as_str().map(Secret::new)
    }
}

impl Account {
    pub(super) fn new(connection: &Connection) -> Result<Account, AccountError> {
        let host = connection.url.host_str().unwrap_or_default();
        let http = crate::http::client(host)
            .map_err(|error| AccountError::unreachable(connection, &chain(&error)))?;
        Ok(Account { connection: connection.clone(), http })
    }

    pub(super) fn url(&self, path: &str) -> Url {
        let mut url = self.connection.url.clone();
        url.set_path(path);
        url
    }

    /// Resolves a path from a response; `None` for another origin, which must not get the token.
    pub(super) fn on_same_origin(&self, path: &str) -> Option<Url> {
        let url = self.connection.url.join(path).ok()?;
        (url.origin() == self.connection.url.origin()).then_some(url)
    }

    pub(super) async fn post(
        &self,
        mut url: Url,
        token: Option<&Secret>,
        body: Value,
    ) -> Result<Answer, AccountError> {
        url.query_pairs_mut().append_pair("requestId", &uuid::Uuid::new_v4().to_string());
        let mut call = self.http.post(url).json(&body);
        if let Some(token) = token {
            call = call.header(AUTHORIZATION, header(token));
        }
        self.receive(call).await
    }

    pub(super) async fn get(&self, url: Url, token: &Secret) -> Result<Answer, AccountError> {
        self.receive(self.http.get(url).header(AUTHORIZATION, header(token))).await
    }

    /// Sends a request and reads the response. It accepts plain JSON, because Snowflake rejects a
    /// PUT with the connector's media type.
    async fn receive(&self, call: RequestBuilder) -> Result<Answer, AccountError> {
        let failed = |error: reqwest::Error| {
            AccountError::unreachable(&self.connection, &chain(&error.without_url()))
        };
        let call = call.header(ACCEPT, "application/json").timeout(ANSWER_LIMIT);
        let answer = call.send().await.map_err(failed)?;
        let (status, path) = (answer.status(), answer.url().path().to_owned());
        let bytes = answer.bytes().await.map_err(failed)?;
        serde_json::from_slice(&bytes).map_err(|_| {
            let problem = format!("HTTP {status} with {} bytes that are not JSON", bytes.len());
            self.lost(&path, &problem)
        })
    }

    /// The response, if the request succeeded.
    pub(super) fn check(&self, request: &str, answer: Answer) -> Result<Answer, AccountError> {
        if answer.success {
            return Ok(answer);
        }
        Err(AccountError::Refused {
            connection: self.connection.name.as_str().into(),
            request: request.into(),
            message: answer.message().into(),
            code: answer.code.as_deref().map(Box::from),
            query_id: answer.data["queryId"].as_str().map(Box::from),
        })
    }

    /// The error for a response that violates the protocol.
    pub(super) fn lost(&self, request: &str, problem: &str) -> AccountError {
        AccountError::Lost {
            connection: self.connection.name.as_str().into(),
            request: request.into(),
            problem: problem.into(),
            query_id: None,
        }
    }
}

/// The value of the `Authorization` header.
pub(super) fn header(token: &Secret) -> String {
    format!("Snowflake Token=\"{}\"", token.expose())
}
