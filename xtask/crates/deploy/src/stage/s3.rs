//! AWS's request signature (version 4), for one PUT: the body is not part of it, TLS guards that.

use aws_lc_rs::hmac;
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::digest::hex;

/// Who signs, and where the request goes.
pub(super) struct Signer<'a> {
    pub(super) key_id: &'a str,
    pub(super) secret_key: &'a str,
    pub(super) region: &'a str,
    /// `20251231T235959Z`
    pub(super) time: &'a str,
}

impl Signer<'_> {
    /// The `Authorization` header for a PUT with these headers, whose names are in lower case.
    /// `host` is added here.
    pub(super) fn authorization(&self, url: &Url, headers: &[(String, String)]) -> String {
        let host = match (url.host_str(), url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (host, _) => host.unwrap_or_default().to_owned(),
        };
        let mut headers: Vec<(&str, &str)> = headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.trim()))
            .chain([("host", host.as_str())])
            .collect();
        headers.sort_unstable();
        let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
        let lines: String =
            headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let request = format!("PUT\n{}\n\n{lines}\n{names}\nUNSIGNED-PAYLOAD", url.path());

        let day = self.time.get(..8).unwrap_or_default();
        let scope = format!("{day}/{}/s3/aws4_request", self.region);
        let to_sign = format!(
            "AWS4-HMAC-SHA256\n{}\n{scope}\n{}",
            self.time,
            hex(&Sha256::digest(request.as_bytes()))
        );
        let start = format!("AWS4{}", self.secret_key).into_bytes();
        let key = [day, self.region, "s3", "aws4_request"]
            .iter()
            .fold(start, |key, part| sign(&key, part.as_bytes()));
        let signature = hex(&sign(&key, to_sign.as_bytes()));
        format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
            self.key_id
        )
    }
}

fn sign(key: &[u8], text: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text).as_ref().to_vec()
}
