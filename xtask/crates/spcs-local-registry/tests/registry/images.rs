//! Tests of manifests, tags, referrers and the deletion of repositories.

use std::collections::HashSet;

use http::{Method, StatusCode};
use serde_json::json;
use spcs_local_registry::Registry;

use crate::accounts::id;
use crate::server::{CONFIG, OCI_MANIFEST, TestServer, code, digest, manifest};

const NAME: &str = "db/public/one/app";

#[tokio::test]
async fn a_pushed_image_is_found_by_tag_and_digest_also_after_a_restart() {
    let server = TestServer::start().await;
    let pushed = server.push_image(NAME, "v1", b"layer").await;
    for reference in ["v1", &pushed] {
        let path = format!("/v2/{NAME}/manifests/{reference}");
        let answer = server.get(&path).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.text(), manifest(b"layer"));
        assert_eq!(answer.header("content-type"), OCI_MANIFEST);
        assert_eq!(answer.header("docker-content-digest"), pushed);
        let head = server.send(Method::HEAD, &path, &[], "").await;
        assert_eq!(head.header("content-length"), answer.body.len().to_string());
    }
    let before = server.registry.images(&id("db/public/one")).unwrap();
    assert_eq!((before[0].name.as_str(), &before[0].tags[..]), ("app", &["v1".to_owned()][..]));

    let reopened = Registry::open(server.directory.path()).unwrap();
    assert_eq!(reopened.images(&id("db/public/one")).unwrap(), before);
    let resolve = |reference| reopened.resolve(&id("db/public/one"), "app", reference).unwrap();
    assert_eq!(resolve("v1").as_deref(), Some(pushed.as_str()));
    assert_eq!(resolve(&pushed).as_deref(), Some(pushed.as_str()));
    assert_eq!(resolve("v2"), None);
}

#[tokio::test]
async fn a_manifest_that_refers_to_missing_content_is_refused() {
    let server = TestServer::start().await;
    server.push_blob(NAME, CONFIG).await;
    let answer = server.put_manifest(NAME, "v1", &manifest(b"layer")).await;
    assert_eq!(
        (answer.status, &*code(&answer)),
        (StatusCode::BAD_REQUEST, "MANIFEST_BLOB_UNKNOWN")
    );
    assert_eq!(answer.json()["errors"][0]["detail"]["digest"], digest(b"layer"));

    let index = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [{ "mediaType": OCI_MANIFEST, "digest": digest(b"none"), "size": 4 }],
    });
    let answer = server.put_manifest(NAME, "v1", &index.to_string()).await;
    assert_eq!(code(&answer), "MANIFEST_BLOB_UNKNOWN");
    assert_eq!(code(&server.get(&format!("/v2/{NAME}/tags/list")).await), "NAME_UNKNOWN");
}

#[tokio::test]
async fn an_invalid_manifest_is_refused() {
    let server = TestServer::start().await;
    server.push_image(NAME, "v1", b"layer").await;
    let good = manifest(b"layer");
    for bad in [
        "{".to_owned(),
        good.replace("\"schemaVersion\":2", "\"schemaVersion\":1"),
        good.replace("\"size\":5", "\"size\":6"),
        good.replace(OCI_MANIFEST, "application/vnd.docker.distribution.manifest.v1+json"),
    ] {
        let answer = server.put_manifest(NAME, "bad", &bad).await;
        assert_eq!((answer.status, &*code(&answer)), (StatusCode::BAD_REQUEST, "MANIFEST_INVALID"));
    }
    let answer = server.put_manifest(NAME, &digest(b"other"), &good).await;
    assert_eq!((answer.status, &*code(&answer)), (StatusCode::BAD_REQUEST, "DIGEST_INVALID"));
    let headers = [("content-type", "application/vnd.oci.image.index.v1+json")];
    let path = format!("/v2/{NAME}/manifests/bad");
    let answer = server.send(Method::PUT, &path, &headers, good).await;
    assert_eq!(code(&answer), "MANIFEST_INVALID");
}

#[tokio::test]
async fn an_image_for_another_platform_is_accepted_with_a_warning() {
    let server = TestServer::start().await;
    let config: &[u8] = br#"{"os":"linux","architecture":"arm64"}"#;
    server.push_blob(NAME, config).await;
    server.push_blob(NAME, b"layer").await;
    let arm = manifest(b"layer")
        .replace(&digest(CONFIG), &digest(config))
        .replace(&format!("\"size\":{}", CONFIG.len()), &format!("\"size\":{}", config.len()));
    let answer = server.put_manifest(NAME, "arm", &arm).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    assert!(answer.header("warning").contains("linux/amd64"), "{answer:?}");
}

#[tokio::test]
async fn tags_are_listed_sorted_and_in_pages() {
    let server = TestServer::start().await;
    for tag in ["b", "A", "c"] {
        server.push_image(NAME, tag, b"layer").await;
    }
    let all = server.get(&format!("/v2/{NAME}/tags/list")).await;
    assert_eq!(all.json(), json!({ "name": NAME, "tags": ["A", "b", "c"] }));
    let page = server.get(&format!("/v2/{NAME}/tags/list?n=2")).await;
    assert_eq!(page.json()["tags"], json!(["A", "b"]));
    let next = format!("</v2/{NAME}/tags/list?n=2&last=b>; rel=\"next\"");
    assert_eq!(page.header("link"), next);
    let rest = server.get(&format!("/v2/{NAME}/tags/list?n=2&last=b")).await;
    assert_eq!((rest.json()["tags"].clone(), rest.header("link")), (json!(["c"]), ""));
}

