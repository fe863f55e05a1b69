//! Starts the gate and connects through it.

use std::ffi::OsString;
use std::io;
use std::net::SocketAddrV4;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::sync::Mutex;

use super::{CONNECTED, NO_NETWORK, request};

/// How long the gate may take to start, and the interval between two attempts to reach it.
const START_LIMIT: Duration = Duration::from_secs(30);
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// The command line of a gate: a program and its first arguments. The socket's path is the last.
#[derive(Debug, Clone)]
pub struct GateCommand {
    pub program: PathBuf,
    pub arguments: Vec<OsString>,
}

/// The gate of one platform. It is started with the first connection, and again when the engine has
/// made a new namespace, as it does after the last container has ended.
#[derive(Debug)]
pub struct Gate {
    command: GateCommand,
    /// What runs the command in the namespace: a program, its arguments and its environment.
    inside: Vec<OsString>,
    env: Vec<(String, String)>,
    socket: PathBuf,
    process: Mutex<Option<Process>>,
}

#[derive(Debug)]
struct Process {
    /// Its stdin is a pipe. When the platform ends, the pipe closes, and the gate ends.
    child: Child,
    /// Which start it is.
    number: u64,
}

impl Gate {
    pub(crate) fn new(
        command: GateCommand,
        inside: Vec<OsString>,
        env: Vec<(String, String)>,
        state_dir: &Path,
    ) -> Gate {
        Gate { command, inside, env, socket: state_dir.join("gate"), process: Mutex::new(None) }
    }

    /// Connects to a container.
    pub(crate) async fn connect(&self, address: SocketAddrV4) -> io::Result<UnixStream> {
        let number = self.started(None).await?;
        match self.ask(address).await {
            // The gate may be in a namespace that the engine has left, or has ended.
            Ok((_, NO_NETWORK)) | Err(_) => {
                self.started(Some(number)).await?;
            }
            answer => return connected(answer?),
        }
        connected(self.ask(address).await?)
    }

    async fn ask(&self, address: SocketAddrV4) -> io::Result<(UnixStream, u8)> {
        let mut stream = UnixStream::connect(&self.socket).await?;
        stream.write_all(&request(address)).await?;
        let answer = stream.read_u8().await?;
        Ok((stream, answer))
    }

    /// Starts the gate unless it runs, or is the one with the number `failed`. Returns its number.
    async fn started(&self, failed: Option<u64>) -> io::Result<u64> {
        let mut process = self.process.lock().await;
        let last = process.as_ref().map_or(0, |process| process.number);
        if let Some(running) = process.as_mut()
            && failed != Some(running.number)
            && running.child.try_wait()?.is_none()
        {
            return Ok(running.number);
        }
        // Closes the pipe of the previous one.
        *process = None;
        match fs_err::remove_file(&self.socket) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let [program, arguments @ ..] = self.inside.as_slice() else {
            return Err(io::Error::other("the gate has no command"));
        };
        let mut command = Command::new(program);
        command.args(arguments).arg(&self.command.program).args(&self.command.arguments);
        command.arg(&self.socket).envs(self.env.iter().map(|(name, value)| (name, value)));
        command.current_dir("/").process_group(0);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let answers = async {
            while UnixStream::connect(&self.socket).await.is_err() {
                if let Some(status) = child.try_wait()? {
                    return Err(io::Error::other(format!("the gate ended at its start: {status}")));
                }
                tokio::time::sleep(POLL_INTERVAL).await;
            }
            Ok(())
        };
        tokio::time::timeout(START_LIMIT, answers).await??;
        let number = last + 1;
        *process = Some(Process { child, number });
        Ok(number)
    }
}

fn connected((stream, answer): (UnixStream, u8)) -> io::Result<UnixStream> {
    match answer {
        CONNECTED => Ok(stream),
        _ => Err(io::ErrorKind::ConnectionRefused.into()),
    }
}
