//! Logins with the tokens of services.

use super::deployment::Deployment;
use super::deploys::session_file;
use super::engine::Engine;
use crate::sql_client::login;

/// Runs in a container. It is a file of its own, because it is what a service would do.
const CONTAINER_LOGIN: &str = include_str!("container_login.py");

/// A container logs in with its token through `SNOWFLAKE_HOST`. The token of another service is
/// refused there, and every token outside of its containers.
pub(crate) async fn a_token_is_valid_only_in_the_containers_of_its_service(
    deployment: &Deployment,
    engine: Engine,
) {
    let jupyter = deployment.container("jupyter");
    let [milvus_token, jupyter_token] = ["milvus", "jupyter"]
        .map(|name| session_file(&engine.inspect(&deployment.container(name)), "token"));
    let printed =
        engine.execute(&jupyter, "1000", &["python3", "-c", CONTAINER_LOGIN], &milvus_token);
    assert_eq!(printed.lines().collect::<Vec<_>>(), ["JUPYTER SYSADMIN", "390303"]);

    let platform = deployment.platform();
    for token in [milvus_token, jupyter_token] {
        let credentials = serde_json::json!({"AUTHENTICATOR": "OAUTH", "TOKEN": token});
        assert_eq!(login(&platform, &credentials).await["code"], "390303");
    }
}