#[tokio::test]
async fn a_referrer_is_listed_under_its_subject() {
    let server = TestServer::start().await;
    let subject = server.push_image(NAME, "v1", b"layer").await;
    let mut artifact: serde_json::Value = serde_json::from_str(&manifest(b"layer")).unwrap();
    artifact["artifactType"] = json!("application/x-sbom");
    artifact["subject"] = json!({ "mediaType": OCI_MANIFEST, "digest": subject, "size": 1 });
    let answer = server.put_manifest(NAME, "sbom", &artifact.to_string()).await;
    assert_eq!(answer.header("oci-subject"), subject);
    let list = async |query: &str| {
        server.get(&format!("/v2/{NAME}/referrers/{subject}{query}")).await.json()["manifests"]
            .as_array()
            .unwrap()
            .clone()
    };
    assert_eq!(list("").await[0]["digest"], answer.header("docker-content-digest"));
    assert_eq!(list("?artifactType=application/x-sbom").await.len(), 1);
    assert_eq!(list("?artifactType=application/x-other").await.len(), 0);
}

#[tokio::test]
async fn single_images_cannot_be_deleted() {
    let server = TestServer::start().await;
    let pushed = server.push_image(NAME, "v1", b"layer").await;
    for path in [format!("manifests/{pushed}"), format!("blobs/{}", digest(b"layer"))] {
        let answer = server.send(Method::DELETE, &format!("/v2/{NAME}/{path}"), &[], "").await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(code(&answer), "UNSUPPORTED");
    }
}

#[tokio::test]
async fn deleting_a_repository_deletes_only_blobs_that_no_other_repository_uses() {
    let server = TestServer::start().await;
    server.push_image("db/public/one/app", "v1", b"shared").await;
    server.push_image("db/public/one/app", "v2", b"only here").await;
    let kept = server.push_image("db/public/two/deep/app", "v1", b"shared").await;
    let kept_id = HashSet::from([id("db/public/two")]);
    assert_eq!(server.registry.others(&kept_id).unwrap(), [id("db/public/one")]);
    server.registry.remove_repository(&id("db/public/one")).unwrap();
    assert_eq!(server.registry.others(&kept_id).unwrap(), []);
    assert_eq!(server.registry.images(&id("db/public/one")).unwrap(), []);
    let rows = server.registry.images(&id("db/public/two")).unwrap();
    assert_eq!((rows[0].name.as_str(), &rows[0].digest), ("deep/app", &kept));

    let mut left: Vec<String> = fs_err::read_dir(server.directory.path().join("blobs"))
        .unwrap()
        .map(|entry| format!("sha256:{}", entry.unwrap().file_name().into_string().unwrap()))
        .collect();
    left.sort();
    let mut expected = vec![digest(CONFIG), digest(b"shared"), kept];
    expected.sort();
    assert_eq!(left, expected);
}

#[tokio::test]
async fn opening_the_store_deletes_leftovers_of_an_interrupted_run() {
    let server = TestServer::start().await;
    let pushed = server.push_image(NAME, "v1", b"layer").await;
    let stray = server.directory.path().join("blobs").join("0".repeat(64));
    let draft = server.directory.path().join("temporary/draft");
    fs_err::write(&stray, "never linked").unwrap();
    fs_err::write(&draft, "never finished").unwrap();
    let reopened = Registry::open(server.directory.path()).unwrap();
    assert!(!stray.exists() && !draft.exists());
    let found = reopened.resolve(&id("db/public/one"), "app", "v1").unwrap();
    assert_eq!(found.as_deref(), Some(pushed.as_str()));
    assert_eq!(server.get(&format!("/v2/{NAME}/blobs/{}", digest(b"layer"))).await.text(), "layer");
}

#[tokio::test]
async fn a_repository_that_replaces_another_of_its_name_has_none_of_its_content() {
    let server = TestServer::start().await;
    let pushed = server.push_image(NAME, "v1", b"layer").await;
    let start = format!("/v2/{NAME}/blobs/uploads/");
    let upload = server.send(Method::POST, &start, &[], "").await.header("location").to_owned();
    server.accounts.replace_repository("db/public/one");
    let layer = digest(b"layer");
    for path in ["manifests/v1", &format!("manifests/{pushed}"), &format!("blobs/{layer}")] {
        let answer = server.get(&format!("/v2/{NAME}/{path}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    let answer = server.put_manifest(NAME, "v1", &manifest(b"layer")).await;
    assert_eq!(code(&answer), "MANIFEST_BLOB_UNKNOWN", "the layer is in the other repository");
    let finish = format!("{upload}&digest={layer}");
    let answer = server.send(Method::PUT, &finish, &[], "layer").await;
    assert_eq!(code(&answer), "BLOB_UPLOAD_UNKNOWN", "the upload is of the other repository");
}
