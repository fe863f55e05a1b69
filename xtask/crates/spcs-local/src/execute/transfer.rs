//! PUT and GET: the server returns where the files are stored, and the client transfers them.

use serde_json::{Value as Json, json};

use spcs_local_files::FilePath;

use super::stage::files;
use super::{Executor, Outcome};
use crate::permits::Permission;
use crate::rows::{Rows, cell};
use crate::session::TransferShape;
use crate::sql::{SqlError, Value};
use crate::stage_path::StageLocation;
use crate::statement::Transfer;

/// The headers that clients expect a presigned URL to sign.
const SIGNED_HEADERS: &str = "content-encoding;host;x-goog-if-generation-match;\
                              x-goog-meta-encryptiondata;x-goog-meta-matdesc;\
                              x-goog-meta-sfc-digest";

impl Executor {
    pub(super) fn put(&self, transfer: &Transfer) -> Result<Outcome, SqlError> {
        let location = self.location(&transfer.location, "WRITE")?;
        let option = |name: &str| transfer.options.iter().find(|(n, _)| n == name).map(|(_, v)| v);
        let compress = option("AUTO_COMPRESS").and_then(Value::boolean).unwrap_or(true);
        let overwrite = option("OVERWRITE").and_then(Value::boolean).unwrap_or(false);
        let source = option("SOURCE_COMPRESSION").map_or("auto_detect".to_owned(), Value::shown);
        let prefix = location.url_prefix(Some(&location.at.path));
        let permission = if overwrite { Permission::Replace } else { Permission::Create };
        let token = self.account.permits.issue(prefix.clone(), permission);
        let name = destination(&transfer.file, compress, &source);
        let presigned = self.presigned(&format!("{prefix}{name}"), &token);
        let stage_info = self.stage_info(&location, &prefix, &token, Some(presigned));
        if !overwrite
            && self.session.shape == TransferShape::Classic
            && names_one_file(&transfer.file)
            && self.is_on_stage(&location, &name)?
        {
            return Ok(Outcome::Skipped { rows: skipped(&transfer.file, &name), stage_info });
        }
        Ok(Outcome::Transfer(json!({
            "uploadInfo": stage_info,
            "src_locations": [transfer.file],
            "parallel": option("PARALLEL").and_then(Value::number).unwrap_or(4),
            "threshold": 209_715_200,
            "autoCompress": compress,
            "overwrite": overwrite,
            "sourceCompression": source.to_lowercase(),
            "clientShowEncryptionParameter": true,
            "encryptionMaterial": null,
            "stageInfo": stage_info,
            "command": "UPLOAD",
            "kind": null,
            "operation": "Node",
        })))
    }

    /// Whether a stage has a file of this name at a location.
    fn is_on_stage(&self, location: &StageLocation, name: &str) -> Result<bool, SqlError> {
        let Ok(path) = FilePath::parse(&format!("{}/{name}", location.at.path.shown())) else {
            return Ok(false);
        };
        let Some(stage) = self.open_stage(location)? else { return Ok(false) };
        // Where no file can be, the upload fails with the reason.
        Ok(stage.file(&path).is_ok_and(|file| file.is_some()))
    }

    pub(super) fn get(&self, transfer: &Transfer) -> Result<Outcome, SqlError> {
        if transfer.options.iter().any(|(name, _)| name == "PATTERN") {
            return Err(SqlError::unsupported("PATTERN"));
        }
        let location = self.location(&transfer.location, "READ")?;
        let found = match self.open_stage(&location)? {
            Some(stage) => files(&stage, &location.at)?,
            None => Vec::new(),
        };
        let files: Vec<String> = found.iter().map(|file| file.path.shown()).collect();
        let prefix = location.url_prefix(None);
        let token = self.account.permits.issue(prefix.clone(), Permission::Read);
        let url = |file: &String| self.presigned(&format!("{prefix}{file}"), &token);
        // A list in any case: the driver for Node.js looks into it.
        let urls: Vec<String> = match self.session.shape {
            TransferShape::Classic | TransferShape::Presigned => files.iter().map(url).collect(),
            TransferShape::Token => Vec::new(),
        };
        let stage_info = self.stage_info(&location, &prefix, &token, None);
        let option = |name: &str| transfer.options.iter().find(|(n, _)| n == name).map(|(_, v)| v);
        Ok(Outcome::Transfer(json!({
            "src_locations": files,
            "presignedUrls": urls,
            "localLocation": transfer.file,
            "parallel": option("PARALLEL").and_then(Value::number).unwrap_or(4),
            "threshold": 209_715_200,
            "autoCompress": false,
            "overwrite": false,
            "sourceCompression": "none",
            "clientShowEncryptionParameter": true,
            "encryptionMaterial": null,
            "stageInfo": stage_info,
            "command": "DOWNLOAD",
            "kind": null,
            "operation": "Node",
        })))
    }

