//! A kernel connection over a WebSocket: sends code and receives its outputs.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::header::{CONNECTION, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE};
use reqwest::{RequestBuilder, StatusCode, Upgraded};
use serde_json::{Value, json};
use spcs_apply::error::Kind;
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::protocol::{Message, Role};

use super::outputs::{Execution, record};
use crate::failure::Failure;

/// Keeps the connection open: the ingress closes it after 90 s without traffic.
const PING_EVERY: Duration = Duration::from_secs(20);

/// How long a kernel may take to start.
const START_LIMIT: Duration = Duration::from_secs(60);

/// A connected kernel.
pub(crate) struct Kernel {
    /// The id on the server.
    pub(crate) id: String,
    session: String,
    socket: WebSocketStream<Upgraded>,
}

impl Kernel {
    /// Upgrades the request to a WebSocket, with the DNS and TLS settings of all other requests.
    pub(super) async fn connect(
        request: RequestBuilder,
        id: String,
        session: String,
    ) -> Result<Kernel> {
        let answer = request
            .header(CONNECTION, "Upgrade")
            .header(UPGRADE, "websocket")
            .header(SEC_WEBSOCKET_VERSION, "13")
            .header(SEC_WEBSOCKET_KEY, generate_key())
            .send()
            .await
            .context(broken("connecting to the kernel"))?;
        if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
            let message = format!("connecting to the kernel: no WebSocket but {}", answer.status());
            return Err(Failure::new(Kind::Verify, message).into());
        }
        let stream = answer.upgrade().await.context(broken("connecting to the kernel"))?;
        let socket = WebSocketStream::from_raw_socket(stream, Role::Client, None).await;
        let mut kernel = Kernel { id, session, socket };
        kernel.ready().await?;
        Ok(kernel)
    }

    /// Waits for the kernel's first reply.
    async fn ready(&mut self) -> Result<()> {
        let end = Instant::now() + START_LIMIT;
        let request = self.send("kernel_info_request", json!({})).await?;
        loop {
            let message = self.receive(end, "the kernel's start").await?;
            if message["msg_type"] == "kernel_info_reply" && answers(&message, &request) {
                return Ok(());
            }
        }
    }

    /// Runs code until it finishes or the time limit expires.
    pub(crate) async fn run(&mut self, code: &str, limit: Duration) -> Result<Execution> {
        let end = Instant::now() + limit;
        let content = json!({
            "code": code, "silent": false, "store_history": true, "user_expressions": {},
            "allow_stdin": false, "stop_on_error": true,
        });
        let request = self.send("execute_request", content).await?;
        let mut ran = Execution { outputs: Vec::new(), count: 0, error: None };
        let (mut idle, mut replied) = (false, false);
        // The reply and the outputs arrive on two channels, in either order.
        while !(idle && replied) {
            let message = self.receive(end, "the cell").await?;
            if !answers(&message, &request) {
                continue;
            }
            let content = &message["content"];
            match message["msg_type"].as_str().unwrap_or_default() {
                "status" => idle |= content["execution_state"] == "idle",
                "execute_reply" => {
                    replied = true;
                    ran.count = content["execution_count"].as_u64().unwrap_or(ran.count);
                }
                kind => record(&mut ran, kind, content),
            }
        }
        Ok(ran)
    }

    async fn send(&mut self, kind: &str, content: Value) -> Result<String> {
        let id = uuid::Uuid::new_v4().to_string();
        let message = json!({
            "channel": "shell", "content": content, "metadata": {}, "parent_header": {}, "buffers": [],
            "header": {
                "msg_id": id, "msg_type": kind, "session": self.session, "username": "verify",
                "version": "5.3",
            },
        });
        let message = Message::text(message.to_string());
        self.socket.send(message).await.context(broken("writing to the kernel"))?;
        Ok(id)
    }

    /// Receives the next message from the kernel.
    async fn receive(&mut self, end: Instant, what: &str) -> Result<Value> {
        loop {
            let next = end.min(Instant::now() + PING_EVERY);
            let message = match timeout_at(next, self.socket.next()).await {
                Err(_) if Instant::now() >= end => {
                    let failure = Failure::new(Kind::Verify, format!("{what} takes too long"));
                    return Err(failure.hint("give it more with `--timeout`").into());
                }
                Err(_) => {
                    let ping = Message::Ping(Vec::new().into());
                    self.socket.send(ping).await.context(broken("writing to the kernel"))?;
                    continue;
                }
                Ok(message) => message,
            };
            match message {
                Some(Ok(Message::Text(text))) => {
                    let message: Value = serde_json::from_str(&text)
                        .context(broken("reading the kernel's message"))?;
                    if died(&message) {
                        bail!(broken("the kernel died"));
                    }
                    return Ok(message);
                }
                Some(Ok(Message::Close(_))) | None => {
                    bail!(broken("Jupyter closed the connection to the kernel"))
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => {
                    return Err(error).context(broken("reading from the kernel"));
                }
            }
        }
    }
}

/// A broken connection to the kernel is a failed verification, not a defect of this program.
fn broken(what: &str) -> Failure {
    Failure::new(Kind::Verify, what).hint("see `cargo xtask status` and `cargo xtask logs jupyter`")
}

/// Whether Jupyter reports that the kernel's process has ended, for example because it ran out of
/// memory. The pending request then gets no reply.
fn died(message: &Value) -> bool {
    let state = message["content"]["execution_state"].as_str().unwrap_or_default();
    message["msg_type"] == "status" && matches!(state, "restarting" | "autorestarting" | "dead")
}

/// Whether a message belongs to a request.
fn answers(message: &Value, request: &str) -> bool {
    message["parent_header"]["msg_id"] == request
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restart_means_that_the_kernel_died() {
        let status = |state: &str| json!({"msg_type": "status", "parent_header": {}, "content": {"execution_state": state}});
        for state in ["restarting", "autorestarting", "dead"] {
            assert!(died(&status(state)), "{state}");
        }
        assert!(!died(&status("starting")) && !died(&status("busy")));
    }
}
