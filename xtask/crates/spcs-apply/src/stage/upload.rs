//! Uploads one file to a stage's cloud storage. Each cloud has its own names for the same headers.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Client, StatusCode};
use sha2::{Digest as _, Sha256};
use url::Url;

use super::crypto::{Encrypted, encrypt};
use super::location::{PutReply, StageInfo};
use super::s3::Signer;
use super::{Put, StageError};

/// The number of attempts. The pause doubles after each.
const TRIES: u32 = 4;
const PAUSE: Duration = Duration::from_millis(500);

/// The timeout of one upload. The files are specs of a few KiB.
const UPLOAD_LIMIT: Duration = Duration::from_secs(60);

/// An upload request for any of the clouds.
struct Request {
    url: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// Uploads a file to the location in the reply.
pub(super) async fn upload(
    http: &Client,
    reply: &PutReply,
    file: &str,
    bytes: Vec<u8>,
) -> Result<Put, StageError> {
    let request = prepare(reply, file, bytes)?;
    let mut tries = 0;
    loop {
        tries += 1;
        let call = http.put(&request.url).timeout(UPLOAD_LIMIT);
        let call =
            request.headers.iter().fold(call, |call, (name, value)| call.header(name, value));
        let problem = match call.body(request.body.clone()).send().await {
            Ok(answer) if answer.status().is_success() => return Ok(Put::Uploaded),
            // The condition of the request failed: the file exists.
            Ok(answer)
                if matches!(
                    answer.status(),
                    StatusCode::PRECONDITION_FAILED | StatusCode::CONFLICT
                ) =>
            {
                // After a failed attempt, that attempt may have written the file.
                return Ok(if tries == 1 { Put::Skipped } else { Put::Uploaded });
            }
            Ok(answer) => {
                let status = answer.status();
                let text = answer.text().await.unwrap_or_default();
                let problem = format!("{status} {}", first_line(&text));
                let again = status.is_server_error() || matches!(status.as_u16(), 408 | 429);
                if !again {
                    return Err(StageError::Store { answer: problem });
                }
                problem
            }
            // The URL may contain the credentials for the storage.
            Err(error) => crate::error::chain(&error.without_url()),
        };
        if tries == TRIES {
            return Err(StageError::Store { answer: problem });
        }
        tracing::debug!(file, tries, %problem, "upload is tried again");
        tokio::time::sleep(PAUSE * 2_u32.pow(tries - 1)).await;
    }
}

fn first_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect()
}

fn prepare(reply: &PutReply, file: &str, bytes: Vec<u8>) -> Result<Request, StageError> {
    let info = &reply.stage_info;
    let answer = |problem: String| StageError::Reply { problem };
    // Snowflake's drivers compare files by the digest of the unencrypted content.
    let digest = STANDARD.encode(Sha256::digest(&bytes));
    let (encrypted, body) = match &reply.encryption_material {
        None => (None, bytes),
        Some(material) => {
            let mut encrypted = encrypt(material, bytes).map_err(answer)?;
            let body = std::mem::take(&mut encrypted.bytes);
            (Some(encrypted), body)
        }
    };
    let (url, headers) = match info.location_type.as_str() {
        "GCS" => gcs(info, file, &digest, encrypted.as_ref()),
        "AZURE" => (info.azure_url(file), azure(&digest, encrypted.as_ref())),
        "S3" => s3(info, file, &digest, encrypted.as_ref()).map_err(answer)?,
        other => {
            return Err(answer(format!("stages of type {other} are not known here")));
        }
    };
    let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Ok(Request { url, headers, body })
}

type Headers = Vec<(&'static str, String)>;

fn gcs(
    info: &StageInfo,
    file: &str,
    digest: &str,
    encrypted: Option<&Encrypted>,
) -> (String, Headers) {
    let mut headers: Headers =
        vec![("content-encoding", String::new()), ("x-goog-meta-sfc-digest", digest.to_owned())];
    if let Some(encrypted) = encrypted {
        headers.push(("x-goog-meta-encryptiondata", encrypted.envelope()));
        headers.push(("x-goog-meta-matdesc", encrypted.description.clone()));
    }
    match &info.creds.gcs_access_token {
        Some(token) => {
            headers.push(("authorization", format!("Bearer {token}")));
            headers.push(("x-goog-if-generation-match", "0".to_owned()));
            (info.gcs_url(file), headers)
        }
        None => (info.presigned_url.clone(), headers),
    }
}

fn azure(digest: &str, encrypted: Option<&Encrypted>) -> Headers {
    let mut headers: Headers = vec![
        ("x-ms-blob-type", "BlockBlob".to_owned()),
        ("if-none-match", "*".to_owned()),
        ("x-ms-meta-sfcdigest", digest.to_owned()),
    ];
    if let Some(encrypted) = encrypted {
        headers.push(("x-ms-meta-encryptiondata", encrypted.envelope()));
        headers.push(("x-ms-meta-matdesc", encrypted.description.clone()));
    }
    headers
}

fn s3(
    info: &StageInfo,
    file: &str,
    digest: &str,
    encrypted: Option<&Encrypted>,
) -> Result<(String, Headers), String> {
    let creds = &info.creds;
    let (Some(key_id), Some(secret_key)) = (&creds.aws_key_id, &creds.aws_secret_key) else {
        return Err("it holds no AWS credentials".to_owned());
    };
    let url = Url::parse(&info.s3_url(file)).map_err(|error| error.to_string())?;
    let time = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let mut headers: Headers = vec![
        ("content-type", "application/octet-stream".to_owned()),
        ("if-none-match", "*".to_owned()),
        ("x-amz-content-sha256", "UNSIGNED-PAYLOAD".to_owned()),
        ("x-amz-date", time.clone()),
        ("x-amz-meta-sfc-digest", digest.to_owned()),
    ];
    if let Some(encrypted) = encrypted {
        headers.push(("x-amz-meta-x-amz-key", encrypted.key.clone()));
        headers.push(("x-amz-meta-x-amz-iv", encrypted.iv.clone()));
        headers.push(("x-amz-meta-x-amz-matdesc", encrypted.description.clone()));
    }
    if let Some(token) = &creds.aws_token {
        headers.push(("x-amz-security-token", token.clone()));
    }
    let signed: Vec<_> =
        headers.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
    let signer = Signer { key_id, secret_key, region: &info.region, time: &time };
    headers.push(("authorization", signer.authorization(&url, &signed)));
    Ok((url.into(), headers))
}

#[cfg(test)]
mod tests;
