//! Connections to containers in a network namespace that the platform is not in.
//!
//! A rootless engine keeps the networks of its user in a namespace of their own. Published ports
//! would lead there, but every user of the machine could connect to them. The gate is a process in
//! that namespace that listens on a unix socket, which only the platform's user can open.

use std::net::SocketAddrV4;

mod process;
mod server;

pub use process::{Gate, GateCommand};
pub use server::serve_until_stdin_ends;

/// The request: an IPv4 address and a port, in network byte order.
const REQUEST: usize = 6;

/// The first byte of the answer. After `CONNECTED` the stream is the connection.
const CONNECTED: u8 = 0;
/// The container refuses the connection.
const REFUSED: u8 = 1;
/// The namespace has no network with the address.
const NO_NETWORK: u8 = 2;

fn request(address: SocketAddrV4) -> [u8; REQUEST] {
    let ([a, b, c, d], [high, low]) = (address.ip().octets(), address.port().to_be_bytes());
    [a, b, c, d, high, low]
}

fn requested([a, b, c, d, high, low]: [u8; REQUEST]) -> SocketAddrV4 {
    SocketAddrV4::new([a, b, c, d].into(), u16::from_be_bytes([high, low]))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, UnixStream};

    use super::server::serve;
    use super::*;

    #[tokio::test]
    async fn a_gate_connects_to_the_requested_address() {
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("gate");
        let served = tokio::spawn({
            let socket = socket.clone();
            async move { serve(&socket).await }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let ask = async |port: u16| {
            while !socket.exists() {
                tokio::task::yield_now().await;
            }
            let mut stream = UnixStream::connect(&socket).await.unwrap();
            let address = SocketAddrV4::new([127, 0, 0, 1].into(), port);
            stream.write_all(&request(address)).await.unwrap();
            let answer = stream.read_u8().await.unwrap();
            (stream, answer)
        };
        let (mut near, answer) = ask(port).await;
        assert_eq!(answer, CONNECTED);
        let (mut far, _) = listener.accept().await.unwrap();
        near.write_all(b"to").await.unwrap();
        far.write_all(b"fro").await.unwrap();
        far.shutdown().await.unwrap();
        let mut read = Vec::new();
        near.read_to_end(&mut read).await.unwrap();
        assert_eq!(read, b"fro");
        near.shutdown().await.unwrap();
        read.clear();
        far.read_to_end(&mut read).await.unwrap();
        assert_eq!(read, b"to");
        drop(listener);
        assert_eq!(ask(port).await.1, REFUSED);
        served.abort();
    }

    #[test]
    fn requests_are_read_as_they_were_written() {
        let address = SocketAddrV4::new([10, 89, 0, 255].into(), 0xabcd);
        assert_eq!(requested(request(address)), address);
    }
}
