//! Compares the output and exit code of each command with `tests/it/snapshots/`.
//!
//! After an intended change, run `INSTA_UPDATE=always cargo test -p xtask --test it output` and
//! read the differences.

use crate::sandbox::Sandbox;

#[test]
fn each_command_prints_its_help() {
    let sandbox = Sandbox::new();
    sandbox.xtask(&["--help"]).snapshot("help");
    sandbox.xtask(&["-h"]).snapshot("help_short");
    for command in [
        "deploy",
        "plan",
        "verify",
        "clean",
        "status",
        "logs",
        "open",
        "build",
        "sql",
        "push",
        "put",
        "services",
        "grants",
        "endpoints",
        "lint",
        "doctor",
        "setup",
        "ci",
        "local",
    ] {
        sandbox.xtask(&[command, "--help"]).snapshot(&format!("help_{command}"));
    }
    for command in ["start", "stop", "status", "reset"] {
        sandbox.xtask(&["local", command, "--help"]).snapshot(&format!("help_local_{command}"));
    }
}

#[test]
fn commands_before_the_first_deploy_report_what_is_missing() {
    let sandbox = Sandbox::new();
    sandbox.xtask(&["lint"]).snapshot("lint");
    sandbox.xtask(&["lint", "--format", "json"]).snapshot("lint_json");
    sandbox.xtask(&["plan"]).snapshot("plan_first");
    sandbox.xtask(&["clean"]).snapshot("clean_without_platform");
    sandbox.xtask(&["local", "stop"]).snapshot("local_stop_without_platform");
    sandbox.xtask(&["local", "status"]).snapshot("local_status_without_platform");
    for command in ["status", "push", "put", "services", "grants", "endpoints", "verify", "open"] {
        let run = sandbox.xtask(&[command]);
        run.snapshot("command_without_platform");
    }
    sandbox.xtask(&["logs", "milvus"]).snapshot("command_without_platform");
    sandbox.xtask(&["build"]).snapshot("build");
    sandbox.xtask(&["build"]).snapshot("build_again");
    sandbox.xtask(&["build", "milvus", "--format", "json"]).snapshot("build_json");
    sandbox.xtask(&["doctor"]).snapshot("doctor_first");
    sandbox.xtask(&["local", "start"]).snapshot("local_start");
    sandbox.xtask(&["local", "start"]).snapshot("local_start_again");
    sandbox.xtask(&["local", "status"]).snapshot("local_status");
    sandbox.xtask(&["local", "status", "--format", "json"]).snapshot("local_status_json");
    sandbox.xtask(&["open"]).snapshot("open_without_services");
    sandbox.xtask(&["endpoints"]).snapshot("endpoints_without_services");
    sandbox.xtask(&["logs", "milvus"]).snapshot("logs_without_services");
    sandbox.xtask(&["clean"]).snapshot("clean_nothing");
    sandbox.xtask(&["clean", "--format", "json"]).snapshot("clean_nothing_json");
}

#[test]
fn each_phase_run_alone_prints_its_changes() {
    let sandbox = Sandbox::new();
    sandbox.xtask(&["build"]).code(0);
    sandbox.xtask(&["sql", "bootstrap"]).snapshot("sql_bootstrap");
    sandbox.xtask(&["push"]).snapshot("push");
    sandbox.xtask(&["put"]).snapshot("put");
    sandbox.xtask(&["services"]).snapshot("services");
    sandbox.xtask(&["grants"]).snapshot("grants");
    sandbox.xtask(&["endpoints"]).snapshot("endpoints");
    sandbox.xtask(&["endpoints", "--format", "json"]).snapshot("endpoints_json");
    sandbox.xtask(&["push", "--format", "json"]).snapshot("push_json");
}

