//! Bad input fails with a clear error and its exit code, and changes nothing.

use std::net::TcpListener;

use crate::sandbox::Sandbox;
use crate::sql_client::SqlClient;

/// Makes a mistake at the line of `file` that contains `wrong` and checks that deploy reports it,
/// with its location, before it starts a platform.
#[track_caller]
fn assert_refused(mistake: impl FnOnce(&Sandbox), file: &str, wrong: &str, messages: &[&str]) {
    let sandbox = Sandbox::new();
    mistake(&sandbox);
    let line = sandbox.read(file).lines().position(|line| line.contains(wrong));
    let place = format!("{file}:{}:", line.expect("the mistake is in the file") + 1);
    let mut run = sandbox.xtask(&["deploy"]).code(3).without_data().says(&place);
    for message in messages {
        run = run.says(message);
    }
    let status = sandbox.path("target/spcs/local/platform.json");
    assert!(!status.exists(), "a platform was started:\n{}", run.stderr);
}

/// Makes a mistake while a platform runs and checks that the account stays the same.
async fn assert_account_unchanged(mistake: impl FnOnce(&Sandbox)) {
    let sandbox = Sandbox::new();
    sandbox.xtask(&["local", "start"]).code(0);
    let status = sandbox.xtask(&["local", "status", "--format", "json"]).code(0).json();
    let client = SqlClient::new(&status).await;
    let before = client.objects().await;
    mistake(&sandbox);
    assert_eq!(client.objects().await, before);
}

#[tokio::test]
async fn a_deploy_without_a_working_engine_leaves_the_account_unchanged() {
    assert_account_unchanged(|sandbox| {
        sandbox.program("podman", "#!/bin/sh\necho 'cannot connect to Podman' >&2\nexit 125\n");
        let run = sandbox.xtask(&["deploy", "--engine", "podman"]).code(4).without_data();
        run.says("cannot connect to Podman").says("hint: ");
    })
    .await;
}

#[tokio::test]
async fn a_deploy_without_disk_space_to_build_leaves_the_account_unchanged() {
    assert_account_unchanged(|sandbox| {
        // An engine whose storage is on a file system without free space.
        sandbox.program("podman", "#!/bin/sh\n[ $1 != info ] || exec echo 5.0.0 /proc\nexit 1\n");
        let run = sandbox.xtask(&["deploy", "--engine", "podman"]).code(4).without_data();
        run.says("the disk is too full to build `jupyter` and `milvus`")
            .says("0 MiB free in /proc, at least 1200 MiB needed")
            .says("hint: remove unused images");
    })
    .await;
}

#[test]
fn a_disk_that_fills_during_a_build_exits_4() {
    let sandbox = Sandbox::new();
    let full = "#!/bin/sh\n[ $1 != info ] || exec echo 5.0.0\n[ $1 = image ] || {\n\
                echo 'write /var/tmp/layer: no space left on device' >&2; exit 1; }\n";
    sandbox.program("podman", full);
    let run = sandbox.xtask(&["build", "--engine", "podman"]).code(4).without_data();
    run.says("building the image `milvus`: the disk is full; free space: ")
        .says("hint: remove unused images");
}

#[test]
fn a_missing_engine_exits_4() {
    let sandbox = Sandbox::new();
    sandbox.without_engine("podman");
    let mut build = sandbox.command(&["build"]);
    build.env("PATH", sandbox.path("bin"));
    let output = build.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{stderr}");
    assert!(stderr.contains("podman is not installed; docker is not installed"), "{stderr}");
    assert!(stderr.contains("hint: install podman with `cargo xtask setup`"), "{stderr}");
}

#[test]
fn a_missing_docker_is_reported_with_how_to_install_or_start_it() {
    let sandbox = Sandbox::new();
    let assert_hint = |hint: &str| {
        let mut build = sandbox.command(&["build", "--engine", "docker"]);
        let output = build.env("PATH", sandbox.path("bin")).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(4), "{stderr}");
        assert!(stderr.contains(hint), "{stderr}");
    };
    assert_hint("hint: install docker with `cargo xtask setup --engine docker`");
    sandbox.program("docker", "#!/bin/sh\necho 'no daemon' >&2\nexit 1\n");
    assert_hint("hint: start the docker daemon, or choose `--engine podman`");
}

#[test]
fn a_failed_build_is_reported_at_once_and_ends_the_waits() {
    let sandbox = Sandbox::new();
    let broken = "#!/bin/sh\n[ $1 != info ] || exec echo 5.0.0\n[ $1 = image ] || {\n\
                  echo 'no such instruction' >&2; exit 1; }\n";
    sandbox.program("podman", broken);
    let run = sandbox.xtask(&["deploy", "--engine", "podman"]).code(3).without_data();
    let stderr = &run.stderr;
    let at = |text: &str| stderr.find(text).unwrap_or_else(|| panic!("no `{text}`:\n{stderr}"));
    assert!(at("    building the image `") < at("error: "), "{stderr}");
    assert!(!stderr.contains("interrupted"), "{stderr}");
}

