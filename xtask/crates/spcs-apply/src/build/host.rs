//! Reads the network settings of this machine: Debian mirror, CA bundle, pip index and proxies.
//! Unset settings are omitted.

use std::path::{Path, PathBuf};

use serde::Serialize;
use xshell::{Shell, cmd};

/// The path of the CA bundle on Debian.
pub(super) const CA_BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";

/// The proxy variables that are passed to builds.
const PROXIES: [&str; 6] =
    ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"];

/// Settings of this machine that are copied into a base image.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Host {
    /// apt sources in the one-line format.
    pub(super) apt_sources: Vec<String>,
    /// Lines of apt configuration.
    pub(super) apt_options: Vec<String>,
    /// The content of the CA bundle.
    pub(super) ca_bundle: Option<String>,
    /// The content of a pip.conf.
    pub(super) pip_conf: Option<String>,
}

/// Reads this machine's settings for a Debian suite.
pub(super) fn read(suite: &str) -> Host {
    let bundle = std::env::var("SSL_CERT_FILE").unwrap_or_else(|_| CA_BUNDLE.to_owned());
    let ca_bundle = fs_err::read_to_string(&bundle).ok();
    let env = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let mut sources = apt_sources(&apt_files(Path::new("/etc/apt")), suite);
    // A bootstrap needs the suite itself, even if the updates have a mirror.
    if !sources.iter().any(|source| source.ends_with(&format!(" {suite} main"))) {
        sources.extend(
            ["", "-updates"]
                .map(|part| format!("deb http://deb.debian.org/debian {suite}{part} main")),
        );
        sources.push(format!("deb http://deb.debian.org/debian-security {suite}-security main"));
        sources.sort();
        sources.dedup();
    }
    Host {
        apt_sources: sources,
        apt_options: apt_options(&apt_dump()),
        pip_conf: pip_conf(&pip_files(&env), &env, ca_bundle.is_some()),
        ca_bundle,
    }
}

/// Whether this machine's apt trusts the Debian archive keys.
pub(super) fn trusts_debian() -> bool {
    let keys = fs_err::read_dir("/etc/apt/trusted.gpg.d").into_iter().flatten().flatten();
    keys.map(|key| key.file_name())
        .any(|name| name.to_string_lossy().starts_with("debian-archive-"))
}

/// The output of `apt-config dump`; empty on a machine without apt.
fn apt_dump() -> String {
    let Ok(shell) = Shell::new() else { return String::new() };
    let dump = cmd!(shell, "apt-config dump").quiet().ignore_stderr().ignore_status();
    dump.read().unwrap_or_default()
}

/// The proxy variables that are set on this machine.
pub(super) fn proxies() -> impl Iterator<Item = &'static str> {
    let set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    PROXIES.into_iter().filter(set)
}

/// The path and content of each apt source file.
fn apt_files(folder: &Path) -> Vec<(String, String)> {
    let parts = fs_err::read_dir(folder.join("sources.list.d")).into_iter().flatten().flatten();
    let mut files: Vec<_> = parts.map(|entry| entry.path()).collect();
    files.push(folder.join("sources.list"));
    files.sort();
    let read = |path: &std::path::PathBuf| {
        Some((path.display().to_string(), fs_err::read_to_string(path).ok()?))
    };
    files.iter().filter_map(read).collect()
}

/// Whether a URL in this text contains credentials. They must not end up in an image or in a
/// program's arguments.
fn contains_credentials(text: &str) -> bool {
    let authorities = text.split("://").skip(1).filter_map(|rest| rest.split('/').next());
    authorities.into_iter().any(|authority| authority.contains('@'))
}

/// The mirrors for a suite, its updates and its security updates, in the one-line format. Skips
/// mirrors in this machine's file system (`file:`, `copy:`, `mirror+file:`): a container cannot
/// reach them.
fn apt_sources(files: &[(String, String)], suite: &str) -> Vec<String> {
    let wanted = [suite.to_owned(), format!("{suite}-updates"), format!("{suite}-security")];
    let mut sources = Vec::new();
    let mut add = |uri: &str, suites: &str, components: &str| {
        if !uri.starts_with("http://") && !uri.starts_with("https://") {
            return;
        }
        if contains_credentials(uri) {
            tracing::warn!(
                "a mirror in apt's sources has a password; the base image does not use it"
            );
            return;
        }
        for suite in suites.split_whitespace().filter(|suite| wanted.iter().any(|it| it == suite)) {
            if components.split_whitespace().any(|component| component == "main") {
                sources.push(format!("deb {uri} {suite} main"));
            }
        }
    };
    for (name, text) in files {
        if name.ends_with(".sources") {
            for stanza in text.split("\n\n") {
                let field = |key: &str| {
                    let mut lines = stanza.lines().filter_map(|line| line.split_once(':'));
                    lines.find(|(name, _)| *name == key).map(|(_, value)| value.trim())
                };
                let off = field("Enabled").is_some_and(|value| value.eq_ignore_ascii_case("no"));
                let (Some(uris), Some(suites)) = (field("URIs"), field("Suites")) else { continue };
                for uri in uris.split_whitespace().filter(|_| !off) {
                    add(uri, suites, field("Components").unwrap_or_default());
                }
            }
        } else {
            for line in text.lines().filter_map(|line| line.trim().strip_prefix("deb ")) {
                // Options come in brackets before the URI.
                let line = match line.trim_start().strip_prefix('[') {
                    Some(rest) => rest.split_once(']').map_or("", |(_, rest)| rest),
                    None => line,
                };
                let mut words = line.split_whitespace();
                if let (Some(uri), Some(suite)) = (words.next(), words.next()) {
                    add(uri, suite, &words.collect::<Vec<_>>().join(" "));
                }
            }
        }
    }
    sources.sort();
    sources.dedup();
    sources
}

