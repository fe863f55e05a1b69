//! Uploads files to a stage: a PUT statement, which the connector does not support, and the upload
//! to the stage's cloud storage.

mod crypto;
mod error;
mod location;
mod s3;
mod upload;

pub use error::StageError;

use crate::account::RestSession;
use location::PutReply;

/// The result of a put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// The file was uploaded.
    Uploaded,
    /// A file with that name already exists.
    Skipped,
}

/// Uploads `bytes` as `file_name` to a stage such as `@DB.SCHEMA.STAGE` or a folder of it.
/// An existing file with that name is not overwritten, whatever its content.
pub async fn put(
    session: &RestSession,
    bytes: Vec<u8>,
    stage: &str,
    file_name: &str,
) -> Result<Put, StageError> {
    check_names(stage, file_name)?;
    // The path only determines the file's name. Upload `bytes`, never a file that the server names.
    let sql = format!(
        "PUT file:///{file_name} {stage} AUTO_COMPRESS=FALSE SOURCE_COMPRESSION=NONE OVERWRITE=FALSE"
    );
    let reply = session.query(&sql).await?;
    let reply: PutReply = serde_json::from_value(reply)
        .map_err(|error| StageError::Reply { problem: error.to_string() })?;
    if !reply.can_be_conditional() && exists(session, stage, file_name).await? {
        return Ok(Put::Skipped);
    }
    let put = upload::upload(session.http(), &reply, file_name, bytes).await?;
    tracing::debug!(stage, file_name, ?put, "put");
    Ok(put)
}

/// Whether the stage has a file with exactly this name.
async fn exists(session: &RestSession, stage: &str, file: &str) -> Result<bool, StageError> {
    let reply = session.query(&format!("LIST {stage}/{file}")).await?;
    let names = reply["rowset"].as_array().into_iter().flatten();
    // LIST returns every file whose name starts with this one.
    Ok(names.filter_map(|row| row[0].as_str()).any(|name| name.rsplit('/').next() == Some(file)))
}

fn check_names(stage: &str, file: &str) -> Result<(), StageError> {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    let name_error =
        |name: &str, what, rule| Err(StageError::Name { name: name.to_owned(), what, rule });
    if file.is_empty() || file.starts_with('.') || !file.bytes().all(letter) {
        return name_error(file, "file", "letters, digits, `_`, `-` and `.`");
    }
    match stage.strip_prefix('@') {
        Some(name)
            if !name.is_empty()
                && name.bytes().all(|byte| letter(byte) || matches!(byte, b'/' | b'~' | b'$')) =>
        {
            Ok(())
        }
        _ => name_error(stage, "stage", "`@` and a plain name, with `/` for folders"),
    }
}

#[cfg(test)]
mod tests;
