//! The local platform, judged by clients that nobody here wrote: the Python connector in both of
//! its generations, the Snowflake CLI, skopeo.
//!
//! What each does stands in a Python script of the folder beside this file. They run once in
//! `cargo xtask ci`, with podman, and with `SPCS_TEST_THIRD_PARTIES=1`.

mod client;

use client::Client;

#[test]
fn the_classic_python_connector_runs_the_guide() {
    Client::asked_for("connector-4", "snowflake-connector-python==4.7.5").run("connector.py");
}

#[test]
fn the_python_connector_with_a_rust_core_runs_the_guide() {
    Client::asked_for("connector-5", "snowflake-connector-python==5.2.0").run("connector.py");
}

#[test]
fn the_snowflake_cli_runs_our_sql_and_every_command_for_services() {
    Client::asked_for("snow", "snowflake-cli==3.30.0").run("snow.py");
}
