//! The error for a port that is in use; it names the platform that listens there, if any.

use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use spcs_apply::error::Kind;

use super::identity::{Answer, ask};
use crate::failure::Failure;

/// How long the listener may take to identify itself as a platform.
const ANSWER_LIMIT: Duration = Duration::from_secs(1);

/// Fails if a program listens on a loopback port.
pub(super) async fn check_free(port: u16) -> Result<(), Failure> {
    match TcpStream::connect((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Err(taken(port).await),
        Err(_) => Ok(()),
    }
}

/// The error for a port on which another program listens.
pub(crate) async fn taken(port: u16) -> Failure {
    let cannot = format!("cannot start the local platform: port {port} on 127.0.0.1 is taken by");
    match ask(&format!("http://127.0.0.1:{port}"), ANSWER_LIMIT).await {
        Answer::Platform(of) => Failure::new(
            Kind::Machine,
            format!("{cannot} the local platform of `{}`", of.display()),
        )
        .hint(
            "stop it with `cargo xtask local stop` in its project, or set `port = \"auto\"` in \
             [target.local] of spcs.toml: both run then",
        ),
        Answer::Timeout | Answer::None => Failure::new(
            Kind::Machine,
            format!("{cannot} another program"),
        )
        .hint(format!(
            "stop that program (`ss -ltnp 'sport = :{port}'` names it), or set another `port` in \
                 [target.local] of spcs.toml: `port = \"auto\"` takes a free one"
        )),
    }
}
