//! Properties put onto an object, and what must hold of them afterwards.

use super::Executor;
use crate::catalog::{ADMIN, FAMILIES, Object, PoolRecord, State};
use crate::kind::Kind;
use crate::password::PasswordHash;
use crate::sql::{ObjectName, Properties, SqlError, Value, parse_name};

/// SPCS's limits: nodes of an account, hosts of an external access integration.
const MOST_NODES: i64 = 120;
const MOST_HOSTS: usize = 100;

/// Sets properties; the comment and a password go to their own places.
pub(super) fn set(object: &mut Object, properties: Properties) {
    for (name, value) in properties {
        match (name.as_str(), value) {
            ("COMMENT", value) => object.comment = value.shown(),
            ("PASSWORD", value) => object.password = Some(PasswordHash::new(&value.shown())),
            ("WAREHOUSE_SIZE", value) => {
                let size = value.shown().replace('-', "");
                let size = match size.as_str() {
                    "XXLARGE" | "X2LARGE" | "2XLARGE" => "2X-Large",
                    "XXXLARGE" | "X3LARGE" | "3XLARGE" => "3X-Large",
                    "X4LARGE" | "4XLARGE" => "4X-Large",
                    "XLARGE" => "X-Large",
                    "LARGE" => "Large",
                    "MEDIUM" => "Medium",
                    "SMALL" => "Small",
                    _ => "X-Small",
                };
                object.properties.insert(name, Value::Text(size.to_owned()));
            }
            ("INITIALLY_SUSPENDED", value) => {
                let suspended = value.boolean().unwrap_or(false);
                object.suspended = suspended;
                if let Some(pool) = &mut object.pool {
                    pool.suspended = suspended;
                }
            }
            (_, value) => {
                object.properties.insert(name, value);
            }
        }
    }
}

/// Sets just these properties, as CREATE OR ALTER does with an object that is there. What is
/// decided at creation stays: the encryption, and whether it began suspended.
pub(super) fn replace(object: &mut Object, mut properties: Properties) -> Result<(), SqlError> {
    object.comment.clear();
    let encryption = std::mem::take(&mut object.properties).remove_entry("ENCRYPTION");
    properties.retain(|(name, _)| name != "INITIALLY_SUSPENDED");
    set(object, properties);
    let wanted = object.properties.get("ENCRYPTION");
    if wanted.is_some() && wanted != encryption.as_ref().map(|(_, value)| value) {
        return Err(SqlError::unsupported("ENCRYPTION of what is there already"));
    }
    object.properties.extend(encryption);
    Ok(())
}

/// Takes properties away.
pub(super) fn unset(object: &mut Object, names: &[String]) {
    for name in names {
        match name.as_str() {
            "COMMENT" => object.comment.clear(),
            "PASSWORD" => object.password = None,
            name => {
                object.properties.remove(name);
            }
        }
    }
}

/// What a new object of a kind has before its properties are set.
pub(super) fn prepare(object: &mut Object) {
    if object.kind == Kind::ComputePool {
        object.pool = Some(PoolRecord { suspended: false, resumed: object.created });
    }
}

