//! Tests the local platform with third-party clients: both generations of the Python connector,
//! the Snowflake CLI and skopeo.
//!
//! Each test runs a Python script from the `third_parties` folder. `cargo xtask ci` runs them once,
//! with podman. `SPCS_TEST_THIRD_PARTIES=1` runs them on their own.

mod client;

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
