//! Sessions of Snowflake's REST protocol, for operations that the connector does not support: file
//! transfer statements (the response contains the upload location), and session tokens for the
//! registry and the ingress.

mod request;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::Client;
use serde_json::{Value, json};
use tokio::time::Instant;
use url::Url;

use super::login;
use super::{AccountError, Connection, IssuedToken};
use crate::secret::Secret;
use request::{Account, Answer, header};

/// The time limit of a statement: longer than any statement sent from here takes.
const STATEMENT_LIMIT: Duration = Duration::from_secs(900);

/// The code for an expired session; the master token renews it.
const EXPIRED: &str = "390112";

/// The codes for a statement that is still running.
const IN_PROGRESS: [&str; 2] = ["333333", "333334"];

const TOKEN_REQUEST: &str = "/session/token-request";

/// A session that can start uploads and issue tokens. It logs out when it is dropped.
pub struct RestSession {
    account: Account,
    tokens: Mutex<Tokens>,
    closed: bool,
}

#[derive(Clone)]
struct Tokens {
    session: Secret,
    master: Secret,
}

impl RestSession {
    /// Logs in with a role; without one, with the connection's role.
    pub async fn open(
        connection: &Connection,
        role: Option<&str>,
    ) -> Result<RestSession, AccountError> {
        let account = Account::new(connection)?;
        let mut url = account.url("/session/v1/login-request");
        let role = role.or(connection.role.as_deref());
        for (name, value) in [("roleName", role), ("warehouse", connection.warehouse.as_deref())] {
            if let Some(value) = value {
                url.query_pairs_mut().append_pair(name, value);
            }
        }
        let answer = account.post(url, None, login::body(connection)?).await?;
        if !answer.success {
            return Err(AccountError::login(connection, answer.message()));
        }
        let tokens = answer.token("token").zip(answer.token("masterToken"));
        let (session, master) =
            tokens.ok_or_else(|| account.lost("login-request", "it holds no tokens"))?;
        tracing::debug!(target = connection.name, "REST session opened");
        let tokens = Mutex::new(Tokens { session, master });
        Ok(RestSession { account, tokens, closed: false })
    }

    /// Logs out.
    pub async fn close(mut self) {
        self.closed = true;
        let token = self.tokens().session.clone();
        logout(self.account.http.clone(), self.account.url("/session"), token).await;
    }

    /// The HTTP client for the account's host.
    pub(crate) fn http(&self) -> &Client {
        &self.account.http
    }

    /// Runs a statement and returns the `data` of the response. An expired session is renewed once.
    pub(crate) async fn query(&self, sql: &str) -> Result<Value, AccountError> {
        let mut answer = self.submit(sql).await?;
        if answer.code() == EXPIRED {
            self.renew().await?;
            answer = self.submit(sql).await?;
        }
        let end = Instant::now() + STATEMENT_LIMIT;
        let mut pause = Duration::from_millis(100);
        while IN_PROGRESS.contains(&answer.code()) {
            if Instant::now() + pause > end {
                let problem = format!("the statement still runs after {STATEMENT_LIMIT:?}");
                return Err(self.account.lost(sql, &problem));
            }
            // Snowflake delays this response (long polling); the pause is for servers that do not.
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(3));
            let next = answer.data["getResultUrl"].as_str().unwrap_or_default();
            let url = self.account.on_same_origin(next).ok_or_else(|| {
                self.account.lost(sql, "it does not say where the result will be")
            })?;
            let token = self.tokens().session.clone();
            answer = self.account.get(url, &token).await?;
        }
        self.account.check(sql, answer).map(|answer| answer.data)
    }

    /// Issues a token with the session's role, for the registry and the ingress.
    pub async fn issue(&self) -> Result<IssuedToken, AccountError> {
        let answer = self.token_request("ISSUE").await?;
        let seconds = answer.data["validityInSecondsST"].as_u64().unwrap_or(3600);
        match answer.token("sessionToken") {
            Some(token) => Ok(IssuedToken { token, expires_in: Duration::from_secs(seconds) }),
            None => Err(self.account.lost(TOKEN_REQUEST, "it holds no token")),
        }
    }

    async fn renew(&self) -> Result<(), AccountError> {
        let answer = self.token_request("RENEW").await?;
        if let Some((session, master)) =
            answer.token("sessionToken").zip(answer.token("masterToken"))
        {
            *self.tokens() = Tokens { session, master };
        }
        Ok(())
    }

    async fn token_request(&self, kind: &str) -> Result<Answer, AccountError> {
        let Tokens { session, master } = self.tokens().clone();
        let body = json!({"oldSessionToken": session.expose(), "requestType": kind});
        let url = self.account.url(TOKEN_REQUEST);
        let answer = self.account.post(url, Some(&master), body).await?;
        self.account.check(TOKEN_REQUEST, answer)
    }

    async fn submit(&self, sql: &str) -> Result<Answer, AccountError> {
        let token = self.tokens().session.clone();
        let url = self.account.url("/queries/v1/query-request");
        let body = json!({"sqlText": sql, "asyncExec": false, "sequenceId": 1});
        self.account.post(url, Some(&token), body).await
    }

    fn tokens(&self) -> MutexGuard<'_, Tokens> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for RestSession {
    fn drop(&mut self) {
        if !self.closed
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let token = self.tokens().session.clone();
            runtime.spawn(logout(self.account.http.clone(), self.account.url("/session"), token));
        }
    }
}

/// Logs out. A failure is ignored: the server expires the session.
async fn logout(http: Client, mut url: Url, token: Secret) {
    use reqwest::header::AUTHORIZATION;
    url.query_pairs_mut().append_pair("delete", "true");
    let call = http.post(url).header(AUTHORIZATION, header(&token)).timeout(Duration::from_secs(5));
    if let Err(error) = call.json(&json!({})).send().await {
        tracing::debug!(error = %error.without_url(), "could not log out");
    }
}
