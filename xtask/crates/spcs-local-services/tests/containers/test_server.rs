//! The program in the tests' containers: an HTTP server that executes the commands in its URLs.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
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
        "fetch" => {
            let (host, path) = argument.split_once('/').unwrap_or((argument, "ok"));
            super::harness::get(host, path)
        }
        "answer-after" => {
            std::thread::sleep(Duration::from_secs(argument.parse().unwrap_or(1)));
            Ok("answered".to_owned())
        }
        "connect" => Ok(super::harness::connect(argument)),
        "exit" => std::process::exit(argument.parse().unwrap_or(1)),
        // One large allocation: many small ones would evict the program's own pages first.
        "eat" => Ok(vec![1u8; 1 << 30].len().to_string()),
        other => Err(std::io::Error::other(format!("unknown command {other}"))),
    }
}
