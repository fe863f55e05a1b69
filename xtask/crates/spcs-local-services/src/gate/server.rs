//! The gate's process.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpStream, UnixListener, UnixStream};

use super::{CONNECTED, NO_NETWORK, REFUSED, REQUEST, requested};

/// How long a client may take to send its request, and a container to accept the connection.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How long to wait before accepting again when there are too many open files.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves until the process's stdin ends, as it does with the platform that started the process.
pub async fn serve_until_stdin_ends(socket: &Path) -> io::Result<()> {
    let end = tokio::task::spawn_blocking(|| io::copy(&mut io::stdin(), &mut io::sink()));
    tokio::select! {
        served = serve(socket) => served,
        _ = end => Ok(()),
    }
}

/// Connects each client of a socket to the address that it requests. Never ends by itself.
pub(super) async fn serve(socket: &Path) -> io::Result<()> {
    match fs_err::remove_file(socket) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(socket)?;
    fs_err::set_permissions(socket, std::fs::Permissions::from_mode(0o600))?;
    loop {
        match listener.accept().await {
            // A connection that ends with an error has no one to tell.
            Ok((client, _)) => drop(tokio::spawn(pass(client))),
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

async fn pass(mut client: UnixStream) -> io::Result<()> {
    let mut bytes = [0; REQUEST];
    tokio::time::timeout(TIMEOUT, client.read_exact(&mut bytes)).await??;
    let connected = tokio::time::timeout(TIMEOUT, TcpStream::connect(requested(bytes))).await;
    let mut container = match connected {
        Ok(Ok(container)) => container,
        Ok(Err(error)) if is_no_network(&error) => return client.write_all(&[NO_NETWORK]).await,
        Ok(Err(_)) | Err(_) => return client.write_all(&[REFUSED]).await,
    };
    let _ = container.set_nodelay(true); // only a matter of latency
    client.write_all(&[CONNECTED]).await?;
    copy_bidirectional(&mut client, &mut container).await.map(drop)
}

/// Whether the network of the address does not exist in this namespace.
fn is_no_network(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable)
}
