//! The registry's errors, in the format of the distribution specification.

use std::io;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::{Value, json};

/// The error codes of the specification that this registry uses, with their HTTP statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    BlobUnknown,
    BlobUploadInvalid,
    BlobUploadUnknown,
    Denied,
    DigestInvalid,
    ManifestBlobUnknown,
    ManifestInvalid,
    ManifestUnknown,
    NameInvalid,
    NameUnknown,
    SizeInvalid,
    TagInvalid,
    Unauthorized,
    Unknown,
    Unsupported,
}

impl Code {
    fn text(self) -> &'static str {
        match self {
            Code::BlobUnknown => "BLOB_UNKNOWN",
            Code::BlobUploadInvalid => "BLOB_UPLOAD_INVALID",
            Code::BlobUploadUnknown => "BLOB_UPLOAD_UNKNOWN",
            Code::Denied => "DENIED",
            Code::DigestInvalid => "DIGEST_INVALID",
            Code::ManifestBlobUnknown => "MANIFEST_BLOB_UNKNOWN",
            Code::ManifestInvalid => "MANIFEST_INVALID",
            Code::ManifestUnknown => "MANIFEST_UNKNOWN",
            Code::NameInvalid => "NAME_INVALID",
            Code::NameUnknown => "NAME_UNKNOWN",
            Code::SizeInvalid => "SIZE_INVALID",
            Code::TagInvalid => "TAG_INVALID",
            Code::Unauthorized => "UNAUTHORIZED",
            Code::Unknown => "UNKNOWN",
            Code::Unsupported => "UNSUPPORTED",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Code::BlobUnknown
            | Code::BlobUploadUnknown
            | Code::ManifestUnknown
            | Code::NameUnknown => StatusCode::NOT_FOUND,
            Code::ManifestBlobUnknown
            | Code::BlobUploadInvalid
            | Code::DigestInvalid
            | Code::ManifestInvalid
            | Code::NameInvalid
            | Code::SizeInvalid
            | Code::TagInvalid => StatusCode::BAD_REQUEST,
            Code::Denied => StatusCode::FORBIDDEN,
            Code::Unauthorized => StatusCode::UNAUTHORIZED,
            Code::Unsupported => StatusCode::METHOD_NOT_ALLOWED,
            Code::Unknown => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// An error response: code, message for people, and extra headers.
#[derive(Debug)]
pub(crate) struct Error {
    code: Code,
    status: StatusCode,
    message: String,
    detail: Value,
    headers: Box<HeaderMap>,
}

impl Error {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Error {
        Error {
            code,
            status: code.status(),
            message: message.into(),
            detail: Value::Null,
            headers: Box::default(),
        }
    }

    /// Adds machine-readable detail.
    pub(crate) fn detail(mut self, detail: Value) -> Error {
        self.detail = detail;
        self
    }

    /// Overrides the code's default status.
    pub(crate) fn status(mut self, status: StatusCode) -> Error {
        self.status = status;
        self
    }

    /// Adds a header. A value that a header cannot hold is ignored.
    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Error {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// The error for a method that a resource does not support.
    pub(crate) fn unsupported(message: &str) -> Error {
        Error::new(Code::Unsupported, message)
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Error {
        tracing::error!(%error, "the registry's store failed");
        Error::new(Code::Unknown, format!("the registry's store failed: {error}"))
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut entry = json!({ "code": self.code.text(), "message": self.message });
        if !self.detail.is_null() {
            entry["detail"] = self.detail;
        }
        (self.status, *self.headers, Json(json!({ "errors": [entry] }))).into_response()
    }
}
