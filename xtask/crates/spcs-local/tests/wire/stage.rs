//! Files on stages.

use crate::client::{Client, INCOMING, platform, quick, stage_directories, text};
use axum::body::Body;
use http::Method;
use serde_json::json;

#[tokio::test]
async fn an_uploaded_file_is_a_plain_file_on_disk_and_is_listed() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    client.run("USE ROLE SYSADMIN; CREATE DATABASE d; CREATE STAGE s").await;
    client.put("@s/specs", "a b.yaml", "spec: 1\n").await;
    let stage = stage_directories(directory.path()).remove(0);
    assert_eq!(fs_err::read_to_string(stage.join("specs/a b.yaml")).unwrap(), "spec: 1\n");
    let listed = &client.rows("LS @d.public.s/specs").await[0];
    assert_eq!(text(listed, "name"), "s/specs/a b.yaml");
    assert_eq!(text(listed, "size"), "8");
    assert_eq!(text(listed, "md5"), "052b33c0de0efa0691d6cb943f343074");
    let got = client.submit("GET @s/specs file:///tmp/").await;
    assert_eq!(got["data"]["src_locations"], json!(["specs/a b.yaml"]));
    client.run("REMOVE @s").await;
    assert!(client.rows("LS @s").await.is_empty());
    platform.stop().await;
}

#[tokio::test]
async fn a_presigned_url_permits_one_file_and_no_implicit_overwrite() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let password = platform.status().password.clone();
    let classic = json!({"CLIENT_APP_ID": "PythonConnector", "CLIENT_APP_VERSION": "4.7.5"});
    let client = Client::login(&platform, "ADMIN", &password, classic).await.unwrap();
    client.run("CREATE DATABASE d; CREATE STAGE s").await;
    let answer = client.submit("PUT file:///x/a.csv @s").await;
    let url = answer["data"]["stageInfo"]["presignedUrl"].as_str().unwrap().to_owned();
    assert!(url.contains("/a%2Ecsv%2Egz?"), "{url}");
    let put = async |text: &'static str| {
        let request = client
            .request(Method::PUT, &url)
            .header("x-goog-if-generation-match", "0")
            .body(Body::from(text))
            .unwrap();
        client.send(request).await.0
    };
    assert_eq!(put("one").await, 200);
    assert_eq!(put("two").await, 412);
    let stage = stage_directories(directory.path()).remove(0);
    assert_eq!(fs_err::read_to_string(stage.join("a.csv.gz")).unwrap(), "one");
    let id = stage.file_name().unwrap().to_str().unwrap();
    for (elsewhere, status) in [
        (url.replace(id, "0123456789abcdef"), 403),
        (url.replace("a%2Ecsv", "..%2F..%2Fx"), 400),
        (url.replace("a%2Ecsv", &"a".repeat(256)), 400),
        (url.replace("a%2Ecsv", "a%2Ecsv%2Egz%2Fb"), 400),
    ] {
        let request = client.request(Method::PUT, &elsewhere).body(Body::from("x")).unwrap();
        assert_eq!(client.send(request).await.0, status, "{elsewhere}");
    }
    platform.stop().await;
}

/// Clients of every kind, by the id and version that they log in with.
const CLIENTS: [(&str, &str); 7] = [
    ("PythonConnector", "4.7.5"),
    ("PythonConnector", "5.2.0"),
    ("SNOWFLAKE_CLI", "3.30.0"),
    ("JavaScript", "2.4.3"),
    ("JavaScript", "3.3.0"),
    ("JDBC", "3.27.0"),
    ("spcs-xtask", "0.1.0"),
];

