//! The command line itself: help, exit codes, what goes to stdout and what to stderr.

use std::process::Stdio;

use crate::sandbox::Sandbox;

#[test]
fn help_teaches_with_examples_and_lists_the_exit_codes() {
    let run = Sandbox::new().xtask(&["--help"]).code(0);
    assert_eq!(run.stderr, "");
    for part in [
        "cargo xtask deploy --yes",
        "2    wrong usage of the command line",
        "3    bad input in the project",
        "4    this machine lacks something",
        "5    the target does not answer",
        "6    the target refused",
        "7    a wait ran out",
        "8    verify",
        "9    a confirmation was declined",
        "130  interrupted",
    ] {
        assert!(run.stdout.contains(part), "no `{part}` in:\n{}", run.stdout);
    }
}

#[test]
fn wrong_usage_is_told_apart_from_failures() {
    let sandbox = Sandbox::new();
    sandbox.xtask(&["deplyo"]).code(2).without_data().says("unrecognized subcommand 'deplyo'");
    sandbox.xtask(&["deploy", "--timeout", "soon"]).code(2).without_data().says("`90s`");
}

#[test]
fn a_command_outside_of_a_project_says_how_to_name_one() {
    let sandbox = Sandbox::new();
    fs_err::remove_file(sandbox.path("spcs.toml")).unwrap();
    sandbox
        .xtask(&["plan", "--project-dir", "."])
        .code(3)
        .without_data()
        .says("there is no spcs.toml in `.`")
        .says("hint: run this inside the project");
}

#[test]
fn a_plan_is_made_without_a_platform_and_starts_none() {
    let sandbox = Sandbox::new();
    let plan = sandbox.xtask(&["plan", "--format", "json"]).code(0).json();
    assert_eq!(plan["target"], "local");
    assert!(!sandbox.path("target/spcs/local/platform.json").exists());
}

#[test]
fn lint_checks_every_file_for_every_target() {
    let checked = Sandbox::new().xtask(&["lint", "--format", "json"]).code(0).json();
    let targets: Vec<_> =
        checked["checked"].as_array().unwrap().iter().map(|c| &c["target"]).collect();
    assert_eq!(targets, ["local", "snowflake"]);
}

#[test]
fn commands_that_look_say_that_there_is_no_platform() {
    let sandbox = Sandbox::new();
    for command in ["status", "push", "services", "verify", "open"] {
        sandbox
            .xtask(&[command])
            .code(5)
            .without_data()
            .says("the local platform of `[DIR]/target/spcs/local` does not run")
            .says("hint: start it with `cargo xtask local start`");
    }
}

#[test]
fn readers_that_go_away_neither_end_a_deploy_nor_make_it_panic() {
    let sandbox = Sandbox::new();
    let mut deploy = sandbox.command(&["deploy", "-vvv"]);
    let mut child = deploy.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop((child.stdout.take(), child.stderr.take()));
    assert_eq!(child.wait().unwrap().code(), Some(0));
    sandbox.xtask(&["deploy"]).code(0).says("nothing changed");
}

#[test]
fn a_reader_that_goes_away_does_not_turn_a_failure_into_success() {
    let sandbox = Sandbox::new();
    sandbox.without_engine("podman");
    let mut doctor = sandbox.command(&["doctor"]);
    doctor.env("PATH", sandbox.path("bin")).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = doctor.spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(4));
}
