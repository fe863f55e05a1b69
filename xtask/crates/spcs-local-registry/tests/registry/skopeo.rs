//! Compatibility test: skopeo pushes an image and pulls it unchanged.

use std::io::ErrorKind;
use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use crate::accounts::ADMIN;
use crate::server::{CONFIG, TestServer, digest, manifest};

/// Writes an OCI layout with one single-layer image and returns the digest of its manifest.
fn write_layout(directory: &Path) -> String {
    let blobs = directory.join("blobs/sha256");
    fs_err::create_dir_all(&blobs).unwrap();
    // An empty tar archive: two zero blocks.
    let layer = [0_u8; 1024];
    let text = manifest(&layer).replace(".tar+gzip", ".tar");
    for bytes in [&layer[..], CONFIG, text.as_bytes()] {
        fs_err::write(blobs.join(&digest(bytes)["sha256:".len()..]), bytes).unwrap();
    }
    let index = serde_json::json!({
        "schemaVersion": 2,
        "manifests": [{
            "mediaType": crate::server::OCI_MANIFEST,
            "digest": digest(text.as_bytes()),
            "size": text.len(),
            "annotations": { "org.opencontainers.image.ref.name": "v1" },
        }],
    });
    fs_err::write(directory.join("index.json"), index.to_string()).unwrap();
    fs_err::write(directory.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    digest(text.as_bytes())
}

#[tokio::test]
async fn skopeo_pushes_and_pulls_an_image_unchanged() {
    let probe = Command::new("skopeo").arg("--version").stdout(Stdio::null()).status().await;
    if probe.as_ref().is_err_and(|error| error.kind() == ErrorKind::NotFound) {
        eprintln!("skipped: skopeo is not installed");
        return;
    }
    let server = TestServer::start().await;
    let work = tempfile::tempdir().unwrap();
    let layout = work.path().join("layout");
    let pushed = write_layout(&layout);
    let source = format!("oci:{}:v1", layout.display());
    let image = format!("docker://{}/db/public/one/app:v1", server.address);
    let copy = async |creds: &str, tls: &str, from: &str, to: &str| {
        let credentials = format!("{}:{}", ADMIN.0, ADMIN.1);
        let arguments =
            ["copy", "--insecure-policy", "--preserve-digests", creds, &credentials, tls, from, to];
        let run = Command::new("skopeo").args(arguments).output().await.unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    };
    copy("--dest-creds", "--dest-tls-verify=false", &source, &image).await;
    let row = &server.registry.images(&crate::accounts::id("db/public/one")).unwrap()[0];
    assert_eq!((row.name.as_str(), &row.digest), ("app", &pushed));
    let back = format!("oci:{}:v1", work.path().join("back").display());
    copy("--src-creds", "--src-tls-verify=false", &image, &back).await;
    let kept = work.path().join("back/blobs/sha256").join(&pushed["sha256:".len()..]);
    assert!(kept.is_file(), "the manifest changed");
}
