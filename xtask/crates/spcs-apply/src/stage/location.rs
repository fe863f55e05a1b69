//! The response to a PUT: the upload location and its credentials.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Deserializer};

use super::crypto::EncryptionMaterial;

/// The characters that are percent-encoded in a path segment.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The response to a PUT.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PutReply {
    pub(super) stage_info: StageInfo,
    #[serde(default)]
    pub(super) encryption_material: Option<EncryptionMaterial>,
}

/// The upload location.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StageInfo {
    pub(super) location_type: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) location: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) region: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) storage_account: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) end_point: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) presigned_url: String,
    #[serde(default, deserialize_with = "flag")]
    pub(super) use_regional_url: bool,
    #[serde(default, deserialize_with = "flag")]
    pub(super) use_virtual_url: bool,
    #[serde(default)]
    pub(super) creds: Creds,
}

/// The credentials for the storage.
#[derive(Default, Deserialize)]
#[serde(rename_all = "UPPERCASE", default)]
pub(super) struct Creds {
    pub(super) aws_key_id: Option<String>,
    pub(super) aws_secret_key: Option<String>,
    pub(super) aws_token: Option<String>,
    pub(super) azure_sas_token: Option<String>,
    pub(super) gcs_access_token: Option<String>,
}

/// Deserializes null as the empty string.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl PutReply {
    /// Whether the storage can reject an overwrite, so that no check is needed before the upload.
    pub(super) fn can_be_conditional(&self) -> bool {
        let info = &self.stage_info;
        info.location_type != "GCS" || info.creds.gcs_access_token.is_some()
    }
}

impl StageInfo {
    /// The bucket or container, and the file's key in it.
    fn place(&self, file: &str) -> (&str, String) {
        let (bucket, prefix) = self.location.split_once('/').unwrap_or((&self.location, ""));
        let key = format!("{}/{file}", prefix.trim_end_matches('/'));
        (bucket, encoded(key.trim_start_matches('/')))
    }

    /// The endpoint in the response, with a scheme.
    fn named_endpoint(&self) -> Option<String> {
        match self.end_point.as_str() {
            "" => None,
            url if url.contains("://") => Some(url.trim_end_matches('/').to_owned()),
            host => Some(format!("https://{host}")),
        }
    }

    pub(super) fn gcs_url(&self, file: &str) -> String {
        let (bucket, key) = self.place(file);
        // Some regions require their regional endpoint.
        let regional = self.use_regional_url || self.region.eq_ignore_ascii_case("me-central2");
        match self.named_endpoint() {
            Some(endpoint) => format!("{endpoint}/{bucket}/{key}"),
            None if self.use_virtual_url => {
                format!("https://{bucket}.storage.googleapis.com/{key}")
            }
            None if regional => {
                let region = self.region.to_lowercase();
                format!("https://storage.{region}.rep.googleapis.com/{bucket}/{key}")
            }
            None => format!("https://storage.googleapis.com/{bucket}/{key}"),
        }
    }

    pub(super) fn azure_url(&self, file: &str) -> String {
        let (container, key) = self.place(file);
        let domain = match self.end_point.as_str() {
            "" => "core.windows.net",
            named => named.strip_prefix("blob.").unwrap_or(named),
        };
        let token = self.creds.azure_sas_token.as_deref().unwrap_or_default();
        format!(
            "https://{}.blob.{domain}/{container}/{key}?{}",
            self.storage_account,
            token.trim_start_matches('?')
        )
    }

    pub(super) fn s3_url(&self, file: &str) -> String {
        let (bucket, key) = self.place(file);
        match self.named_endpoint() {
            Some(endpoint) => {
                let (scheme, host) = endpoint.split_once("://").unwrap_or(("https", &endpoint));
                format!("{scheme}://{bucket}.{host}/{key}")
            }
            None => {
                let end = if self.region.starts_with("cn-") { ".cn" } else { "" };
                format!("https://{bucket}.s3.{}.amazonaws.com{end}/{key}", self.region)
            }
        }
    }
}

fn encoded(key: &str) -> String {
    let segments = key.split('/').map(|part| utf8_percent_encode(part, SEGMENT).to_string());
    segments.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(json: serde_json::Value) -> StageInfo {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn each_storage_gets_the_url_that_its_own_clients_use() {
        let gcs = info(serde_json::json!({
            "locationType": "GCS", "location": "bucket/stages/a b/", "region": "us-central1",
            "endPoint": null, "presignedUrl": null, "useRegionalUrl": null, "creds": {"GCS_ACCESS_TOKEN": "t"},
        }));
        assert_eq!(
            gcs.gcs_url("f.yaml"),
            "https://storage.googleapis.com/bucket/stages/a%20b/f.yaml"
        );
        let local = info(serde_json::json!({
            "locationType": "GCS", "location": "bucket/", "endPoint": "http://127.0.0.1:8462",
        }));
        assert_eq!(local.gcs_url("f.yaml"), "http://127.0.0.1:8462/bucket/f.yaml");
        let azure = info(serde_json::json!({
            "locationType": "AZURE", "location": "cont/p/", "storageAccount": "acct",
            "endPoint": "blob.core.windows.net", "creds": {"AZURE_SAS_TOKEN": "?sv=1"},
        }));
        assert_eq!(azure.azure_url("f"), "https://acct.blob.core.windows.net/cont/p/f?sv=1");
        let s3 = info(serde_json::json!({
            "locationType": "S3", "location": "b/p/", "region": "us-west-2",
        }));
        assert_eq!(s3.s3_url("f"), "https://b.s3.us-west-2.amazonaws.com/p/f");
    }
}
