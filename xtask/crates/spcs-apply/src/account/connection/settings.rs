//! Reads a connection's settings as the Snowflake CLI does. In ascending order of precedence:
//! config.toml, connections.toml (whose connections replace those of config.toml),
//! `SNOWFLAKE_<KEY>`, `SNOWFLAKE_CONNECTIONS_<NAME>_<KEY>`.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::ConnectionError;

/// The settings that this crate uses.
const KEYS: [&str; 15] = [
    "account",
    "user",
    "password",
    "host",
    "port",
    "protocol",
    "authenticator",
    "private_key_file",
    "private_key_path",
    "private_key_raw",
    "private_key_passphrase",
    "role",
    "warehouse",
    "token",
    "token_file_path",
];

/// The settings of one connection.
pub(super) struct Settings {
    pub(super) name: String,
    values: BTreeMap<&'static str, String>,
}

/// Looks up an environment variable.
pub(super) type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Settings {
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub(super) fn require(&self, key: &'static str) -> Result<&str, ConnectionError> {
        self.get(key).ok_or_else(|| ConnectionError::Missing {
            name: self.name.clone(),
            key,
            variable: self.name.to_uppercase(),
        })
    }
}

/// Reads the settings of a connection; without a name, those of the default one.
pub(super) fn read(name: Option<&str>, env: Env<'_>) -> Result<Settings, ConnectionError> {
    let folder = folder(env);
    let config = table(&folder.join("config.toml"))?;
    let own = table(&folder.join("connections.toml"))?;
    let name = name
        .map(str::to_owned)
        .or_else(|| env("SNOWFLAKE_DEFAULT_CONNECTION_NAME"))
        .or_else(|| config.get("default_connection_name")?.as_str().map(str::to_owned))
        .unwrap_or_else(|| "default".to_owned());
    let connections = match own.is_empty() {
        false => own,
        true => match config.get("connections") {
            Some(Value::Table(connections)) => connections.clone(),
            _ => Table::new(),
        },
    };
    let in_file = connections.get(&name).and_then(Value::as_table);
    let variable = name.to_uppercase();
    let mut values = BTreeMap::new();
    let mut named = in_file.is_some();
    for key in KEYS {
        let upper = key.to_uppercase();
        let own = env(&format!("SNOWFLAKE_CONNECTIONS_{variable}_{upper}"));
        named |= own.is_some();
        let value = own
            .or_else(|| env(&format!("SNOWFLAKE_{upper}")))
            .or_else(|| in_file?.get(key).map(text));
        if let Some(value) = value {
            values.insert(key, value);
        }
    }
    // The default connection may be defined by `SNOWFLAKE_ACCOUNT` and similar variables alone.
    let enough = named || (name == "default" && values.contains_key("account"));
    if !enough {
        let names: Vec<_> = connections.keys().map(String::as_str).collect();
        let known = match names.is_empty() {
            true => format!("{} names none", folder.display()),
            false => format!("there are {}", names.join(", ")),
        };
        return Err(ConnectionError::Unknown { name, known, variable });
    }
    Ok(Settings { name, values })
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn folder(env: Env<'_>) -> PathBuf {
    if let Some(home) = env("SNOWFLAKE_HOME") {
        return PathBuf::from(home);
    }
    let home = PathBuf::from(env("HOME").unwrap_or_default());
    let common = home.join(".snowflake");
    let own = if cfg!(target_os = "macos") {
        home.join("Library/Application Support/snowflake")
    } else {
        env("XDG_CONFIG_HOME").map_or_else(|| home.join(".config"), PathBuf::from).join("snowflake")
    };
    if common.is_dir() || !own.is_dir() { common } else { own }
}

/// The content of a TOML file; empty if the file does not exist.
fn table(path: &Path) -> Result<Table, ConnectionError> {
    let failed = |problem: String| ConnectionError::File { path: path.to_owned(), problem };
    let meta = match fs_err::metadata(path) {
        Ok(meta) => meta,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Table::new()),
        Err(error) => return Err(error.into()),
    };
    let mode = meta.permissions().mode();
    if mode & 0o022 != 0 {
        return Err(ConnectionError::Permissions { path: path.to_owned() });
    }
    if mode & 0o044 != 0 {
        tracing::warn!(path = %path.display(), "others can read this file; chmod 600 keeps its secrets");
    }
    let text = fs_err::read_to_string(path)?;
    // The parser's full message quotes the line, which may contain a password.
    text.parse::<Table>().map_err(|error| failed(format!("not TOML: {}", error.message())))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Home {
        folder: tempfile::TempDir,
        variables: BTreeMap<String, String>,
    }

    impl Home {
        fn new(variables: &[(&str, &str)]) -> Home {
            let folder = tempfile::tempdir().unwrap();
            let own = |(name, value): &(&str, &str)| (name.to_string(), value.to_string());
            let mut variables: BTreeMap<_, _> = variables.iter().map(own).collect();
            variables.insert("SNOWFLAKE_HOME".to_owned(), folder.path().display().to_string());
            Home { folder, variables }
        }

        fn file(self, name: &str, text: &str, mode: u32) -> Home {
            let path = self.folder.path().join(name);
            fs_err::write(&path, text).unwrap();
            fs_err::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
            self
        }

        fn read(&self, name: Option<&str>) -> Result<Settings, ConnectionError> {
            read(name, &|variable| self.variables.get(variable).cloned())
        }
    }

    const CONFIG: &str = "default_connection_name = 'dev'\n[connections.dev]\naccount = 'config'\n\
                          user = 'config'\nrole = 'config'\nwarehouse = 'config'\nport = 8462\n";

    #[test]
    fn variables_override_files_and_variables_of_the_connection_override_both() {
        let home = Home::new(&[
            ("SNOWFLAKE_ROLE", "general"),
            ("SNOWFLAKE_USER", "general"),
            ("SNOWFLAKE_CONNECTIONS_DEV_USER", "named"),
        ])
        .file("config.toml", CONFIG, 0o600);
        let settings = home.read(None).unwrap_or_else(|error| panic!("{error}"));
        let get = |key| settings.get(key).unwrap();
        assert_eq!(
            [get("account"), get("role"), get("user"), get("port")],
            ["config", "general", "named", "8462"]
        );
    }

    #[test]
    fn connections_toml_replaces_the_connections_of_config_toml() {
        let home = Home::new(&[]).file("config.toml", CONFIG, 0o600).file(
            "connections.toml",
            "[prod]\naccount = 'own'\n",
            0o600,
        );
        assert_eq!(home.read(Some("prod")).ok().unwrap().get("account"), Some("own"));
        let error = home.read(None).err().unwrap().to_string();
        assert!(error.contains("no connection \"dev\"; there are prod"), "{error}");
    }

    #[test]
    fn a_file_writable_by_others_is_rejected_and_an_invalid_line_is_not_shown() {
        let home = Home::new(&[]).file("config.toml", CONFIG, 0o620);
        assert!(matches!(home.read(None), Err(ConnectionError::Permissions { .. })));
        let home = Home::new(&[]).file("connections.toml", "[a]\npassword = hunter2\n", 0o600);
        let error = home.read(Some("a")).err().unwrap().to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn an_unreadable_file_is_an_error() {
        let home = Home::new(&[]).file("file", "", 0o600);
        let below = home.folder.path().join("file").display().to_string();
        let env = |name: &str| (name == "SNOWFLAKE_HOME").then(|| below.clone());
        let error = read(Some("a"), &env).err().unwrap().to_string();
        assert!(error.contains("config.toml`"), "{error}");
    }

    #[test]
    fn variables_alone_define_the_default_connection() {
        let home = Home::new(&[("SNOWFLAKE_ACCOUNT", "a")]);
        assert!(home.read(None).is_ok());
        assert!(home.read(Some("other")).is_err());
    }
}