#[tokio::test]
async fn no_client_replaces_a_file_without_overwrite() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let password = platform.status().password.clone();
    for (id, version) in CLIENTS {
        let application = json!({"CLIENT_APP_ID": id, "CLIENT_APP_VERSION": version});
        let client = Client::login(&platform, "ADMIN", &password, application).await.unwrap();
        client.run("CREATE OR REPLACE DATABASE d; CREATE STAGE s").await;
        let upload = async |options: &str, text: &'static str| {
            // With a pattern, every client gets an answer to which it uploads.
            let sql = format!("PUT 'file:///x/?' @s/a AUTO_COMPRESS=FALSE {options}");
            let answer = client.submit(&sql).await;
            assert_eq!(answer["data"]["command"], "UPLOAD", "{id} {version}");
            let info = &answer["data"]["stageInfo"];
            let token = info["creds"]["GCS_ACCESS_TOKEN"].as_str().unwrap_or_else(|| {
                let url = info["presignedUrl"].as_str().unwrap();
                url.rsplit_once("X-Goog-Signature=").unwrap().1
            });
            let path = format!("/{}a.txt", info["location"].as_str().unwrap());
            let put = client
                .request(Method::PUT, &path)
                .header("Authorization", format!("Bearer {token}"))
                .body(Body::from(text))
                .unwrap();
            client.send(put).await.0
        };
        assert_eq!(upload("", "one").await, 200, "{id} {version}");
        assert_eq!(upload("", "two").await, 412, "{id} {version}");
        assert_eq!(upload("OVERWRITE=FALSE", "two").await, 412, "{id} {version}");
        let listed = &client.rows("LIST @s").await[0];
        assert_eq!(text(listed, "size"), "3");
        assert_eq!(text(listed, "md5"), "f97c5d29941bfb1b2fdab0874906ab82", "{id} {version}");
        assert_eq!(upload("OVERWRITE=TRUE", "three").await, 200, "{id} {version}");
        assert_eq!(text(&client.rows("LIST @s").await[0], "size"), "5");
    }
    platform.stop().await;
}

#[tokio::test]
async fn the_classic_connector_gets_the_row_of_a_skipped_file() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let password = platform.status().password.clone();
    let classic = json!({"CLIENT_APP_ID": "PythonConnector", "CLIENT_APP_VERSION": "4.7.5"});
    let client = Client::login(&platform, "ADMIN", &password, classic).await.unwrap();
    client.run("CREATE DATABASE d; CREATE STAGE s").await;
    Client::admin(&platform).await.put("@d.public.s/d", "a.gz", "one").await;
    let skipped = &client.rows("PUT file:///x/a @s/d").await[0];
    for (column, value) in [("source", "a"), ("target", "a.gz"), ("status", "SKIPPED")] {
        assert_eq!(text(skipped, column), value);
    }
    for other in ["@s/d AUTO_COMPRESS=FALSE", "@s", "@s/d OVERWRITE=TRUE"] {
        let answer = client.submit(&format!("PUT file:///x/a {other}")).await;
        assert_eq!(answer["data"]["command"], "UPLOAD", "{other}");
    }
    // The connector asks for each file that a pattern matches, and uploads to the URL it gets.
    let answer = client.submit("PUT file://a.gz @s/d").await;
    let url = answer["data"]["stageInfo"]["presignedUrl"].as_str().unwrap();
    let request = client.request(Method::PUT, url).body(Body::from("two")).unwrap();
    assert_eq!(client.send(request).await.0, 412);
    platform.stop().await;
}

#[tokio::test]
async fn put_rejects_the_result_format_of_queries() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    client.run("CREATE DATABASE d; CREATE STAGE s").await;
    let request = client
        .request(Method::POST, "/queries/v1/query-request?requestId=x")
        .header("Authorization", format!("Snowflake Token=\"{}\"", client.token))
        .header("Accept", "application/snowflake")
        .header("Content-Type", "application/json")
        .body(Body::from(json!({"sqlText": "PUT file:///a @s"}).to_string()))
        .unwrap();
    let (_, body) = client.send(request).await;
    let answer: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(answer["code"], "000002");
    platform.stop().await;
}

#[tokio::test]
async fn a_path_that_the_file_system_does_not_take_is_refused_before_anything_is_made() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    let long = "n".repeat(255);
    client.run(&format!("CREATE DATABASE d; CREATE STAGE \"{long}\"; CREATE STAGE \"..\"")).await;
    client.put("@\"..\"", "a", "x").await;
    client.put(&format!("@\"{long}\""), "b", "x").await;
    let listed = client.rows("LS @\"..\"").await;
    assert_eq!((listed.len(), text(&listed[0], "name")), (1, "../a"));
    for path in [format!("/{}", "x".repeat(256)), format!("/{}", "x/".repeat(1501))] {
        for statement in ["PUT file:///x/a", "LS", "REMOVE"] {
            let sql = format!("{statement} @\"..\"{path}");
            let answer = client.submit(&sql).await;
            assert!(answer["message"].as_str().unwrap().contains("longer than"), "{answer}");
        }
    }
    assert_eq!(stage_directories(directory.path()).len(), 2);
    platform.stop().await;
}

