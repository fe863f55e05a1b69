//! Which platform answers on a port, if one does.

use std::path::{Path, PathBuf};
use std::time::Duration;

use spcs_local::{IDENTITY_PATH, PlatformIdentity};

/// What comes back from where a platform should be.
#[derive(Debug, PartialEq)]
pub(super) enum Answer {
    /// A platform with this state directory.
    Platform(PathBuf),
    /// Something accepts the connection and says nothing: it is busy, or was stopped.
    Silence,
    /// Nothing listens there, or something that is no platform.
    None,
}

impl Answer {
    pub(super) fn is_of(&self, state_dir: &Path) -> bool {
        matches!(self, Self::Platform(of) if of == state_dir)
    }
}

/// Asks who is at a platform's URL, and waits for the answer as long as `limit`.
pub(super) async fn ask(url: &str, limit: Duration) -> Answer {
    let ask = || async {
        let client = reqwest::Client::builder().no_proxy().timeout(limit).build()?;
        let answer = client.get(format!("{url}{IDENTITY_PATH}")).send().await?;
        answer.error_for_status()?.json::<PlatformIdentity>().await
    };
    match ask().await {
        Ok(identity) => Answer::Platform(identity.state_dir),
        Err(error) if error.is_timeout() => Answer::Silence,
        Err(_) => Answer::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_busy_platform_is_told_from_a_missing_one() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        assert_eq!(ask(&url, Duration::from_millis(50)).await, Answer::Silence);
        drop(listener);
        assert_eq!(ask(&url, Duration::from_secs(5)).await, Answer::None);
    }
}
