//! Upgraded connections such as WebSockets: copies bytes in both directions until both sides close,
//! the idle timeout expires, or the user's session ends.

use std::io;

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, split};
use tokio_util::sync::CancellationToken;

use super::activity::Activity;

const BUFFER: usize = 16 * 1024;

/// Connects both sides once both have upgraded.
pub(crate) fn open(
    client: OnUpgrade,
    container: OnUpgrade,
    activity: Activity,
    ended: CancellationToken,
) {
    tokio::spawn(async move {
        let (client, container) = match tokio::try_join!(client, container) {
            Ok(sides) => sides,
            Err(error) => {
                tracing::debug!("ingress: an upgrade failed: {error}");
                return;
            }
        };
        let (from_client, to_client) = split(TokioIo::new(client));
        let (from_container, to_container) = split(TokioIo::new(container));
        activity.touch();
        let copying = async {
            tokio::try_join!(
                copy(from_client, to_container, &activity),
                copy(from_container, to_client, &activity),
            )
        };
        tokio::select! {
            ended = copying => if let Err(error) = ended {
                tracing::debug!("ingress: a tunnel broke: {error}");
            },
            () = ended.cancelled() => tracing::debug!("ingress: a tunnel's session has ended"),
            () = activity.timed_out() => tracing::debug!("ingress: an idle tunnel was closed"),
        }
    });
}

async fn copy(
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
