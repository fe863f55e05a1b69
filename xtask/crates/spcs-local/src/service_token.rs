//! The tokens with which containers log in as their service.
//!
//! The platform stores none: a token states its service and its end, with a signature that only the
//! platform can make. So each is valid until its own end, also after a restart.

use std::time::{Duration, SystemTime};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::clock::{self, Millis};
use crate::password::hex;

/// Issues and reads tokens.
#[derive(Clone)]
pub(crate) struct ServiceTokens {
    key: String,
    validity: Duration,
}

impl ServiceTokens {
    pub(crate) fn new(key: String, validity: Duration) -> Self {
        Self { key, validity }
    }

    /// A token for the service with this id.
    pub(crate) fn issue(&self, service: &str) -> String {
        let until = clock::of(SystemTime::now() + self.validity);
        let claims = format!("{service}.{until}");
        let signature = hex(&self.signer(&claims).finalize().into_bytes());
        format!("{claims}.{signature}")
    }

    /// The id of the service in a token that is valid now.
    pub(crate) fn service<'a>(&self, token: &'a str) -> Option<&'a str> {
        let (claims, signature) = token.rsplit_once('.')?;
        self.signer(claims).verify_slice(&unhex(signature)?).ok()?;
        let (service, until) = claims.rsplit_once('.')?;
        let until: Millis = until.parse().ok()?;
        (clock::now() < until).then_some(service)
    }

    fn signer(&self, claims: &str) -> Hmac<Sha256> {
        let signer = Hmac::<Sha256>::new_from_slice(self.key.as_bytes());
        // It takes keys of any length.
        let Ok(signer) = signer else { unreachable!("a key of {} bytes", self.key.len()) };
        signer.chain_update(claims)
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(key: &str, validity: u64) -> ServiceTokens {
        ServiceTokens::new(key.to_owned(), Duration::from_secs(validity))
    }

    #[test]
    fn a_token_names_its_service_until_it_ends() {
        let token = tokens("key", 60).issue("a1");
        assert_eq!(tokens("key", 1).service(&token), Some("a1"), "its own end counts");
        assert_eq!(tokens("key", 60).service(&tokens("key", 0).issue("a1")), None);
        assert_ne!(tokens("key", 61).issue("a1"), token);
    }

    #[test]
    fn a_changed_or_foreign_token_is_invalid() {
        let token = tokens("key", 60).issue("a1");
        assert_eq!(tokens("other", 60).service(&token), None);
        for at in 0..token.len() {
            for byte in [b'0', b'f', b'.', b'z'] {
                let mut changed = token.clone().into_bytes();
                if changed[at] == byte {
                    continue;
                }
                changed[at] = byte;
                let changed = String::from_utf8(changed).unwrap();
                assert_eq!(tokens("key", 60).service(&changed), None, "{changed}");
            }
        }
        for text in ["", ".", "..", "a1", "a1.99999999999999", "a1.99999999999999."] {
            assert_eq!(tokens("key", 60).service(text), None, "{text}");
        }
    }
}