    fn stage_info(
        &self,
        location: &StageLocation,
        prefix: &str,
        token: &str,
        presigned: Option<String>,
    ) -> Json {
        let by_token = self.session.shape == TransferShape::Token;
        let creds = if by_token { json!({"GCS_ACCESS_TOKEN": token}) } else { json!({}) };
        let end_point = if by_token { json!(self.url()) } else { Json::Null };
        json!({
            "locationType": "GCS",
            // The bucket and prefix; the bucket is also the first part of our paths.
            "location": format!("stage/{prefix}"),
            "path": format!("{}/", location.at.path.shown()),
            "region": "local",
            "storageAccount": null,
            "isClientSideEncrypted": false,
            "useS3RegionalUrl": false,
            "useRegionalUrl": false,
            "useVirtualUrl": false,
            "creds": creds,
            "presignedUrl": if by_token { None } else { presigned },
            "endPoint": end_point,
        })
    }

    /// The URL at which the session's client reaches the platform.
    fn url(&self) -> String {
        self.account.url_for(&self.session.state().identity)
    }

    fn presigned(&self, path: &str, token: &str) -> String {
        let parts: Vec<String> = path
            .split('/')
            .map(|part| {
                percent_encoding::utf8_percent_encode(part, percent_encoding::NON_ALPHANUMERIC)
                    .to_string()
            })
            .collect();
        format!(
            "{}/stage/{}?X-Goog-SignedHeaders={SIGNED_HEADERS}&X-Goog-Signature={token}",
            self.url(),
            parts.join("/")
        )
    }
}

/// Whether a PUT's path names a file. Otherwise the client finds the files that match it.
fn names_one_file(file: &str) -> bool {
    !file.contains(['*', '?', '['])
}

/// What a client reports when it skips a file. The size of the client's file is not known here.
fn skipped(file: &str, name: &str) -> Rows {
    let source = file.rsplit('/').next().unwrap_or(file);
    Rows::table(
        [
            "source",
            "target",
            "source_size#",
            "target_size#",
            "source_compression",
            "target_compression",
            "status",
            "message",
        ],
        [[
            cell(source),
            cell(name),
            None,
            cell(0),
            cell("NONE"),
            cell(if name == source { "NONE" } else { "GZIP" }),
            cell("SKIPPED"),
            cell(""),
        ]],
    )
}

/// The file name on the stage: with `.gz` if the client compresses the file.
fn destination(file: &str, compress: bool, source: &str) -> String {
    let name = file.rsplit('/').next().unwrap_or(file);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let packed = matches!(
        extension.to_lowercase().as_str(),
        "gz" | "gzip" | "bz2" | "br" | "zst" | "deflate" | "raw_deflate" | "parquet" | "orc"
    ) || !matches!(source.to_lowercase().as_str(), "auto_detect" | "none");
    if compress && !packed { format!("{name}.gz") } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::destination;

    #[test]
    fn gz_is_added_only_to_uncompressed_names() {
        assert_eq!(destination("/a/milvus.yaml", true, "auto_detect"), "milvus.yaml.gz");
        assert_eq!(destination("milvus.yaml.gz", true, "auto_detect"), "milvus.yaml.gz");
        assert_eq!(destination("/a/milvus.yaml", false, "auto_detect"), "milvus.yaml");
    }
}
