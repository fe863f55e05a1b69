//! CREATE, ALTER and DROP SERVICE: privileges and errors.

use crate::client::{Client, platform, quick};
use crate::identity::{prepared, service};

const BLOCK: &str = "    volumeMounts: [{name: data, mountPath: /data}]\n  volumes: \
                     [{name: data, source: block, size: 1Gi}]";

#[tokio::test]
async fn dropping_a_service_with_a_block_volume_requires_force() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = prepared(&platform).await;
    client.run(&service("keeps", BLOCK)).await;
    assert_eq!(client.refused("DROP SERVICE d.public.keeps").await, "395021");
    assert_eq!(client.rows("SHOW SERVICES IN DATABASE d").await.len(), 1);
    client.run("DROP SERVICE d.public.keeps FORCE").await;
    platform.stop().await;
}

#[tokio::test]
async fn if_not_exists_holds_for_services_that_are_created_at_the_same_time() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = prepared(&platform).await;
    for name in ["one", "two", "three"] {
        let create = service(name, "").replace("CREATE SERVICE", "CREATE SERVICE IF NOT EXISTS");
        let answers = futures_util::future::join_all((0..16).map(|_| client.submit(&create))).await;
        for answer in answers {
            assert_eq!(answer["success"], true, "{answer}");
        }
    }
    assert_eq!(client.rows("SHOW SERVICES IN DATABASE d").await.len(), 3);
    platform.stop().await;
}

#[tokio::test]
async fn a_specification_must_name_existing_objects_and_possible_resources() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = prepared(&platform).await;
    let plain = service("s", "");
    for (image, code) in [
        ("quay.io/d/public/r/i:latest", "395017"),
        ("${org_name}-${acct_name}.registry.snowflakecomputing.com/d/public/r/i", "395017"),
        ("/d/public/r/other", "395017"),
        ("/d/public/nope/i", "002003"),
    ] {
        assert_eq!(client.refused(&plain.replace("/d/public/r/i", image)).await, code, "{image}");
    }
    client.run("CREATE STAGE d.public.closed").await;
    let mount = "    volumeMounts: [{name: v, mountPath: /v}]\n  volumes: \
                 [{name: v, source: stage, stageConfig: {name: \"@d.public.closed\"}}]";
    assert_eq!(client.refused(&service("s", mount)).await, "395018", "client-side encryption");
    let large = "    resources: {requests: {memory: 14Gi}}";
    assert_eq!(client.refused(&service("s", large)).await, "395018", "larger than a node");
    let all = "    resources: {requests: {cpu: 0.1}}\n  - name: two\n    image: /d/public/r/i\n    \
               resources: {requests: {cpu: 2.7}}\n  - name: three\n    image: /d/public/r/i\n    \
               resources: {requests: {cpu: 0.2}}";
    client.run(&service("whole_node", all)).await;
    for count in ["MIN_INSTANCES=5000000000 MAX_INSTANCES=5000000000", "MIN_READY_INSTANCES=2"] {
        assert_eq!(client.refused(&format!("{plain} {count}")).await, "001008", "{count}");
    }
    let host = platform.status().registry.clone();
    for (index, host) in [host.clone(), host.replace("127.0.0.1", "localhost")].iter().enumerate() {
        let named = service(&format!("named{index}"), "");
        client.run(&named.replace("/d/public/r/i", &format!("{host}/d/public/r/i:latest"))).await;
    }
    platform.stop().await;
}

#[tokio::test]
async fn services_and_image_repositories_cannot_have_names_that_need_quotes() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = prepared(&platform).await;
    client.run("CREATE SCHEMA d.\"public\"").await;
    for path in
        ["d.public.\"r\"", "d.\"public\".r", "d.public.\"a b\"", "IDENTIFIER('d.public.\"x\"')"]
    {
        let create = format!("CREATE IMAGE REPOSITORY {path}");
        assert_eq!(client.refused(&create).await, "001008", "{create}");
        let create = service("s", "").replace("d.public.s", path);
        assert_eq!(client.refused(&create).await, "001008", "{create}");
    }
    platform.stop().await;
}

#[tokio::test]
async fn a_pool_resumed_by_one_service_starts_its_other_services() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = prepared(&platform).await;
    client.run(&service("one", "")).await;
    let gone =
        async || client.rows("SHOW SERVICE INSTANCES IN SERVICE d.public.one").await.is_empty();
    let until = async |wanted: bool| {
        let wait = async {
            while gone().await != wanted {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(20), wait).await.expect("in time");
    };
    until(false).await;
    client.run("ALTER COMPUTE POOL p SUSPEND").await;
    until(true).await;
    client.run(&service("two", "")).await;
    until(false).await;
    platform.stop().await;
}

#[tokio::test]
async fn altering_a_service_uses_the_privileges_of_its_owner() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = prepared(&platform).await;
    client.run(&service("s", "")).await;
    client
        .run(
            "USE ROLE ACCOUNTADMIN; CREATE ROLE op; CREATE USER u PASSWORD='p' DEFAULT_ROLE=op;
             GRANT ROLE op TO USER u; GRANT USAGE ON DATABASE d TO ROLE op;
             GRANT USAGE ON SCHEMA d.public TO ROLE op; GRANT OPERATE ON SERVICE d.public.s TO ROLE op",
        )
        .await;
    let operator = Client::login(&platform, "u", "p", serde_json::json!({})).await.unwrap();
    operator
        .run(
            "ALTER SERVICE d.public.s SUSPEND; ALTER SERVICE d.public.s RESUME;
             ALTER SERVICE d.public.s SET COMMENT = 'c'",
        )
        .await;
    assert_eq!(operator.refused("DROP SERVICE d.public.s").await, "003001");
    platform.stop().await;
}
