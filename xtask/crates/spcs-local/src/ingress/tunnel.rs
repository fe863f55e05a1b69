//! Upgraded connections, WebSockets above all: bytes go through untouched until either side ends
//! or nothing passes for too long.

use std::io;

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, split};

use super::activity::Activity;

const BUFFER: usize = 16 * 1024;

/// Joins both sides as soon as each has switched.
pub(crate) fn open(client: OnUpgrade, container: OnUpgrade, activity: Activity) {
    tokio::spawn(async move {
        let (client, container) = match tokio::try_join!(client, container) {
            Ok(sides) => sides,
            Err(error) => {
                tracing::debug!("ingress: an upgrade was agreed but did not happen: {error}");
                return;
            }
        };
        let (from_client, to_client) = split(TokioIo::new(client));
        let (from_container, to_container) = split(TokioIo::new(container));
        activity.touch();
        let passing = async {
            tokio::try_join!(
                pass(from_client, to_container, &activity),
                pass(from_container, to_client, &activity),
            )
        };
        tokio::select! {
            ended = passing => if let Err(error) = ended {
                tracing::debug!("ingress: a tunnel broke: {error}");
            },
            () = activity.lapsed() => tracing::debug!("ingress: an idle tunnel was closed"),
        }
    });
}

async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    activity: &Activity,
) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    loop {
        let count = from.read(&mut buffer).await?;
        if count == 0 {
            return to.shutdown().await;
        }
        to.write_all(&buffer[..count]).await?;
        to.flush().await?;
        activity.touch();
    }
}
