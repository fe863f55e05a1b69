//! A DNS server for the containers of one network. It asks no other server: what it answers is the
//! business of its [`Names`].
//!
//! Everything is bounded: the size of a message, the connections, the lookups at the same time, and
//! the time that each may take.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::time::timeout;

mod limit;
mod message;
#[cfg(test)]
mod tests;

use limit::Limit;
use message::{MAX_SIZE, Question, ResponseCode};

/// The port of DNS.
pub(crate) const PORT: u16 = 53;

/// The limit of lookups at the same time. More queries are dropped, and clients send them again.
const LOOKUPS: usize = 64;
/// The limit for one client, so that it keeps no others from theirs.
const LOOKUPS_OF_CLIENT: usize = 16;
/// The limits of TCP connections at the same time.
const CONNECTIONS: usize = 32;
const CONNECTIONS_OF_CLIENT: usize = 4;
/// The limit of one lookup. Clients wait 5 seconds for an answer.
const LOOKUP_TIME: Duration = Duration::from_secs(4);
/// How long a connection may be silent.
const IDLE_TIME: Duration = Duration::from_secs(10);
/// The pause after a failure that is not a client's, for example a lack of file descriptors.
const FAILURE_PAUSE: Duration = Duration::from_millis(100);

/// What a name means to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The name exists. The addresses are empty if they were not asked for.
    Exists {
        addresses: Vec<Ipv4Addr>,
        /// How long the client may use the addresses.
        lifetime: Duration,
    },
    NoSuchName,
    /// The client is none of those that the server is for.
    Refused,
    /// It could not be found out.
    Failed,
}

/// The names that a server knows.
pub(crate) trait Names: Send + Sync + 'static {
    /// Looks up a name, in lower case and without a final dot.
    fn look_up(
        &self,
        client: IpAddr,
        name: &str,
        wants_addresses: bool,
    ) -> impl Future<Output = Answer> + Send;
}

/// Serves both protocols until it is dropped.
pub(crate) async fn serve(udp: UdpSocket, tcp: TcpListener, names: Arc<impl Names>) {
    tokio::join!(serve_datagrams(Arc::new(udp), Arc::clone(&names)), serve_connections(tcp, names));
}

async fn serve_datagrams(udp: Arc<UdpSocket>, names: Arc<impl Names>) {
    let limit = Limit::new(LOOKUPS, LOOKUPS_OF_CLIENT);
    // One byte more than is permitted, so that a longer message is not taken for a complete one.
    let mut buffer = [0; MAX_SIZE + 1];
    loop {
        let (length, client) = match udp.recv_from(&mut buffer).await {
            Ok(received) => received,
            Err(error) => {
                tracing::debug!(%error, "cannot receive a DNS query");
                tokio::time::sleep(FAILURE_PAUSE).await;
                continue;
            }
        };
        let question = buffer.get(..length).filter(|query| query.len() <= MAX_SIZE);
        let Some(question) = question.and_then(message::parse) else { continue };
        let Some(permit) = limit.permit(client.ip()) else { continue };
        let (udp, names) = (Arc::clone(&udp), Arc::clone(&names));
        tokio::spawn(async move {
            let answer = answer(&question, client.ip(), &*names).await;
            // The client may be gone.
            let _ = udp.send_to(&answer, client).await;
            drop(permit);
        });
    }
}

async fn serve_connections(tcp: TcpListener, names: Arc<impl Names>) {
    let limit = Limit::new(CONNECTIONS, CONNECTIONS_OF_CLIENT);
    loop {
        let (stream, client) = match tcp.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::debug!(%error, "cannot accept a DNS connection");
                tokio::time::sleep(FAILURE_PAUSE).await;
                continue;
            }
        };
        let Some(permit) = limit.permit(client.ip()) else { continue };
        let names = Arc::clone(&names);
        tokio::spawn(async move {
            // The client may end the connection at any time.
            let _ = serve_connection(stream, client.ip(), &*names).await;
            drop(permit);
        });
    }
}

async fn serve_connection(
    mut stream: TcpStream,
    client: IpAddr,
    names: &impl Names,
) -> io::Result<()> {
    loop {
        let query = timeout(IDLE_TIME, read(&mut stream)).await??;
        let Some(question) = message::parse(&query) else { return Ok(()) };
        let answer = answer(&question, client, names).await;
        let length = u16::try_from(answer.len()).map_err(io::Error::other)?;
        let message = [&length.to_be_bytes()[..], &answer].concat();
        timeout(IDLE_TIME, stream.write_all(&message)).await??;
    }
}

/// Reads a message, which follows its length.
async fn read(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let length = usize::from(stream.read_u16().await?);
    if length > MAX_SIZE {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut message = vec![0; length];
    stream.read_exact(&mut message).await?;
    Ok(message)
}

async fn answer(question: &Question, client: IpAddr, names: &impl Names) -> Vec<u8> {
    let found = match &question.name {
        None => Answer::NoSuchName,
        Some(name) => {
            let lookup = names.look_up(client, name, question.wants_addresses);
            timeout(LOOKUP_TIME, lookup).await.unwrap_or(Answer::Failed)
        }
    };
    let failure = |code| message::answer(question, code, &[], Duration::ZERO);
    match found {
        Answer::Exists { addresses, lifetime } => {
            message::answer(question, ResponseCode::NoError, &addresses, lifetime)
        }
        Answer::NoSuchName => failure(ResponseCode::NoSuchName),
        Answer::Refused => failure(ResponseCode::Refused),
        Answer::Failed => failure(ResponseCode::ServerFailure),
    }
}
