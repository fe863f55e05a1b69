//! Sockets on addresses that need not exist yet: podman creates the bridge of a network, and with
//! it the gateway's address, for the first container, and removes it after the last.

use std::io;
use std::net::SocketAddrV4;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, UdpSocket};

/// Connections that wait to be accepted.
const BACKLOG: i32 = 128;

/// Listens for TCP connections to an address.
pub(crate) fn tcp(address: SocketAddrV4) -> io::Result<TcpListener> {
    let socket = bound(address, Type::STREAM, Protocol::TCP)?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// Receives UDP datagrams for an address.
pub(crate) fn udp(address: SocketAddrV4) -> io::Result<UdpSocket> {
    UdpSocket::from_std(bound(address, Type::DGRAM, Protocol::UDP)?.into())
}

fn bound(address: SocketAddrV4, kind: Type, protocol: Protocol) -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, kind, Some(protocol))?;
    socket.set_nonblocking(true)?;
    // Elsewhere, the gateways of containers are not on this machine, and nothing listens on them.
    #[cfg(target_os = "linux")]
    socket.set_freebind_v4(true)?;
    if kind == Type::STREAM {
        // Connections of an earlier platform that are still closing are no obstacle.
        socket.set_reuse_address(true)?;
    }
    socket.bind(&address.into())?;
    Ok(socket)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_can_be_bound_before_it_exists_but_not_twice() {
        // An address for documentation, which no machine has.
        let address = |port| SocketAddrV4::new([198, 51, 100, 1].into(), port);
        let first = tcp(address(0)).unwrap();
        let port = first.local_addr().unwrap().port();
        assert_eq!(tcp(address(port)).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        let _datagrams = udp(address(port)).unwrap();
        assert_eq!(udp(address(port)).unwrap_err().kind(), io::ErrorKind::AddrInUse);
    }
}