#[test]
fn an_unknown_template_variable_is_reported_with_its_location() {
    assert_refused(
        |sandbox| sandbox.edit("sql/bootstrap/080_database.sql", "<% database %>", "<% databse %>"),
        "sql/bootstrap/080_database.sql",
        "databse",
        &["databse"],
    );
}

#[test]
fn an_unused_variable_is_an_error() {
    assert_refused(
        |sandbox| {
            sandbox.edit("spcs.toml", "milvus_volume_gib = 10", "milvus_volume_gib = 10\nspare = 1")
        },
        "spcs.toml",
        "spare = 1",
        &["no template uses `<% spare %>`", "hint: "],
    );
}

#[test]
fn unbalanced_quotes_are_reported_with_file_and_line() {
    assert_refused(
        |sandbox| {
            let text = sandbox.read("sql/bootstrap/080_database.sql") + "\nSELECT 'open;\n";
            fs_err::write(sandbox.path("sql/bootstrap/080_database.sql"), text).unwrap();
        },
        "sql/bootstrap/080_database.sql",
        "SELECT 'open;",
        &["hint: "],
    );
}

#[test]
fn invalid_yaml_in_a_spec_is_reported_with_its_location() {
    assert_refused(
        |sandbox| sandbox.edit("specs/milvus.yaml", "spec:\n", "spec:\n  : [\n"),
        "specs/milvus.yaml",
        "  : [",
        &["error: "],
    );
}

#[tokio::test]
async fn a_spec_whose_image_is_not_built_is_not_uploaded() {
    assert_account_unchanged(|sandbox| {
        let run = sandbox.xtask(&["put"]).code(3).without_data();
        run.says("the image `milvus` is not built").says("hint: ");
    })
    .await;
}

#[test]
fn a_port_in_use_is_reported_with_a_hint() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let sandbox = Sandbox::new();
    sandbox.edit("spcs.toml", "port = \"auto\"", &format!("port = {port}"));
    sandbox
        .xtask(&["deploy"])
        .code(4)
        .without_data()
        .says(&format!("port {port} on 127.0.0.1 is taken by another program"))
        .says("set another `port` in [target.local] of spcs.toml");
}

#[test]
fn a_password_file_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new();
    sandbox.xtask(&["build"]).code(0);
    let file = sandbox.path("target/spcs/local/user_password");
    fs_err::create_dir_all(file.parent().unwrap()).unwrap();
    fs_err::write(&file, "Visible-1\n").unwrap();
    fs_err::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let run = sandbox.xtask(&["deploy"]).code(3).without_data();
    let run = run.says("can be read by others: its mode is 0644").says("hint: chmod 600");
    assert!(!run.stderr.contains("Visible-1"));
}

#[test]
fn a_directory_without_a_platforms_state_is_not_reset() {
    let sandbox = Sandbox::new();
    sandbox.edit("spcs.toml", "state_dir = \"target/spcs/local\"", "state_dir = \"sql\"");
    let reset = sandbox.xtask(&["local", "reset", "--yes"]).code(3).without_data();
    reset.says("`[DIR]/sql` is not a local platform's").says("hint: name a directory of its own");
    assert!(sandbox.path("sql/bootstrap/080_database.sql").exists());
}

#[test]
fn a_platform_with_services_refuses_another_engine() {
    let sandbox = Sandbox::new();
    sandbox.xtask(&["deploy"]).code(0);
    // Pretend that docker runs them.
    fs_err::write(sandbox.path("target/spcs/local/engine"), "docker\n").unwrap();
    let arguments = ["local", "start", "--engine", "podman", "--local-runtime", "engine"];
    let start = || sandbox.xtask(&arguments);
    let refused = || {
        let run = start().code(3).says("services run with docker");
        let _ = run.says("hint: pass `--engine docker`, or run `cargo xtask local reset`");
    };
    refused();
    sandbox.xtask(&["local", "stop"]).code(0);
    refused();
}

#[test]
fn a_platform_without_services_restarts_with_another_engine() {
    let sandbox = Sandbox::new();
    let start = |options: &[&str]| {
        let arguments = [&["local", "start", "--format", "json"], options].concat();
        sandbox.xtask(&arguments).code(0).json()["pid"].clone()
    };
    let first = start(&[]);
    assert_eq!(start(&[]), first);
    fs_err::write(sandbox.path("target/spcs/local/engine"), "docker\n").unwrap();
    let podman = ["--engine", "podman", "--local-runtime", "engine"];
    let second = start(&podman);
    assert_ne!(second, first);
    assert_eq!(start(&podman), second);
}

#[test]
fn a_platform_exits_when_its_state_directory_is_deleted() {
    let sandbox = Sandbox::new();
    let status = sandbox.xtask(&["local", "start", "--format", "json"]).code(0).json();
    let port = status["port"].as_u64().unwrap();
    fs_err::remove_dir_all(sandbox.path("target")).unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while std::net::TcpStream::connect(("127.0.0.1", port as u16)).is_ok() {
        assert!(std::time::Instant::now() < deadline, "the platform still listens");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}
