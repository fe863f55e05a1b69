//! Who sends a login: an address, and on loopback also the user id of the process.

use std::net::{IpAddr, SocketAddr};

use crate::blocking;

/// A client, as far as failed logins distinguish them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Client {
    pub(super) address: Option<IpAddr>,
    /// On loopback, the user id of the process, if the kernel tells it.
    pub(super) uid: Option<u32>,
}

/// The client at the other end of a connection.
pub(super) async fn of(peer: Option<SocketAddr>) -> Client {
    let Some(peer) = peer else { return Client { address: None, uid: None } };
    let address = peer.ip().to_canonical();
    if !address.is_loopback() {
        return Client { address: Some(address), uid: None };
    }
    let uid = blocking::call(move || {
        // Only IPv4, because the platform listens on 127.0.0.1.
        uid_of(&fs_err::read_to_string("/proc/net/tcp").ok()?, peer)
    });
    // One address, however many of 127.0.0.0/8 a process uses.
    Client { address: None, uid: uid.await }
}

/// The owner of the socket that is bound to `local`, in the text of `/proc/net/tcp`.
fn uid_of(table: &str, local: SocketAddr) -> Option<u32> {
    let IpAddr::V4(address) = local.ip() else { return None };
    // The kernel prints the four bytes of the address as one number.
    let address = u32::from_ne_bytes(address.octets());
    let local = format!("{address:08X}:{:04X}", local.port());
    table.lines().find_map(|line| {
        let mut fields = line.split_ascii_whitespace();
        if fields.nth(1)? != local {
            return None;
        }
        let is_established = fields.nth(1)? == "01";
        let uid = fields.nth(3)?.parse().ok()?;
        // A socket that its process has closed has no inode, and is shown as root's.
        let inode = fields.nth(1)?;
        (is_established && inode != "0").then_some(uid)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_user_id_of_a_local_client_is_found_while_its_connection_is_open() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let client = tokio::net::TcpStream::connect(address).await.unwrap();
        let (_accepted, peer) = listener.accept().await.unwrap();
        let found = of(Some(peer)).await;
        assert_eq!(found, Client { address: None, uid: Some(rustix::process::getuid().as_raw()) });
        drop(client);
        assert_eq!(of(Some(peer)).await.uid, None, "a closed socket would be shown as root's");
    }

    #[test]
    fn sockets_that_are_closed_or_not_connected_have_no_owner() {
        let table = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:2110 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 11 1
   1: 0100007F:8235 0100007F:2110 01 00000000:00000000 00:00000000 00000000  1001        0 12 1
   2: 0100007F:8236 0100007F:2110 01 00000000:00000000 00:00000000 00000000     0        0 0 1
   3: 0100007F:8237 0100007F:2110 06 00000000:00000000 03:00000F00 00000000     0        0 0 3
";
        let of = |port| uid_of(table, SocketAddr::from(([127, 0, 0, 1], port)));
        assert_eq!(of(0x8235), Some(1001));
        for port in [0x2110, 0x8236, 0x8237, 0x8238] {
            assert_eq!(of(port), None, "{port:x}");
        }
    }
}
