//! The connection to an account: its URL and credentials.

use std::path::Path;

use serde::Deserialize;
use url::Url;

use crate::http;
use crate::secret::Secret;

mod error;
mod settings;

pub use error::ConnectionError;
use settings::{Env, Settings};

/// An account and a user with credentials.
#[derive(Clone)]
pub struct Connection {
    /// The connection's name in messages: `local`, or the name in connections.toml.
    pub name: String,
    pub account: String,
    pub user: String,
    /// The base URL, without a path.
    pub url: Url,
    pub auth: Auth,
    /// The initial role of a session.
    pub role: Option<String>,
    /// The initial warehouse of a session.
    pub warehouse: Option<String>,
}

/// How a user logs in.
#[derive(Clone)]
pub enum Auth {
    /// A password, or a programmatic access token used as one.
    Password(Secret),
    /// A programmatic access token.
    Token(Secret),
    /// A private key (PKCS#8 PEM).
    KeyPair {
        pem: Secret,
        /// The passphrase of an encrypted key.
        passphrase: Option<Secret>,
    },
    /// An OAuth access token.
    OAuth(Secret),
}

/// The status file of the local platform, which exists while it runs.
#[derive(Deserialize)]
struct Status {
    url: String,
    account: String,
    user: String,
    password: String,
}

/// The connection to the local platform, from its status file.
pub fn local(status_file: &Path) -> Result<Connection, ConnectionError> {
    let text = match fs_err::read(status_file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(ConnectionError::NotRunning { path: status_file.to_owned() });
        }
        Err(error) => return Err(error.into()),
    };
    let status: Status =
        serde_json::from_slice(&text).map_err(|error| file_error(status_file, &error))?;
    let url = Url::parse(&status.url).map_err(|error| file_error(status_file, &error))?;
    Ok(Connection {
        name: "local".to_owned(),
        account: status.account,
        user: status.user,
        url,
        auth: Auth::Password(Secret::new(status.password)),
        role: None,
        warehouse: None,
    })
}

/// A connection from the user's Snowflake configuration; without a name, the default one.
pub fn from_snowflake(name: Option<&str>) -> Result<Connection, ConnectionError> {
    let env = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    connection(&settings::read(name, &env)?, &env)
}

fn connection(settings: &Settings, env: Env<'_>) -> Result<Connection, ConnectionError> {
    let account = settings.require("account")?;
    let own = |key| settings.get(key).map(str::to_owned);
    Ok(Connection {
        name: settings.name.clone(),
        account: account.to_owned(),
        user: settings.require("user")?.to_owned(),
        url: base_url(settings, account)?,
        auth: auth(settings, env)?,
        role: own("role"),
        warehouse: own("warehouse"),
    })
}

fn base_url(settings: &Settings, account: &str) -> Result<Url, ConnectionError> {
    // An account name may contain underscores, but a host name may not.
    let host = settings.get("host").map_or_else(
        || format!("{}.snowflakecomputing.com", account.to_lowercase().replace('_', "-")),
        str::to_owned,
    );
    let protocol = settings.get("protocol").unwrap_or("https");
    let port = settings.get("port").map_or_else(String::new, |port| format!(":{port}"));
    Url::parse(&format!("{protocol}://{host}{port}"))
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .ok_or_else(|| ConnectionError::Unusable {
            name: settings.name.clone(),
            problem: format!("{protocol}://{host}{port} is not an address"),
            hint: None,
        })
}

fn auth(settings: &Settings, env: Env<'_>) -> Result<Auth, ConnectionError> {
    let authenticator = settings.get("authenticator").unwrap_or("snowflake").to_uppercase();
    match authenticator.as_str() {
        "SNOWFLAKE" => Ok(Auth::Password(Secret::new(settings.require("password")?))),
        "PROGRAMMATIC_ACCESS_TOKEN" => token(settings).map(Auth::Token),
        "OAUTH" => token(settings).map(Auth::OAuth),
        "SNOWFLAKE_JWT" => {
            let pem = match settings.get("private_key_raw") {
                Some(pem) => pem.to_owned(),
                None => {
                    let path = settings.get("private_key_path");
                    let path = path.map_or_else(|| settings.require("private_key_file"), Ok)?;
                    read_file(Path::new(path))?
                }
            };
            let passphrase = settings
                .get("private_key_passphrase")
                .map(str::to_owned)
                .or_else(|| env("PRIVATE_KEY_PASSPHRASE"))
                .map(Secret::new);
            Ok(Auth::KeyPair { pem: Secret::new(pem), passphrase })
        }
        other => Err(ConnectionError::Unusable {
            name: settings.name.clone(),
            problem: format!(
                "authenticator {other} needs a person or a service that is not there during a \
                 deployment"
            ),
            hint: Some(
                "use SNOWFLAKE_JWT (key pair), PROGRAMMATIC_ACCESS_TOKEN, OAUTH or a password",
            ),
        }),
    }
}

