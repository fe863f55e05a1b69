//! HTTP readiness and liveness probes.

use std::time::Duration;

use http_body_util::Empty;
use hyper_util::rt::TokioIo;

use crate::container_address::ContainerAddress;

/// Whether `GET path` returns a status from 200 to 399 before the timeout.
pub(in crate::runtime) async fn succeeds(
    address: ContainerAddress,
    path: &str,
    timeout: Duration,
) -> bool {
    let request = async {
        let stream = address.connect().await.ok()?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.ok()?;
        let request = http::Request::get(path)
            .header(http::header::HOST, address.to_string())
            .header(http::header::USER_AGENT, "spcs-probe/1.0")
            .header(http::header::CONNECTION, "close")
            .body(Empty::<hyper::body::Bytes>::new())
            .ok()?;
        let mut response = std::pin::pin!(sender.send_request(request));
        // The connection can end together with the response. Both futures are dropped at the end,
        // so that the probe leaves no connection open.
        tokio::select! {
            response = &mut response => response.ok(),
            _ = connection => response.await.ok(),
        }
    };
    match tokio::time::timeout(timeout, request).await {
        Ok(Some(response)) => (200..400).contains(&response.status().as_u16()),
        _ => false,
    }
}