/// The apt settings that control how the mirror is reached.
fn apt_options(dump: &str) -> Vec<String> {
    let wanted = |line: &&str| {
        let name = line.split(' ').next().unwrap_or_default().to_ascii_lowercase();
        !line.contains("\"\"")
            && (name.starts_with("acquire::http::proxy")
                || name.starts_with("acquire::https::proxy")
                || ["acquire::check-valid-until", "acquire::check-date", "acquire::retries"]
                    .contains(&name.as_str()))
    };
    let without_credentials = |line: &&str| {
        let found = contains_credentials(line);
        if found {
            tracing::warn!(
                "apt's proxy setting has a password; the base image does not use it (builds get \
                 http_proxy from the environment, and keep it nowhere)"
            );
        }
        !found
    };
    dump.lines().filter(wanted).filter(without_credentials).map(str::to_owned).collect()
}

/// The content of pip's configuration files, in ascending order of precedence. Running
/// `pip config` instead would take half a second.
fn pip_files(env: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    let home = PathBuf::from(env("HOME").unwrap_or_default());
    let config = env("XDG_CONFIG_HOME").map_or_else(|| home.join(".config"), PathBuf::from);
    let mut files = vec![
        PathBuf::from("/etc/pip.conf"),
        home.join(".pip/pip.conf"),
        config.join("pip/pip.conf"),
    ];
    files.extend(env("PIP_CONFIG_FILE").map(PathBuf::from));
    files.iter().filter_map(|file| fs_err::read_to_string(file).ok()).collect()
}

/// A pip.conf with the settings that control how packages are downloaded.
fn pip_conf(
    files: &[String],
    env: &dyn Fn(&str) -> Option<String>,
    ca_bundle: bool,
) -> Option<String> {
    let mut text = String::from("[global]\n");
    for key in ["index-url", "extra-index-url", "trusted-host"] {
        let own = env(&format!("PIP_{}", key.replace('-', "_").to_uppercase()));
        let lines = files.iter().rev().flat_map(|file| file.lines());
        let in_file =
            lines.filter_map(|line| line.split_once('=')).find(|(name, _)| name.trim() == key);
        let Some(value) = own.or_else(|| Some(in_file?.1.trim().to_owned())) else { continue };
        if contains_credentials(&value) {
            tracing::warn!("pip's {key} has a password; the base image does not use it");
            continue;
        }
        text.push_str(&format!("{key} = {}\n", value.replace('\n', " ")));
    }
    if ca_bundle {
        text.push_str(&format!("cert = {CA_BUNDLE}\n"));
    }
    (text.lines().count() > 1).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirrors_of_the_suite_are_read_from_both_formats_and_other_suites_are_ignored() {
        let files = [
            (
                "a.sources".to_owned(),
                "Types: deb\nURIs: http://mirror/debian\nSuites: bookworm bookworm-updates\n\
                 Components: main contrib\n\nTypes: deb\nURIs: https://other/x\n\
                 Suites: bookworm-pgdg\nComponents: main\n"
                    .to_owned(),
            ),
            (
                "b.list".to_owned(),
                "# deb http://off bookworm main\n\
                 deb [signed-by=/k.gpg] http://mirror/security bookworm-security main\n\
                 deb http://mirror/debian trixie main\n"
                    .to_owned(),
            ),
        ];
        assert_eq!(
            apt_sources(&files, "bookworm"),
            [
                "deb http://mirror/debian bookworm main",
                "deb http://mirror/debian bookworm-updates main",
                "deb http://mirror/security bookworm-security main",
            ]
        );
    }

    #[test]
    fn download_settings_are_copied_without_passwords() {
        let files = [
            "[global]\nindex-url = https://old/simple\n".to_owned(),
            "[global]\nindex-url = https://index/simple\ntimeout = 9\n".to_owned(),
        ];
        let env = |name: &str| {
            (name == "PIP_EXTRA_INDEX_URL").then(|| "https://me:pw@private/simple".to_owned())
        };
        assert_eq!(
            pip_conf(&files, &env, true).as_deref(),
            Some(
                "[global]\nindex-url = https://index/simple\n\
                 cert = /etc/ssl/certs/ca-certificates.crt\n"
            )
        );
        assert_eq!(pip_conf(&[], &|_| None, false), None);
        let dump = "Acquire::http::Proxy \"http://proxy:3128\";\nAcquire::cdrom::mount \"/cd/\";\n\
                    Acquire::https::Proxy \"http://me:pw@proxy:3128/\";\n";
        assert_eq!(apt_options(dump), ["Acquire::http::Proxy \"http://proxy:3128\";"]);
    }

    #[test]
    fn mirrors_in_local_files_or_with_credentials_are_skipped() {
        let lines = "deb file:/srv/debian bookworm main\n\
                     deb mirror+file:/etc/apt/mirrors/debian.list bookworm main\n\
                     deb copy:/srv/debian bookworm main\n\
                     deb https://me:pw@mirror/debian bookworm main\n\
                     deb https://mirror/debian bookworm main\n";
        let files = [("a.list".to_owned(), lines.to_owned())];
        assert_eq!(apt_sources(&files, "bookworm"), ["deb https://mirror/debian bookworm main"]);
    }
}