/// The token from the token file, or else from the setting `token` or `password`.
fn token(settings: &Settings) -> Result<Secret, ConnectionError> {
    if let Some(path) = settings.get("token_file_path") {
        return Ok(Secret::new(read_file(Path::new(path))?.trim()));
    }
    match settings.get("token").or_else(|| settings.get("password")) {
        Some(token) => Ok(Secret::new(token)),
        None => settings.require("token").map(Secret::new),
    }
}

fn read_file(path: &Path) -> Result<String, ConnectionError> {
    // Users write `~` in these files too, where no shell expands it.
    let path = match (path.strip_prefix("~"), std::env::var_os("HOME")) {
        (Ok(rest), Some(home)) => Path::new(&home).join(rest),
        _ => path.to_owned(),
    };
    Ok(fs_err::read_to_string(path)?)
}

fn file_error(path: &Path, error: &dyn std::fmt::Display) -> ConnectionError {
    ConnectionError::File { path: path.to_owned(), problem: error.to_string() }
}

impl Connection {
    /// Whether the account is on this machine.
    pub fn is_loopback(&self) -> bool {
        http::is_loopback(self.url.host_str().unwrap_or_default())
    }

    pub(super) fn reach_hint(&self) -> &'static str {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let proxied =
            (set("HTTP_PROXY") || set("http_proxy")) && !(set("NO_PROXY") || set("no_proxy"));
        match self.is_loopback() {
            true if proxied => "HTTP_PROXY is set; set NO_PROXY=127.0.0.1,localhost beside it",
            true => "see `cargo xtask local status`; start it with `cargo xtask local start`",
            false => "check the account's name, the network and the proxy",
        }
    }

    pub(super) fn login_hint(&self) -> &'static str {
        match self.is_loopback() {
            true => "the platform may have been reset; run `cargo xtask local status`",
            false => "try `snow connection test` with the same connection",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn connect(variables: &[(&str, &str)]) -> Result<Connection, ConnectionError> {
        let variables: BTreeMap<_, _> = variables
            .iter()
            .map(|(key, value)| (format!("SNOWFLAKE_CONNECTIONS_DEV_{key}"), value.to_string()))
            .collect();
        let env = |name: &str| match name {
            "SNOWFLAKE_HOME" => Some("/nonexistent".to_owned()),
            name => variables.get(name).cloned(),
        };
        connection(&settings::read(Some("dev"), &env)?, &env)
    }

    #[test]
    fn the_url_is_derived_from_the_account_unless_a_host_is_set() {
        let own = [("ACCOUNT", "Org-My_Acct"), ("USER", "me"), ("PASSWORD", "pw")];
        let url =
            |more: &[(&str, &str)]| connect(&[&own, more].concat()).ok().unwrap().url.to_string();
        assert_eq!(url(&[]), "https://org-my-acct.snowflakecomputing.com/");
        let local = [("HOST", "127.0.0.1"), ("PORT", "8462"), ("PROTOCOL", "http")];
        assert_eq!(url(&local), "http://127.0.0.1:8462/");
    }

    #[test]
    fn an_unsupported_authenticator_is_rejected_and_the_hint_lists_supported_ones() {
        let own = [("ACCOUNT", "a"), ("USER", "me"), ("AUTHENTICATOR", "externalbrowser")];
        let error = connect(&own).err().unwrap();
        assert!(error.to_string().contains("EXTERNALBROWSER"), "{error}");
        assert!(error.hint().unwrap().contains("SNOWFLAKE_JWT"), "{error:?}");
        let hint = connect(&own[..2]).err().unwrap().hint().unwrap();
        assert!(hint.contains("SNOWFLAKE_CONNECTIONS_DEV_PASSWORD"), "{hint}");
    }

    #[test]
    fn the_hint_for_a_stopped_platform_is_the_start_command() {
        let error = local(Path::new("/nonexistent/platform.json")).err().unwrap();
        assert!(error.hint().unwrap().contains("cargo xtask local start"), "{error:?}");
    }
}
