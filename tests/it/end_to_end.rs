//! Deploys a copy of the project with real containers, opens the notebook in a browser, and cleans
//! up again.
//!
//! One test does everything with one deployment, because containers and images take most of the
//! time. Runs when `SPCS_TEST_ENGINE` names an engine, as `cargo xtask ci` does.

mod browser;
mod cleanup;
mod deployment;
mod deploys;
mod edits;
mod ended_builds;
mod engine;
mod logins;
mod notebook;
mod other_users;
mod process_watcher;

use deployment::Deployment;
use engine::Engine;
use process_watcher::ProcessWatcher;

use crate::sql_client::SqlClient;

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_works_survives_kills_applies_edits_and_is_cleaned_up() {
    let Some(engine) = Engine::from_environment() else { return };
    let watcher = ProcessWatcher::start();
    let deployment = &Deployment::new(engine);
    deployment.succeed(&["local", "start", "-vvv"]);
    let before = cleanup::Inventory::of(deployment, engine).await;

    let (url, output) =
        deploys::a_deploy_killed_in_any_phase_is_completed_by_the_next_run(deployment);
    deploys::verify_finds_the_answer(deployment);
    deploys::a_second_deploy_changes_nothing(deployment);
    let password = deploys::secrets_are_not_exposed(deployment, engine, &output, &watcher);
    drop(watcher);
    deploys::a_restarted_platform_adopts_its_running_services(deployment);
    logins::a_token_is_valid_only_in_the_containers_of_its_service(deployment, engine).await;

    notebook::answers_the_ingress_only(deployment, engine).await;
    // Only root can become another user.
    if rustix::process::geteuid().is_root() {
        other_users::cannot_connect_to_containers(deployment, engine);
        other_users::get_no_privileges_from_files_of_a_stage(deployment, engine);
    }
    let profile = |name: &str| deployment.path(&format!("target/browser-{name}"));
    notebook::shows_the_answer(&profile("user"), &url, "MILVUS_USER", &password).await;
    // The password of a user that exists only during this test.
    let other_password = "Not-4-secret";
    let client = SqlClient::new(&deployment.platform()).await;
    client.sql(&format!("CREATE USER OTHER_USER PASSWORD = '{other_password}'")).await;
    notebook::refuses_a_user_without_access(
        &profile("other-user"),
        &url,
        "OTHER_USER",
        other_password,
    )
    .await;

    edits::an_edited_notebook_rolls_one_service(deployment);
    edits::an_edited_spec_rolls_one_service(deployment, engine);
    ended_builds::leave_nothing(deployment, engine);
    cleanup::verify_reports_why_it_fails(deployment).await;
    cleanup::clean_removes_only_objects_of_the_deployment(deployment, engine, &before).await;
    cleanup::a_platform_without_its_state_removes_its_containers(deployment);
}
