//! Tests of the server over its sockets.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream as Client};

use super::*;

/// Knows `known`; `slow` never gets an answer.
struct OneName;

impl Names for OneName {
    async fn look_up(&self, client: IpAddr, name: &str, wants_addresses: bool) -> Answer {
        match name {
            _ if client != Ipv4Addr::LOCALHOST => Answer::Refused,
            "known" if wants_addresses => Answer::Exists {
                addresses: vec![Ipv4Addr::new(192, 0, 2, 1)],
                lifetime: Duration::from_secs(5),
            },
            "known" => Answer::Exists { addresses: Vec::new(), lifetime: Duration::ZERO },
            "slow" => std::future::pending().await,
            _ => Answer::NoSuchName,
        }
    }
}

/// Starts a server. Returns its address, which is the same for both protocols.
async fn start() -> SocketAddr {
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = tcp.local_addr().unwrap();
    let udp = UdpSocket::bind(address).await.unwrap();
    tokio::spawn(serve(udp, tcp, Arc::new(OneName)));
    address
}

fn query(id: u8, name: &str, kind: u8) -> Vec<u8> {
    let length = u8::try_from(name.len()).unwrap();
    let mut message = vec![0, id, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, length];
    message.extend(name.as_bytes());
    message.extend([0, 0, kind, 0, 1]);
    message
}

/// The id, response code and number of addresses in an answer.
fn summary(answer: &[u8]) -> (u8, u8, u8) {
    (answer[1], answer[3] & 0xf, answer[7])
}

async fn ask(client: &UdpSocket, server: SocketAddr, query: &[u8]) -> (u8, u8, u8) {
    client.send_to(query, server).await.unwrap();
    let mut buffer = [0; 1024];
    let length = timeout(Duration::from_secs(10), client.recv(&mut buffer)).await.unwrap().unwrap();
    summary(&buffer[..length])
}

#[tokio::test]
async fn names_are_answered_over_both_protocols() {
    let server = start().await;
    let client = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    assert_eq!(ask(&client, server, &query(1, "KNOWN", 1)).await, (1, 0, 1));
    assert_eq!(ask(&client, server, &query(2, "known", 28)).await, (2, 0, 0), "AAAA");
    assert_eq!(ask(&client, server, &query(3, "other", 1)).await, (3, 3, 0));
    let neighbour = UdpSocket::bind("127.0.0.2:0").await.unwrap();
    assert_eq!(ask(&neighbour, server, &query(4, "known", 1)).await, (4, 5, 0));
    let over_tcp = move || {
        let mut stream = Client::connect(server).unwrap();
        for id in [1, 2] {
            let query = query(id, "known", 1);
            stream.write_all(&[0, u8::try_from(query.len()).unwrap()]).unwrap();
            stream.write_all(&query).unwrap();
            let mut length = [0; 2];
            stream.read_exact(&mut length).unwrap();
            let mut answer = vec![0; usize::from(u16::from_be_bytes(length))];
            stream.read_exact(&mut answer).unwrap();
            assert_eq!(summary(&answer), (id, 0, 1));
        }
        // A message longer than any query ends the connection.
        stream.write_all(&[0xff, 0xff]).unwrap();
        assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    };
    tokio::task::spawn_blocking(over_tcp).await.unwrap();
}

#[tokio::test]
async fn malformed_and_oversized_queries_get_no_answer_and_do_no_harm() {
    let server = start().await;
    let client = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let long = [query(1, "known", 1), vec![0; MAX_SIZE]].concat();
    for message in [&b""[..], b"\x00", &[0xff; 12], &[0xff; 600], &long] {
        client.send_to(message, server).await.unwrap();
    }
    assert_eq!(ask(&client, server, &query(9, "known", 1)).await, (9, 0, 1));
}

#[tokio::test]
async fn lookups_are_limited_in_number_and_time() {
    let server = start().await;
    let client = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    for _ in 0..LOOKUPS_OF_CLIENT {
        client.send_to(&query(1, "slow", 1), server).await.unwrap();
    }
    // Dropped, although the answer is known: the first answer is the failure of a slow lookup.
    let neighbour = UdpSocket::bind("127.0.0.2:0").await.unwrap();
    assert_eq!(ask(&neighbour, server, &query(4, "known", 1)).await, (4, 5, 0), "not its limit");
    assert_eq!(ask(&client, server, &query(2, "known", 1)).await, (1, 2, 0));
    let recovered =
        async { while ask(&client, server, &query(3, "known", 1)).await != (3, 0, 1) {} };
    timeout(Duration::from_secs(10), recovered).await.expect("the limit is for lookups at a time");
}
