//! The session protocol, as far as PUT and tokens need it: log in, run a statement with
//! `Accept: application/json` (with the connector's own type, Snowflake refuses a PUT), issue a
//! token, log out.

use std::sync::Mutex;
use std::time::Duration;

use reqwest::Client;
use reqwest::header::{ACCEPT, AUTHORIZATION};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;
use url::Url;

use super::error::unreachable;
use super::{StageError, login};
use crate::connection::Connection;
use crate::secret::Secret;
use crate::token::IssuedToken;

const PATIENCE: Duration = Duration::from_secs(120);

/// Longer than any statement that is sent from here runs.
const LONGEST: Duration = Duration::from_secs(900);

/// The session has expired; the master token gives a new one.
const EXPIRED: &str = "390112";

/// The statement still runs.
const IN_PROGRESS: [&str; 2] = ["333333", "333334"];

/// A session that can upload files and issue tokens. It logs out when it goes.
pub struct StageSession {
    connection: Connection,
    http: Client,
    tokens: Mutex<Option<Tokens>>,
}

#[derive(Clone)]
struct Tokens {
    session: Secret,
    master: Secret,
}

/// What every answer is wrapped in.
#[derive(Deserialize)]
struct Envelope {
    success: bool,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    data: Value,
}

impl Envelope {
    fn code(&self) -> &str {
        self.code.as_deref().unwrap_or_default()
    }

    fn token(&self, key: &str) -> Option<Secret> {
        self.data[key].as_str().map(Secret::new)
    }
}

impl StageSession {
    /// Logs in with that role.
    pub async fn open(
        connection: &Connection,
        role: Option<&str>,
    ) -> Result<StageSession, StageError> {
        let host = connection.url.host_str().unwrap_or_default();
        let http = crate::http::client(host)
            .map_err(|error| unreachable(connection, "prepare the login", &error))?;
        let session =
            StageSession { connection: connection.clone(), http, tokens: Mutex::new(None) };
        let mut url = session.url("/session/v1/login-request");
        let role = role.or(connection.role.as_deref());
        for (name, value) in [("roleName", role), ("warehouse", connection.warehouse.as_deref())] {
            if let Some(value) = value {
                url.query_pairs_mut().append_pair(name, value);
            }
        }
        let answer = session.send("log in", url, None, login::body(connection)?).await?;
        match (answer.success, answer.token("token"), answer.token("masterToken")) {
            (true, Some(token), Some(master)) => {
                session.keep(Some(Tokens { session: token, master }));
                tracing::debug!(target = connection.name, "stage session opened");
                Ok(session)
            }
            (true, ..) => Err(StageError::Answer {
                doing: "log in".to_owned(),
                problem: "it holds no tokens".to_owned(),
            }),
            (false, ..) => Err(StageError::Login {
                connection: connection.name.clone(),
                user: connection.user.clone(),
                problem: answer.message.unwrap_or_else(|| "no message".to_owned()),
                hint: connection.login_hint(),
            }),
        }
    }

    /// Logs out.
    pub async fn close(self) {
        if let Some(tokens) = self.keep(None) {
            logout(self.http.clone(), self.url("/session"), tokens.session).await;
        }
    }

    pub(super) fn http(&self) -> &Client {
        &self.http
    }

