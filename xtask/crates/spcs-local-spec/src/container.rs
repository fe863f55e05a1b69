//! Containers in a specification: image, command, environment, probes, mounts, resources.

use std::time::Duration;

use crate::error::SpecError;
use crate::fields::Field;
use crate::image::ImagePath;
use crate::resources::Resources;
use crate::{image, names, node, resources};

/// One container in a service instance.
#[derive(Debug, Clone, PartialEq)]
pub struct Container {
    pub name: String,
    pub image: ImagePath,
    /// Overrides the image's ENTRYPOINT.
    pub command: Option<Vec<String>>,
    /// Overrides the image's CMD.
    pub args: Option<Vec<String>>,
    /// Environment variables, in the order of the specification.
    pub env: Vec<(String, String)>,
    /// The container is READY once this probe succeeds; `None`: as soon as it runs.
    pub readiness: Option<Probe>,
    /// The container is restarted when this probe fails.
    pub liveness: Option<Probe>,
    pub mounts: Vec<VolumeMount>,
    pub resources: Resources,
    /// Whether and where the session token is mounted.
    pub token: SessionToken,
}

/// An HTTP health check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// The container port.
    pub port: u16,
    pub path: String,
    /// The interval between checks.
    pub period: Duration,
    /// How many checks must fail in a row before the probe fails.
    pub failure_threshold: u32,
}

/// A volume mounted into a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeMount {
    /// The volume's name.
    pub volume: String,
    /// The absolute path in the container.
    pub path: String,
}

/// How the service's OAuth token is mounted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionToken {
    pub mounted: bool,
    /// The directory of the file `token`.
    pub directory: String,
    /// The file's permission bits.
    pub mode: u32,
}

pub(crate) fn read(field: Field) -> Result<Container, SpecError> {
    let mut fields = field.mapping()?;
    let name = names::name(&fields.require("name")?)?;
    let image = image::read(&fields.require("image")?)?;
    let command = fields.take("command").map(Field::texts).transpose()?;
    let args = fields.take("args").map(Field::texts).transpose()?;
    let env = match fields.take("env") {
        None => Vec::new(),
        Some(field) => environment(field)?,
    };
    let readiness = probe(fields.take("readinessProbe"), 5)?;
    let liveness = probe(fields.take("livenessProbe"), 10)?;
    let mounts = match fields.take("volumeMounts") {
        None => Vec::new(),
        Some(field) => mounts(field)?,
    };
    let resources = resources::read(fields.take("resources"))?;
    let mounted =
        fields.take("mountSessionToken").map(|field| field.boolean()).transpose()?.unwrap_or(true);
    let token = session_token(mounted, fields.take("sessionTokenConfig"))?;
    fields.reject(&["secrets"])?;
    fields.finish()?;
    Ok(Container { name, image, command, args, env, readiness, liveness, mounts, resources, token })
}

fn environment(field: Field) -> Result<Vec<(String, String)>, SpecError> {
    let mut env = Vec::new();
    for (key, value) in field.mapping()?.into_entries() {
        let fits = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && key.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
        if !fits {
            return Err(value.error(format!("'{key}' is not a valid environment variable name")));
        }
        let text = match value.node.value {
            node::Value::Null => String::new(),
            _ => value.text()?,
        };
        env.push((key, text));
    }
    Ok(env)
}

fn probe(field: Option<Field>, default_period: u64) -> Result<Option<Probe>, SpecError> {
    let Some(field) = field else { return Ok(None) };
    let mut fields = field.mapping()?;
    let port = fields.require("port")?.port()?;
    let path_field = fields.require("path")?;
    let path = path_field.text()?;
    if !path.starts_with('/') || path.chars().any(|c| c.is_ascii_control() || c == ' ') {
        return Err(path_field.error(format!("{} must start with '/'", path_field.path)));
    }
    let mut number = |name: &str, default: u64| -> Result<u64, SpecError> {
        fields.take(name).map_or(Ok(default), |field| field.integer(1..=3600))
    };
    let period = number("periodSeconds", default_period)?;
    let threshold = number("failureThreshold", 3)?;
    fields.finish()?;
    Ok(Some(Probe {
        port,
        path,
        period: Duration::from_secs(period),
        failure_threshold: u32::try_from(threshold).expect("the range ends at 3600"),
    }))
}

fn mounts(field: Field) -> Result<Vec<VolumeMount>, SpecError> {
    let mut mounts: Vec<VolumeMount> = Vec::new();
    for item in field.sequence()? {
        let mut fields = item.mapping()?;
        let volume = names::name(&fields.require("name")?)?;
        let path_field = fields.require("mountPath")?;
        let path = path_field.text()?;
        let fits = path.starts_with('/')
            && !path.trim_matches('/').is_empty()
            && !path.contains([':', ','])
            && !path.split('/').any(|part| part == "..");
        if !fits {
            return Err(path_field
                .error(format!("{} must be an absolute path, not '{path}'", path_field.path)));
        }
        if mounts.iter().any(|mount| mount.path == path) {
            return Err(path_field.error(format!("duplicate mountPath '{path}'")));
        }
        fields.finish()?;
        mounts.push(VolumeMount { volume, path });
    }
    Ok(mounts)
}

fn session_token(mounted: bool, config: Option<Field>) -> Result<SessionToken, SpecError> {
    let mut token =
        SessionToken { mounted, directory: "/snowflake/session".to_owned(), mode: 0o644 };
    let Some(config) = config else { return Ok(token) };
    let mut fields = config.mapping()?;
    if let Some(field) = fields.take("path") {
        let path = field.text()?;
        if !path.starts_with('/') || path.trim_matches('/').is_empty() || path.contains([':', ','])
        {
            return Err(field.error(format!("{} must be an absolute path", field.path)));
        }
        token.directory = path.trim_end_matches('/').to_owned();
    }
    if let Some(field) = fields.take("permission") {
        let text = field.text()?;
        token.mode = u32::from_str_radix(&text, 8)
            .ok()
            .filter(|mode| *mode <= 0o777)
            .ok_or_else(|| field.error(format!("{} must be octal, e.g. \"0644\"", field.path)))?;
    }
    if let Some(field) = fields.take("mountConnectionConfig")
        && field.boolean()?
    {
        return Err(field.unsupported());
    }
    fields.finish()?;
    Ok(token)
}
