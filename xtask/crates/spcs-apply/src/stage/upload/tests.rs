//! The requests to each cloud: the header names are those that Snowflake's own clients expect.

use serde_json::{Value, json};

use super::*;

fn request(info: Value) -> (Request, Vec<String>) {
    let reply = json!({
        "stageInfo": info,
        "encryptionMaterial": {
            "queryStageMasterKey": STANDARD.encode([7; 16]), "queryId": "q1", "smkId": 42,
        },
    });
    let reply: PutReply = serde_json::from_value(reply).unwrap();
    let request = prepare(&reply, "a.yaml", b"spec".to_vec()).ok().unwrap();
    let mut names: Vec<_> = request.headers.iter().map(|(name, _)| name.clone()).collect();
    names.sort();
    (request, names)
}

fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    let found = request.headers.iter().find(|(own, _)| own == name);
    found.map_or("none", |(_, value)| value)
}

/// The digest of the unencrypted content, `spec`.
fn digest() -> String {
    STANDARD.encode(Sha256::digest(b"spec"))
}

#[test]
fn azure_requests_create_a_block_blob_with_the_envelope_and_never_overwrite() {
    let (request, names) = request(json!({
        "locationType": "AZURE", "location": "cont/p/", "storageAccount": "acct",
        "endPoint": "blob.core.windows.net", "creds": {"AZURE_SAS_TOKEN": "sv=1&sig=x"},
    }));
    assert_eq!(request.url, "https://acct.blob.core.windows.net/cont/p/a.yaml?sv=1&sig=x");
    assert_eq!(
        names,
        [
            "if-none-match",
            "x-ms-blob-type",
            "x-ms-meta-encryptiondata",
            "x-ms-meta-matdesc",
            "x-ms-meta-sfcdigest",
        ]
    );
    assert_eq!(header(&request, "if-none-match"), "*");
    assert_eq!(header(&request, "x-ms-blob-type"), "BlockBlob");
    assert_eq!(header(&request, "x-ms-meta-sfcdigest"), digest());
    let description: Value = serde_json::from_str(header(&request, "x-ms-meta-matdesc")).unwrap();
    assert_eq!(description, json!({"queryId": "q1", "smkId": "42", "keySize": "128"}));
    let envelope = header(&request, "x-ms-meta-encryptiondata");
    let envelope: Value = serde_json::from_str(envelope).unwrap();
    assert_eq!(envelope["EncryptionMode"], "FullBlob");
    assert_ne!(request.body, b"spec");
    assert_eq!(request.body.len(), 16, "one block of AES");
}

#[test]
fn s3_requests_sign_all_headers_and_never_overwrite() {
    let (request, names) = request(json!({
        "locationType": "S3", "location": "bucket/p/", "region": "us-west-2",
        "creds": {"AWS_KEY_ID": "id", "AWS_SECRET_KEY": "key", "AWS_TOKEN": "token"},
    }));
    assert_eq!(request.url, "https://bucket.s3.us-west-2.amazonaws.com/p/a.yaml");
    let sent = [
        "authorization",
        "content-type",
        "if-none-match",
        "x-amz-content-sha256",
        "x-amz-date",
        "x-amz-meta-sfc-digest",
        "x-amz-meta-x-amz-iv",
        "x-amz-meta-x-amz-key",
        "x-amz-meta-x-amz-matdesc",
        "x-amz-security-token",
    ];
    assert_eq!(names, sent);
    assert_eq!(header(&request, "x-amz-meta-sfc-digest"), digest());
    assert_eq!(header(&request, "x-amz-security-token"), "token");
    let (_, signed) = header(&request, "authorization").split_once("SignedHeaders=").unwrap();
    let signed: Vec<_> = signed.split_once(',').unwrap().0.split(';').collect();
    let mut expected: Vec<_> = sent[1..].iter().copied().chain(["host"]).collect();
    expected.sort_unstable();
    assert_eq!(signed, expected);
}

#[test]
fn the_error_for_an_unsupported_storage_type_names_it() {
    let reply = json!({"stageInfo": {"locationType": "LOCAL_FS", "location": "/tmp"}});
    let reply: PutReply = serde_json::from_value(reply).unwrap();
    let error = prepare(&reply, "a.yaml", Vec::new()).err().unwrap().to_string();
    assert!(error.contains("LOCAL_FS"), "{error}");
}
