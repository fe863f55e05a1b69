//! Identifies the platform that listens on a port, if there is one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use spcs_local::{IDENTITY_PATH, PlatformIdentity};

/// The result of asking a URL for its platform.
#[derive(Debug, PartialEq)]
pub(super) enum Answer {
    /// A platform with this state directory.
    Platform(PathBuf),
    /// A process accepts the connection but does not reply: it is busy or suspended.
    Timeout,
    /// Nothing listens there, or the listener is not a platform.
    None,
}

impl Answer {
    pub(super) fn is_from(&self, state_dir: &Path) -> bool {
        matches!(self, Self::Platform(of) if of == state_dir)
    }
}

/// Asks which platform is at a URL, and waits up to `limit` for the reply.
pub(super) async fn ask(url: &str, limit: Duration) -> Answer {
    let ask = || async {
        let client = reqwest::Client::builder().no_proxy().timeout(limit).build()?;
        let answer = client.get(format!("{url}{IDENTITY_PATH}")).send().await?;
        answer.error_for_status()?.json::<PlatformIdentity>().await
    };
    match ask().await {
        Ok(identity) => Answer::Platform(identity.state_dir),
        Err(error) if error.is_timeout() => Answer::Timeout,
        Err(_) => Answer::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_busy_platform_is_distinguished_from_a_missing_one() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        assert_eq!(ask(&url, Duration::from_millis(50)).await, Answer::Timeout);
        drop(listener);
        assert_eq!(ask(&url, Duration::from_secs(5)).await, Answer::None);
    }
}
