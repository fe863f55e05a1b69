//! Identities of sessions: users and services with the same name have different privileges.

use crate::client::{Client, platform, quick, token_login};
use serde_json::json;
use spcs_local::Platform;

/// Creates a database `d` with an image, and a pool. Returns the owner's session.
pub(crate) async fn prepared(platform: &Platform) -> Client {
    let client = Client::admin(platform).await;
    client
        .run(
            "USE ROLE SYSADMIN; CREATE DATABASE d; CREATE IMAGE REPOSITORY r;
             CREATE COMPUTE POOL p MIN_NODES=1 MAX_NODES=1 INSTANCE_FAMILY=CPU_X64_S",
        )
        .await;
    client.push(platform, "d/public/r/i").await;
    client
}

/// `CREATE SERVICE` with one container, and more lines for the spec.
pub(crate) fn service(name: &str, more: &str) -> String {
    format!(
        "CREATE SERVICE d.public.{name} IN COMPUTE POOL p FROM SPECIFICATION $$\nspec:\n  \
         containers:\n  - name: c\n    image: /d/public/r/i\n{more}\n$$"
    )
}

#[tokio::test]
async fn a_service_does_not_have_the_privileges_of_a_user_with_its_name() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = prepared(&platform).await;
    client.run(&service("admin", "")).await;
    let inside = Client::inside(&platform, &client, "ADMIN").await;
    let login = token_login(&platform, "ADMIN");
    assert_eq!(inside.cell("SELECT CURRENT_USER()").await, "ADMIN");
    assert_eq!(inside.cell("SELECT CURRENT_ROLE()").await, "SYSADMIN");
    assert_eq!(inside.refused("USE ROLE ACCOUNTADMIN").await, "003013");
    assert_eq!(inside.refused("ALTER USER admin SET PASSWORD = 'x'").await, "002003");
    let mut data = json!({"ACCOUNT_NAME": "spcs-local"});
    data.as_object_mut().unwrap().extend(login.as_object().unwrap().clone());
    let path = "/session/v1/login-request?roleName=ACCOUNTADMIN";
    let answer = inside.post(path, &json!({"data": data})).await;
    assert_eq!(answer["code"], "390189", "{answer}");
    platform.stop().await;
}

#[tokio::test]
async fn a_session_ends_when_its_service_is_dropped_and_not_a_user_with_the_same_name() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = prepared(&platform).await;
    client.run(&service("twin", "")).await;
    let inside = Client::inside(&platform, &client, "TWIN").await;
    client.run("USE ROLE USERADMIN; CREATE USER twin PASSWORD='p'; DROP USER twin").await;
    inside.run("SELECT 1").await;
    client.run("USE ROLE SYSADMIN; DROP SERVICE d.public.twin").await;
    client.run(&service("twin", "")).await;
    let again = Client::inside(&platform, &client, "TWIN").await;
    let path = "/queries/v1/query-request?requestId=again";
    let answer = again.post_as(&inside.token, path, &json!({"sqlText": "SELECT 1"})).await;
    assert_eq!(answer["code"], "390112");
    platform.stop().await;
}

#[tokio::test]
async fn disabling_a_user_ends_its_sessions() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    client.run("CREATE USER u PASSWORD='p'").await;
    let user = Client::login(&platform, "u", "p", json!({})).await.unwrap();
    user.run("SELECT 1").await;
    client.run("ALTER USER u SET DISABLED = TRUE").await;
    assert_eq!(user.submit("SELECT 1").await["code"], "390112");
    client.run("ALTER USER u SET DISABLED = FALSE").await;
    Client::login(&platform, "u", "p", json!({})).await.unwrap();
    platform.stop().await;
}
