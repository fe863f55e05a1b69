//! Logins: with a password, or with the token that a service's containers get.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::{ConnectInfo, Query, State};
use axum::response::Response;
use http::HeaderMap;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::body::{self, Held};
use super::reply::{failure, parameters, respond, success};
use crate::access::{Identity, LoginError, Origin};
use crate::account::{ACCOUNT, Account, IDENTIFIER, ORGANISATION};
use crate::catalog::Namespace;
use crate::execute::VERSION;
use crate::kind::Kind;
use crate::scalar::Scalar;
use crate::session::{Session, SessionState, TransferShape};
use crate::sql::{Value, parse_name};

/// The parameters in the query string of a login.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct LoginParameters {
    warehouse: String,
    database_name: String,
    schema_name: String,
    role_name: String,
}

/// The JSON of a login.
#[derive(Deserialize)]
struct LoginRequest<T> {
    data: T,
}

/// The credentials, and what the client says about itself.
#[derive(Deserialize, Default)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE", default)]
struct Credentials {
    account_name: Scalar,
    authenticator: Scalar,
    login_name: Scalar,
    password: Scalar,
    token: Scalar,
    client_app_id: Scalar,
    client_app_version: Scalar,
    client_capabilities: Scalar,
}

/// The settings of the new session.
#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
struct Wanted {
    #[serde(default)]
    session_parameters: Option<BTreeMap<String, Scalar>>,
}

/// Who sends a login.
struct Sender {
    address: SocketAddr,
    origin: Origin,
}

/// `POST /session/v1/login-request`
pub(super) async fn login(
    State(account): State<Arc<Account>>,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    Query(parameters): Query<LoginParameters>,
    Extension(origin): Extension<Origin>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let held = match body::read(&account.body_budget, &headers, body, body::SMALL).await {
        Ok(held) => held,
        Err(refusal) => return *refusal,
    };
    let from = Sender { address: client, origin };
    match open(&account, &from, &parameters, &held).await {
        Ok(session) => respond(success(login_data(&account, &session))),
        Err(refusal) => *refusal,
    }
}

