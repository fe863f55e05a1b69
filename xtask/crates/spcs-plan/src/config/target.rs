//! The targets of a deployment: `[target.<name>]`.

use std::fmt;
use std::num::NonZeroU16;
use std::path::{Component, Path};

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, Visitor};

/// A target. Its keys depend on its `kind`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Local(LocalTarget),
    Snowflake(SnowflakeTarget),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    Local,
    Snowflake,
}

/// The local platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalTarget {
    /// The port that the platform listens on.
    pub port: Port,
    /// The directory of its state, relative to the project.
    pub state_dir: String,
    /// The container engine that runs its services and builds its images.
    pub engine: Engine,
    /// The file of the user's password, relative to the project.
    pub password_file: Option<String>,
}

/// The port of a local platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Port {
    Fixed(NonZeroU16),
    /// A free port, chosen when the platform starts for the first time.
    Auto,
}

/// A Snowflake account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnowflakeTarget {
    /// A connection of `~/.snowflake/connections.toml` or `config.toml`. If missing, the default one.
    pub connection: Option<String>,
    /// The container engine that builds its images.
    pub engine: Engine,
    /// The file of the user's password, relative to the project.
    pub password_file: Option<String>,
}

impl Target {
    pub fn kind(&self) -> TargetKind {
        match self {
            Self::Local(_) => TargetKind::Local,
            Self::Snowflake(_) => TargetKind::Snowflake,
        }
    }

    pub fn engine(&self) -> Engine {
        match self {
            Self::Local(local) => local.engine,
            Self::Snowflake(snowflake) => snowflake.engine,
        }
    }

    /// The file of the user's password, if `spcs.toml` sets one.
    pub fn password_file(&self) -> Option<&str> {
        match self {
            Self::Local(local) => local.password_file.as_deref(),
            Self::Snowflake(snowflake) => snowflake.password_file.as_deref(),
        }
    }
}

impl TargetKind {
    /// As written in `spcs.toml`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Snowflake => "snowflake",
        }
    }
}

/// A container engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    /// The first one that works.
    #[default]
    Auto,
    Podman,
    Docker,
}

/// The keys of all kinds in one struct: an internally tagged enum would lose the lines of errors.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    kind: TargetKind,
    port: Option<Port>,
    state_dir: Option<String>,
    connection: Option<String>,
    #[serde(default)]
    engine: Engine,
    password_file: Option<String>,
}

/// The port if `spcs.toml` sets none.
const DEFAULT_PORT: Port = match NonZeroU16::new(8462) {
    Some(port) => Port::Fixed(port),
    None => Port::Auto,
};

impl<'de> Deserialize<'de> for Port {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PortVisitor;

        impl Visitor<'_> for PortVisitor {
            type Value = Port;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a port from 1 to 65535, or \"auto\"")
            }

            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Port, E> {
                let port = u16::try_from(number).ok().and_then(NonZeroU16::new);
                port.map(Port::Fixed)
                    .ok_or_else(|| E::invalid_value(serde::de::Unexpected::Signed(number), &self))
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Port, E> {
                match text {
                    "auto" => Ok(Port::Auto),
                    other => Err(E::invalid_value(serde::de::Unexpected::Str(other), &self)),
                }
            }
        }

        deserializer.deserialize_any(PortVisitor)
    }
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Raw::deserialize(deserializer)?;
        let engine = raw.engine;
        let misplaced = |key: &str| {
            D::Error::custom(format!(
                "`{key}` does not apply to a target of kind `{}`",
                raw.kind.as_str()
            ))
        };
        match raw.kind {
            TargetKind::Local if raw.connection.is_some() => Err(misplaced("connection")),
            TargetKind::Local => Ok(Self::Local(LocalTarget {
                port: raw.port.unwrap_or(DEFAULT_PORT),
                state_dir: raw
                    .state_dir
                    .map_or_else(|| Ok("target/spcs/local".to_owned()), own_directory)
                    .map_err(D::Error::custom)?,
                engine,
                password_file: raw.password_file,
            })),
            TargetKind::Snowflake if raw.port.is_some() => Err(misplaced("port")),
            TargetKind::Snowflake if raw.state_dir.is_some() => Err(misplaced("state_dir")),
            TargetKind::Snowflake => Ok(Self::Snowflake(SnowflakeTarget {
                connection: raw.connection,
                engine,
                password_file: raw.password_file,
            })),
        }
    }
}

/// Checks that a path names a directory of its own, because `local reset` removes it.
fn own_directory(path: String) -> Result<String, String> {
    let mut parts = Path::new(&path).components().filter(|part| *part != Component::RootDir);
    let leads_down = parts.all(|part| matches!(part, Component::Normal(_)));
    if leads_down && !path.trim_matches('/').is_empty() {
        return Ok(path);
    }
    Err(format!(
        "`state_dir` must name a directory used by the platform only, without `.` and `..`, not `{path}`"
    ))
}