    /// Runs a statement and gives the `data` of its answer. A session that has expired is
    /// renewed once.
    pub(super) async fn query(&self, doing: &str, sql: &str) -> Result<Value, StageError> {
        let mut answer = self.submit(doing, sql).await?;
        if answer.code() == EXPIRED {
            self.renew(doing).await?;
            answer = self.submit(doing, sql).await?;
        }
        let end = Instant::now() + LONGEST;
        let mut pause = Duration::from_millis(100);
        while IN_PROGRESS.contains(&answer.code()) {
            if Instant::now() + pause > end {
                let problem = format!("the statement still runs after {LONGEST:?}");
                return Err(StageError::Answer { doing: doing.to_owned(), problem });
            }
            // Servers hold this answer back for a while; one that does not shall have a rest.
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(3));
            let next = answer.data["getResultUrl"].as_str().unwrap_or_default();
            let url = self.connection.url.join(next).ok();
            // The token goes nowhere but to the account's own host.
            let url = url.filter(|url| url.origin() == self.connection.url.origin()).ok_or_else(
                || StageError::Answer {
                    doing: doing.to_owned(),
                    problem: "it does not say where the result will be".to_owned(),
                },
            )?;
            let call = self.http.get(url).header(AUTHORIZATION, self.authorization());
            answer = self.receive(doing, call).await?;
        }
        check(doing, answer).map(|answer| answer.data)
    }

    /// Issues a token that carries the session's role, for other services of the account.
    pub async fn issue(&self) -> Result<IssuedToken, StageError> {
        let doing = "issue a token";
        let answer = self.token_request(doing, "ISSUE").await?;
        let seconds = answer.data["validityInSecondsST"].as_u64().unwrap_or(3600);
        match answer.token("sessionToken") {
            Some(token) => Ok(IssuedToken { token, expires_in: Duration::from_secs(seconds) }),
            None => Err(StageError::Answer {
                doing: doing.to_owned(),
                problem: "it holds no token".to_owned(),
            }),
        }
    }

    async fn renew(&self, doing: &str) -> Result<(), StageError> {
        let answer = self.token_request(doing, "RENEW").await?;
        if let (Some(session), Some(master)) =
            (answer.token("sessionToken"), answer.token("masterToken"))
        {
            self.keep(Some(Tokens { session, master }));
        }
        Ok(())
    }

    async fn token_request(&self, doing: &str, kind: &str) -> Result<Envelope, StageError> {
        let Some(tokens) = self.tokens() else { return Err(self.logged_out(doing)) };
        let body = json!({"oldSessionToken": tokens.session.expose(), "requestType": kind});
        let url = self.url("/session/token-request");
        check(doing, self.send(doing, url, Some(&tokens.master), body).await?)
    }

    async fn submit(&self, doing: &str, sql: &str) -> Result<Envelope, StageError> {
        let Some(tokens) = self.tokens() else { return Err(self.logged_out(doing)) };
        let url = self.url("/queries/v1/query-request");
        let body = json!({"sqlText": sql, "asyncExec": false, "sequenceId": 1});
        self.send(doing, url, Some(&tokens.session), body).await
    }

    async fn send(
        &self,
        doing: &str,
        mut url: Url,
        token: Option<&Secret>,
        body: Value,
    ) -> Result<Envelope, StageError> {
        url.query_pairs_mut().append_pair("requestId", &uuid::Uuid::new_v4().to_string());
        let mut call = self.http.post(url).json(&body);
        if let Some(token) = token {
            call = call.header(AUTHORIZATION, header(token));
        }
        self.receive(doing, call).await
    }

    async fn receive(
        &self,
        doing: &str,
        call: reqwest::RequestBuilder,
    ) -> Result<Envelope, StageError> {
        let failed =
            |error: reqwest::Error| unreachable(&self.connection, doing, &error.without_url());
        let call = call.header(ACCEPT, "application/json").timeout(PATIENCE);
        let answer = call.send().await.map_err(failed)?;
        let status = answer.status();
        let bytes = answer.bytes().await.map_err(failed)?;
        serde_json::from_slice(&bytes).map_err(|_| StageError::Answer {
            doing: doing.to_owned(),
            problem: format!("HTTP {status} with {} bytes that are not JSON", bytes.len()),
        })
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.connection.url.clone();
        url.set_path(path);
        url
    }

    fn authorization(&self) -> String {
        self.tokens().map(|tokens| header(&tokens.session)).unwrap_or_default()
    }

    fn tokens(&self) -> Option<Tokens> {
        self.tokens.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Puts tokens in the place of those there were.
    fn keep(&self, tokens: Option<Tokens>) -> Option<Tokens> {
        let mut kept = self.tokens.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        std::mem::replace(&mut *kept, tokens)
    }

    fn logged_out(&self, doing: &str) -> StageError {
        StageError::Answer { doing: doing.to_owned(), problem: "the session is closed".to_owned() }
    }
}

impl Drop for StageSession {
    fn drop(&mut self) {
        if let (Some(tokens), Ok(runtime)) =
            (self.keep(None), tokio::runtime::Handle::try_current())
        {
            runtime.spawn(logout(self.http.clone(), self.url("/session"), tokens.session));
        }
    }
}

/// A server that does not hear of it forgets the session by itself.
async fn logout(http: Client, mut url: Url, token: Secret) {
    url.query_pairs_mut().append_pair("delete", "true");
    let call = http.post(url).header(AUTHORIZATION, header(&token)).timeout(Duration::from_secs(5));
    if let Err(error) = call.json(&json!({})).send().await {
        tracing::debug!(error = %error.without_url(), "could not log out");
    }
}

fn header(token: &Secret) -> String {
    format!("Snowflake Token=\"{}\"", token.expose())
}

fn check(doing: &str, answer: Envelope) -> Result<Envelope, StageError> {
    if answer.success {
        return Ok(answer);
    }
    let query = answer.data["queryId"].as_str().map(|id| format!(", query {id}"));
    Err(StageError::Refused {
        doing: doing.to_owned(),
        message: answer.message.clone().unwrap_or_else(|| "no message".to_owned()),
        code: answer.code().to_owned(),
        query: query.unwrap_or_default(),
    })
}