#[test]
fn commands_on_a_deployment_print_its_state() {
    let sandbox = Sandbox::new();
    sandbox.xtask(&["deploy"]).snapshot("deploy");
    sandbox.xtask(&["deploy"]).snapshot("deploy_again");
    sandbox.xtask(&["deploy", "--format", "json"]).snapshot("deploy_again_json");
    sandbox.xtask(&["plan"]).snapshot("plan_of_nothing");
    sandbox.xtask(&["status"]).snapshot("status");
    sandbox.xtask(&["status", "--format", "json"]).snapshot("status_json");
    sandbox.xtask(&["open"]).snapshot("open");
    sandbox.xtask(&["open", "--format", "json"]).snapshot("open_json");
    sandbox.xtask(&["logs", "milvus", "--format", "json"]).snapshot("logs_json");
    sandbox.xtask(&["logs", "milvsu"]).snapshot("logs_of_an_unknown_service");
    sandbox.xtask(&["doctor"]).snapshot("doctor");
    sandbox.xtask(&["doctor", "--format", "json"]).snapshot("doctor_json");
    sandbox.xtask(&["verify"]).snapshot("verify_without_a_notebook");
    sandbox.xtask(&["sql", "password"]).snapshot("sql_password");
    sandbox.xtask(&["sql", "nothing"]).snapshot("sql_of_an_unknown_set");
    sandbox.xtask(&["clean"]).snapshot("clean_unasked");
    sandbox.xtask(&["sql", "teardown"]).snapshot("sql_teardown_unasked");
    sandbox.xtask(&["clean", "--yes"]).snapshot("clean");
    sandbox.xtask(&["local", "reset"]).snapshot("local_reset_unasked");
    sandbox.xtask(&["local", "stop"]).snapshot("local_stop");
    sandbox.xtask(&["plan"]).snapshot("plan_on_a_stopped_platform");
    sandbox.xtask(&["local", "reset", "--yes"]).snapshot("local_reset");
    sandbox.xtask(&["local", "reset", "--images", "--yes"]).snapshot("local_reset_images");
}

#[test]
fn wrong_usage_exits_2_and_unknown_names_exit_3() {
    let sandbox = Sandbox::new();
    sandbox.xtask(&["deplyo"]).snapshot("usage_unknown_command");
    sandbox.xtask(&["deploy", "--timeout", "soon"]).snapshot("usage_wrong_time");
    sandbox.xtask(&["logs"]).snapshot("usage_no_service");
    sandbox.xtask(&["plan", "--format", "yaml"]).snapshot("usage_unknown_format");
    sandbox.xtask(&["plan", "--target", "moon"]).snapshot("input_unknown_target");
    sandbox.xtask(&["build", "etcd"]).snapshot("input_unknown_image");
    sandbox.xtask(&["local", "status", "--target", "snowflake"]).snapshot("input_target_not_local");
}

#[test]
fn bad_input_exits_3_and_is_reported_with_its_location() {
    let sandbox = Sandbox::new();
    sandbox.edit("sql/bootstrap/080_database.sql", "<% database %>", "<% databse %>");
    sandbox.xtask(&["deploy"]).snapshot("input_unknown_variable");
    sandbox.xtask(&["lint", "--format", "json"]).snapshot("input_unknown_variable_json");
    fs_err::remove_file(sandbox.path("spcs.toml")).expect("spcs.toml");
    sandbox.xtask(&["plan", "--project-dir", "."]).snapshot("input_no_project");
}

#[test]
fn a_broken_engine_exits_4_and_a_failed_build_exits_3() {
    let sandbox = Sandbox::new();
    sandbox.program("podman", "#!/bin/sh\necho 'cannot connect to Podman' >&2\nexit 125\n");
    sandbox.xtask(&["deploy", "--engine", "podman"]).snapshot("machine_engine_fails");
    sandbox.xtask(&["doctor", "--engine", "podman"]).snapshot("machine_engine_fails_doctor");
    let broken = "#!/bin/sh\n[ $1 != info ] || exec echo 5.0.0\n[ $1 = image ] || {\n\
                  echo 'no such instruction' >&2; exit 1; }\n";
    sandbox.program("podman", broken);
    sandbox.xtask(&["build", "milvus", "--engine", "podman"]).snapshot("input_build_fails");
}

#[test]
fn a_refused_statement_exits_6() {
    let sandbox = Sandbox::new();
    // This role may not create databases.
    sandbox.edit("spcs.toml", "system = \"SYSADMIN\"", "system = \"USERADMIN\"");
    sandbox.xtask(&["sql", "bootstrap/080_database.sql"]).snapshot("refused_statement");
}

#[test]
fn an_interrupted_deploy_exits_130() {
    let sandbox = Sandbox::new();
    let run = sandbox.interrupted_deploy();
    // The steps that have run before the signal arrives differ from run to run.
    run.without_steps().snapshot("interrupted");
}