/// `Missing option(s): [A, B]`.
fn needs(object: &Object, names: &[&str]) -> Result<(), SqlError> {
    let missing: Vec<&str> =
        names.iter().copied().filter(|name| !object.properties.contains_key(*name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!("SQL compilation error:\nMissing option(s): [{}]", missing.join(", "));
    Err(SqlError::new("002029", "42601", message))
}

impl Executor {
    /// Checks an object after CREATE or ALTER.
    pub(super) fn check(&self, state: &State, object: &mut Object) -> Result<(), SqlError> {
        match object.kind {
            Kind::User => check_login_name(state, object),
            Kind::ComputePool => check_pool(object),
            Kind::NetworkRule => check_rule(object),
            Kind::SecurityIntegration => needs(object, &["TYPE", "OAUTH_CLIENT", "ENABLED"]),
            Kind::ExternalAccessIntegration => {
                needs(object, &["ALLOWED_NETWORK_RULES", "ENABLED"])?;
                self.check_rules_exist(state, object)
            }
            _ => Ok(()),
        }
    }

    fn check_rules_exist(&self, state: &State, object: &mut Object) -> Result<(), SqlError> {
        if let Some(secrets) = object.properties.get("ALLOWED_AUTHENTICATION_SECRETS")
            && let Some(secret) = secrets.list().first().filter(|name| *name != "NONE")
        {
            return Err(SqlError::missing("Secret", secret));
        }
        let Some(Value::List(names)) = object.properties.get("ALLOWED_NETWORK_RULES") else {
            return Ok(());
        };
        let (namespace, actor) = (self.session_state().namespace, self.actor(state));
        let mut full = Vec::new();
        let mut hosts = 0;
        for name in names {
            let path = namespace.resolve(Kind::NetworkRule, &parse_name(name)?)?;
            let rule = state
                .visible(&actor, Kind::NetworkRule, &path)
                .ok_or_else(|| SqlError::missing("Network Rule", name))?;
            hosts += rule.properties.get("VALUE_LIST").map_or(0, |hosts| hosts.list().len());
            full.push(ObjectName(rule.path.clone()).sql());
        }
        if hosts > MOST_HOSTS {
            return Err(SqlError::invalid(format!(
                "an external access integration takes at most {MOST_HOSTS} hosts; its network \
                 rules have {hosts}."
            )));
        }
        object.properties.insert("ALLOWED_NETWORK_RULES".to_owned(), Value::List(full));
        Ok(())
    }
}

/// A login name leads to one user.
fn check_login_name(state: &State, user: &Object) -> Result<(), SqlError> {
    let login = |user: &Object| user.shown("LOGIN_NAME", user.name());
    let name = login(user);
    if user.name() == ADMIN && (!name.eq_ignore_ascii_case(ADMIN) || user.flag("DISABLED", false)) {
        return Err(SqlError::invalid(format!(
            "user '{ADMIN}' is how this platform is reached: it keeps its login name and is not \
             disabled."
        )));
    }
    let mut others = state.all(Kind::User).into_iter().filter(|other| other.path != user.path);
    match others.find(|other| login(other).eq_ignore_ascii_case(&name)) {
        Some(_) => Err(SqlError::exists(&name)),
        None => Ok(()),
    }
}

fn check_pool(object: &Object) -> Result<(), SqlError> {
    needs(object, &["MIN_NODES", "MAX_NODES", "INSTANCE_FAMILY"])?;
    let family = object.shown("INSTANCE_FAMILY", "");
    if !FAMILIES.iter().any(|known| known.name == family) {
        return Err(SqlError::invalid(format!(
            "invalid value '{family}' for property 'INSTANCE_FAMILY': SHOW COMPUTE POOL \
             INSTANCE FAMILIES lists those that are available."
        )));
    }
    let (low, high) = (object.number("MIN_NODES", 1), object.number("MAX_NODES", 1));
    if low < 1 || high < low || high > MOST_NODES {
        return Err(SqlError::invalid(format!(
            "invalid value for MIN_NODES ({low}) or MAX_NODES ({high}): MIN_NODES is at least 1, \
             MAX_NODES is not below it, and an account has {MOST_NODES} nodes."
        )));
    }
    Ok(())
}

fn check_rule(object: &Object) -> Result<(), SqlError> {
    needs(object, &["TYPE", "VALUE_LIST"])?;
    if object.shown("TYPE", "") != "HOST_PORT" {
        return Ok(());
    }
    if object.shown("MODE", "INGRESS") != "EGRESS" {
        return Err(SqlError::invalid("network rules of TYPE HOST_PORT have MODE = EGRESS."));
    }
    let values = object.properties.get("VALUE_LIST").map(Value::list).unwrap_or_default();
    for value in values {
        let (host, port) = match value.rsplit_once(':') {
            Some((host, port)) => (host, port.parse::<u16>().ok()),
            None => (value.as_str(), Some(443)),
        };
        let allowed = match port {
            Some(80 | 443) => true,
            Some(22 | 1024..) => host != "0.0.0.0",
            _ => false,
        };
        if !allowed || host.is_empty() || host.contains(['*', '/']) {
            return Err(SqlError::invalid(format!(
                "invalid network rule value '{value}': a host name without wildcards and a port \
                 of 22, 80, 443 or from 1024 on; 0.0.0.0 only with 80 or 443."
            )));
        }
    }
    Ok(())
}