/// Services can create links on stages through their volumes.
#[tokio::test]
async fn links_on_a_stage_are_not_followed() {
    let outside = tempfile::tempdir().unwrap();
    fs_err::write(outside.path().join("secret"), "spec: 1").unwrap();
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    client.run("USE ROLE SYSADMIN; CREATE DATABASE d; CREATE STAGE s").await;
    client.put("@s", "plain", "x").await;
    let stage = stage_directories(directory.path()).remove(0);
    let id = stage.file_name().unwrap().to_str().unwrap().to_owned();
    std::os::unix::fs::symlink(outside.path(), stage.join("d")).unwrap();
    std::os::unix::fs::symlink("nowhere", stage.join("dangling")).unwrap();
    std::os::unix::fs::symlink(".", stage.join("loop")).unwrap();
    let listed = client.rows("LS @s").await;
    assert_eq!((listed.len(), text(&listed[0], "name")), (1, "s/plain"));
    let token = |answer: &serde_json::Value| {
        answer["data"]["stageInfo"]["creds"]["GCS_ACCESS_TOKEN"].as_str().unwrap().to_owned()
    };
    let get = token(&client.submit("GET @s file:///tmp/").await);
    let put = token(&client.submit("PUT file:///x/a @s/d").await);
    for (method, file, token) in [
        (Method::GET, "d/secret", &get),
        (Method::HEAD, "d/secret", &get),
        (Method::PUT, "d/a", &put),
    ] {
        let request = client
            .request(method.clone(), &format!("/stage/{id}/{file}"))
            .header("Authorization", format!("Bearer {token}"))
            .body(Body::from("x"))
            .unwrap();
        assert_eq!(client.send(request).await.0, 403, "{method} {file}");
    }
    client.run("CREATE COMPUTE POOL p MIN_NODES=1 MAX_NODES=1 INSTANCE_FAMILY=CPU_X64_XS").await;
    let create = "CREATE SERVICE v IN COMPUTE POOL p FROM @s/d SPECIFICATION_FILE='secret'";
    let answer = client.submit(create).await;
    assert!(
        answer["message"].as_str().unwrap().contains("leads through a symbolic link"),
        "{answer}"
    );
    client.run("REMOVE @s").await;
    assert_eq!(fs_err::read_dir(outside.path()).unwrap().count(), 1);
    platform.stop().await;
}

#[tokio::test]
async fn a_permit_ends_with_its_stage_and_a_start_deletes_incomplete_uploads() {
    let directory = tempfile::tempdir().unwrap();
    let incoming = directory.path().join("stages").join(INCOMING);
    fs_err::create_dir_all(&incoming).unwrap();
    fs_err::write(incoming.join("half"), "x").unwrap();
    let platform = platform(directory.path(), quick()).await;
    assert_eq!(fs_err::read_dir(incoming).unwrap().count(), 0);
    let client = Client::admin(&platform).await;
    client.run("CREATE DATABASE d; CREATE STAGE s").await;
    let answer = client.submit("PUT file:///x/a @s").await;
    let info = &answer["data"]["stageInfo"];
    let token = info["creds"]["GCS_ACCESS_TOKEN"].as_str().unwrap();
    let location = info["location"].as_str().unwrap();
    client.run("DROP STAGE s; CREATE STAGE s").await;
    let request = client
        .request(Method::PUT, &format!("/{location}a"))
        .header("Authorization", format!("Bearer {token}"))
        .body(Body::from("x"))
        .unwrap();
    assert_eq!(client.send(request).await.0, 403);
    platform.stop().await;
}

#[tokio::test]
async fn a_stage_that_replaces_another_is_empty() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    client.run("CREATE DATABASE d; CREATE STAGE s").await;
    for again in ["CREATE OR REPLACE STAGE s", "DROP STAGE s; CREATE STAGE s"] {
        client.put("@s", "a", "x").await;
        client.run(again).await;
        assert!(client.rows("LS @s").await.is_empty(), "{again}");
    }
    assert_eq!(
        fs_err::read_dir(directory.path().join("stages").join(INCOMING)).unwrap().count(),
        0
    );
    platform.stop().await;
}
