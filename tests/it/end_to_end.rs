//! The whole of it with real containers: from a copy of the project to a notebook in a browser,
//! and away again.
//!
//! One deployment is the subject of one story: containers and images are what costs time here.
//! Runs when `SPCS_TEST_ENGINE` names an engine, as `cargo xtask ci` does.

mod browser;
mod changing;
mod coming;
mod deployment;
mod engine;
mod going;
mod notebook;
mod witness;

use deployment::Deployment;
use engine::Engine;
use witness::Witness;

use crate::stranger::Stranger;

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_comes_works_changes_survives_and_goes() {
    let Some(engine) = Engine::asked_for() else { return };
    let witness = Witness::new();
    let deployment = &Deployment::new(engine);
    deployment.succeed(&["local", "start", "-vvv"]);
    let before = going::Sight::of(deployment, engine).await;

    let (url, said) = coming::killed_anywhere_a_deploy_is_finished_by_the_next(deployment);
    coming::verify_finds_the_answer(deployment);
    coming::a_second_deploy_changes_nothing(deployment);
    let password = coming::secrets_stay_where_they_belong(deployment, engine, &said, &witness);
    drop(witness);
    coming::a_killed_platform_finds_its_services_again(deployment);

    let profile = |name: &str| deployment.path(&format!("target/browser-{name}"));
    notebook::answers_the_question(&profile("user"), &url, "MILVUS_USER", &password).await;
    // Made up here, for a user that lives as long as this test.
    let made_up = "Not-4-secret";
    let account = Stranger::new(&deployment.platform()).await;
    account.sql(&format!("CREATE USER PASSER_BY PASSWORD = '{made_up}'")).await;
    notebook::is_closed_to(&profile("passer-by"), &url, "PASSER_BY", made_up).await;

    changing::an_edited_notebook_rolls_one_service(deployment);
    changing::an_edited_spec_rolls_one_service(deployment, engine);
    going::verify_says_why_it_fails(deployment).await;
    going::clean_takes_away_what_is_ours_alone(deployment, engine, &before).await;
    going::a_platform_without_its_state_begins_with_nothing(deployment);
}