/// An error code and a message.
type Refusal = (&'static str, String);

async fn open(
    account: &Account,
    from: &Sender,
    login: &LoginParameters,
    held: &Held,
) -> Result<Arc<Session>, Box<Response>> {
    let LoginRequest { data: client } = held.json::<LoginRequest<Credentials>>()?;
    let mut state = authenticated(account, from, &client).await.map_err(refused)?;
    apply(account, &mut state, login).map_err(refused)?;
    // The rest of the request is parsed only for a client that may log in.
    let LoginRequest { data: wanted } = held.json::<LoginRequest<Wanted>>()?;
    for (name, value) in wanted.session_parameters.unwrap_or_default() {
        let value = match value {
            Scalar::Boolean(flag) => Value::Boolean(flag),
            Scalar::Number(number) => Value::Number(number),
            Scalar::Text(text) => Value::Text(text),
            Scalar::Null | Scalar::Other | Scalar::Object => continue,
        };
        state.parameters.insert(name.to_uppercase(), value);
    }
    Ok(account.sessions.open(state, shape(&client)))
}

fn refused((code, message): Refusal) -> Box<Response> {
    Box::new(respond(failure(code, &message)))
}

async fn authenticated(
    account: &Account,
    from: &Sender,
    client: &Credentials,
) -> Result<SessionState, Refusal> {
    let known = [ACCOUNT, IDENTIFIER, "spcs.local"];
    let name = client.account_name.text().unwrap_or_default();
    // Connectors shorten `organisation.account` to its first part.
    if !known.iter().any(|known| known.eq_ignore_ascii_case(name))
        && !name.eq_ignore_ascii_case(ORGANISATION)
    {
        let message = format!("Account '{name}' is unknown; this one is '{IDENTIFIER}'.");
        return Err(("390100", message));
    }
    let authenticator = client.authenticator.text().unwrap_or_default();
    match authenticator.to_uppercase().as_str() {
        "" | "SNOWFLAKE" if from.origin != Origin::Host => {
            let message = "Containers log in with AUTHENTICATOR 'OAUTH' and their service's token.";
            Err(("390139", message.to_owned()))
        }
        "" | "SNOWFLAKE" => {
            let name = client.login_name.text().unwrap_or_default();
            let password = client.password.text().unwrap_or_default();
            match account.check_password(Some(from.address), name, password).await {
                Ok(user) => Ok(user_session(account, user)),
                Err(error @ LoginError::Wrong) => Err(("390100", error.to_string())),
                Err(error @ LoginError::Locked(_)) => Err(("390102", error.to_string())),
            }
        }
        // A token is valid only in the containers of its service.
        "OAUTH" => service_session(account, client.token.text().unwrap_or_default())
            .filter(|session| from.origin.admits(&session.identity))
            .ok_or_else(|| ("390303", "Invalid OAuth access token.".to_owned())),
        other => {
            let message =
                format!("Authenticator '{other}' is not supported by the local platform.");
            Err(("390139", message))
        }
    }
}

/// How this client expects to transfer files.
fn shape(client: &Credentials) -> TransferShape {
    let name = client.client_app_id.text().unwrap_or_default();
    let version = client.client_app_version.text().unwrap_or_default();
    let mut numbers = version.split('.').map(|part| part.parse().unwrap_or_default());
    let version: (u32, u32) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    let capable = client.client_capabilities == Scalar::Object;
    match name {
        _ if capable => TransferShape::Token,
        "" | "spcs-xtask" => TransferShape::Token,
        "PythonConnector" if version >= (5, 0) => TransferShape::Token,
        "PythonConnector" | "PythonSnowpark" | "SNOWFLAKE_CLI" => TransferShape::Classic,
        // Earlier ones use an access token only with TLS.
        "JavaScript" if version >= (3, 1) => TransferShape::Token,
        _ => TransferShape::Presigned,
    }
}

fn user_session(account: &Account, user: String) -> SessionState {
    account.catalog.read(|state| {
        let (role, secondary) = Account::defaults(state, &user);
        let object = state.account_object(Kind::User, &user);
        let named = |property: &str| object.and_then(|object| object.reference(property));
        let namespace = named("DEFAULT_NAMESPACE").map_or_else(Namespace::default, |name| {
            Namespace { database: name.0.first().cloned(), schema: name.0.get(1).cloned() }
        });
        let warehouse = named("DEFAULT_WAREHOUSE").map(|name| name.last().to_owned());
        SessionState {
            identity: Identity::User(user),
            role,
            secondary,
            namespace,
            warehouse,
            parameters: Default::default(),
            last_query: None,
        }
    })
}

/// A session for a container: it acts as its service, with the role that owns the service.
fn service_session(account: &Account, token: &str) -> Option<SessionState> {
    let (path, role) = account.service_of_token(token)?;
    let namespace = Namespace { database: Some(path[0].clone()), schema: Some(path[1].clone()) };
    Some(SessionState {
        identity: Identity::Service(path),
        role,
        secondary: false,
        namespace,
        warehouse: None,
        parameters: Default::default(),
        last_query: None,
    })
}

/// Applies the parameters of a login. A role that is not granted is an error; other names that do
/// not exist are ignored, as Snowflake does.
fn apply(
    account: &Account,
    session: &mut SessionState,
    login: &LoginParameters,
) -> Result<(), Refusal> {
    let folded = |text: &str| parse_name(text).ok().map(|name| name.last().to_owned());
    account.catalog.read(|state| {
        if let Some(role) = folded(&login.role_name) {
            let held = state.roles_of(&session.identity);
            if !held.contains(&role) || state.account_object(Kind::Role, &role).is_none() {
                return Err((
                    "390189",
                    format!(
                        "Role '{role}' specified in the connect string does not exist or not \
                         authorized. Contact your local system administrator, or attempt to \
                         login with another role, e.g. PUBLIC."
                    ),
                ));
            }
            session.role = role;
        }
        let actor = state.actor(&session.identity, &session.role, session.secondary);
        if let Some(name) = folded(&login.warehouse)
            && state.visible(&actor, Kind::Warehouse, std::slice::from_ref(&name)).is_some()
        {
            session.warehouse = Some(name);
        }
        if let Some(database) = folded(&login.database_name)
            && state.visible(&actor, Kind::Database, std::slice::from_ref(&database)).is_some()
        {
            let schema = Some("PUBLIC".to_owned());
            session.namespace = Namespace { database: Some(database), schema };
        }
        if let (Some(schema), Some(database)) =
            (folded(&login.schema_name), session.namespace.database.clone())
        {
            let path = [database, schema.clone()];
            if state.visible(&actor, Kind::Schema, &path).is_some() {
                session.namespace.schema = Some(schema);
            }
        }
        Ok(())
    })
}

fn login_data(account: &Account, session: &Session) -> Json {
    let (tokens, state) = (session.tokens(), session.state());
    json!({
        "token": tokens.session,
        "masterToken": tokens.master,
        "validityInSeconds": account.timing.session_validity.as_secs(),
        "masterValidityInSeconds": account.timing.master_validity.as_secs(),
        "displayUserName": state.identity.name(),
        "serverVersion": VERSION,
        "firstLogin": false,
        "remMeToken": null,
        "remMeValidityInSeconds": 0,
        "healthCheckInterval": 45,
        "newClientForUpgrade": null,
        "sessionId": session.id,
        "parameters": parameters(&state),
        "sessionInfo": {
            "databaseName": state.namespace.database,
            "schemaName": state.namespace.schema,
            "warehouseName": state.warehouse,
            "roleName": state.role,
        },
        "idToken": null,
        "idTokenValidityInSeconds": 0,
        "responseData": null,
        "mfaToken": null,
        "mfaTokenValidityInSeconds": 0,
    })
}
