//! The address of a container's port, and connections to it.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use tokio::net::{TcpStream, UnixStream};
use tokio_util::either::Either;

use crate::gate::Gate;

/// The address of a container's port.
#[derive(Debug, Clone)]
pub struct ContainerAddress {
    address: SocketAddr,
    /// The way to it, if the host has none of its own.
    gate: Option<Arc<Gate>>,
}

impl ContainerAddress {
    pub(crate) fn new(address: SocketAddr, gate: Option<Arc<Gate>>) -> ContainerAddress {
        ContainerAddress { address, gate }
    }

    pub fn ip(&self) -> IpAddr {
        self.address.ip()
    }

    pub async fn connect(&self) -> io::Result<Either<TcpStream, UnixStream>> {
        match (&self.gate, self.address) {
            (Some(gate), SocketAddr::V4(address)) => gate.connect(address).await.map(Either::Right),
            (_, address) => {
                let stream = TcpStream::connect(address).await?;
                let _ = stream.set_nodelay(true); // only a matter of latency
                Ok(Either::Left(stream))
            }
        }
    }
}

impl From<SocketAddr> for ContainerAddress {
    fn from(address: SocketAddr) -> ContainerAddress {
        ContainerAddress { address, gate: None }
    }
}

impl fmt::Display for ContainerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}
