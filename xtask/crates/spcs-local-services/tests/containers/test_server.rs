//! The program in the tests' containers: an HTTP server that executes the commands in its URLs.

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

/// Runs the server in a container; otherwise does nothing.
#[test]
fn container_main() {
    let Ok(port) = std::env::var("TEST_SERVER_PORT") else { return };
    println!("listening on {port} as {}", std::env::var("TEST_SERVER_NAME").unwrap_or_default());
    eprintln!("arguments: {:?}", std::env::args().collect::<Vec<_>>());
    // PID 1 of a container does not receive signals without a handler.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _guard = runtime.enter();
    let mut terminate =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).unwrap();
    let listener = TcpListener::bind(format!("0.0.0.0:{port}")).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || serve(stream));
        }
    });
    runtime.block_on(terminate.recv());
    println!("terminated");
    std::process::exit(0);
}

/// Prints the user that a copy of this program runs as; see `set_user_id`.
#[test]
fn effective_user() {
    println!("effective user: {}", rustix::process::geteuid().as_raw());
}

/// Stores this program in a directory with the bit that makes it run as its owner, root, and runs
/// it as another user. Returns what it prints.
fn set_user_id(directory: &str) -> std::io::Result<String> {
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::process::CommandExt as _;

    let program = format!("/{directory}/program");
    fs_err::copy("/proc/self/exe", &program)?;
    fs_err::set_permissions(&program, std::fs::Permissions::from_mode(0o4755))?;
    let mut command = std::process::Command::new(program);
    command.args(["--exact", "test_server::effective_user", "--nocapture"]).uid(1000).gid(1000);
    let output = command.output()?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn serve(mut stream: TcpStream) -> Option<()> {
    let mut buffer = [0; 4096];
    let read = stream.read(&mut buffer).ok()?;
    let request = String::from_utf8_lossy(&buffer[..read]).into_owned();
    let path = request.split(' ').nth(1)?.to_owned();
    let (command, argument) =
        path.trim_start_matches('/').split_once('/').unwrap_or((&path[1..], ""));
    let (status, body) = match execute(command, argument) {
        Ok(body) => ("200 OK", body),
        Err(error) => ("500 Internal Server Error", error.to_string()),
    };
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    stream.write_all(format!("{head}{body}").as_bytes()).ok()
}

fn execute(command: &str, argument: &str) -> std::io::Result<String> {
    match command {
        "ok" => Ok("ok".to_owned()),
        "env" => Ok(std::env::var(argument).unwrap_or_default()),
        "read" => fs_err::read_to_string(format!("/{argument}")),
        "write" => fs_err::write(format!("/{argument}"), "written").map(|()| String::new()),
        "setuid" => set_user_id(argument),
        "fetch" => {
            let (host, path) = argument.split_once('/').unwrap_or((argument, "ok"));
            super::harness::get(host, path)
        }
        "answer-after" => {
            std::thread::sleep(Duration::from_secs(argument.parse().unwrap_or(1)));
            Ok("answered".to_owned())
        }
        "connect" => Ok(super::harness::connect(argument)),
        "query" => {
            let configuration = fs_err::read_to_string("/etc/resolv.conf")?;
            let server = configuration.trim().strip_prefix("nameserver ").unwrap_or_default();
            let server: IpAddr = server.parse().map_err(std::io::Error::other)?;
            query((server, 53).into(), argument)
        }
        "query-docker" => {
            let docker = SocketAddr::from(([127, 0, 0, 11], 53));
            Ok(query(docker, argument).unwrap_or_else(|error| error.to_string()))
        }
        "exit" => std::process::exit(argument.parse().unwrap_or(1)),
        // One large allocation: many small ones would evict the program's own pages first.
        "eat" => Ok(vec![1u8; 1 << 30].len().to_string()),
        other => Err(std::io::Error::other(format!("unknown command {other}"))),
    }
}

/// Asks a DNS server for the IPv4 addresses of a name, without the host's own name resolution.
/// Returns the response code and the addresses.
pub(crate) fn query(server: SocketAddr, name: &str) -> std::io::Result<String> {
    let mut message = vec![0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        message.push(u8::try_from(label.len()).unwrap());
        message.extend(label.as_bytes());
    }
    message.extend([0, 0, 1, 0, 1]);
    let socket = UdpSocket::bind("0.0.0.0:0")?;
    socket.set_read_timeout(Some(Duration::from_secs(10)))?;
    socket.send_to(&message, server)?;
    let mut answer = [0; 512];
    let length = socket.recv(&mut answer)?;
    let mut shown = (answer[3] & 0xf).to_string();
    // Each record ends with the four bytes of an address.
    for record in answer[message.len()..length].chunks(16) {
        let [.., a, b, c, d] = record else { continue };
        shown.push_str(&format!(" {a}.{b}.{c}.{d}"));
    }
    Ok(shown)
}
