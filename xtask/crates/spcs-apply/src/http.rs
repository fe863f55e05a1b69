//! The HTTP client for requests that the connector and the registry client cannot make.

use std::net::IpAddr;
use std::time::Duration;

/// The timeout of a connection attempt.
pub(crate) const CONNECT: Duration = Duration::from_secs(20);

/// Whether a host name or `host:port` refers to this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_matches(['[', ']']);
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A client for a host. Requests to this machine use no proxy.
pub(crate) fn client(host: &str) -> reqwest::Result<reqwest::Client> {
    let builder = reqwest::Client::builder().connect_timeout(CONNECT);
    if is_loopback(host) { builder.no_proxy().build() } else { builder.build() }
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn loopback_names_and_addresses_are_recognized() {
        let local = ["127.0.0.1:8462", "localhost", "a.localhost:80", "[::1]:5000", "[::1]"];
        assert!(local.iter().all(|host| is_loopback(host)));
        assert!(!is_loopback("org-acct.registry.snowflakecomputing.com"));
        assert!(!is_loopback("localhost.example.com"));
    }
}
