//! The body of a login request, for each authentication method.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use pkcs8::der::Decode as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{AccountError, Auth, Connection};
use crate::secret::Secret;

/// How long a signed JWT is valid.
const JWT_SECONDS: u64 = 600;

/// The body of a login request. It contains the credentials, so never log it.
pub(super) fn body(connection: &Connection) -> Result<Value, AccountError> {
    let proof = match &connection.auth {
        Auth::Password(secret) => json!({"PASSWORD": secret.expose()}),
        Auth::Token(token) => {
            json!({"AUTHENTICATOR": "PROGRAMMATIC_ACCESS_TOKEN", "TOKEN": token.expose()})
        }
        Auth::OAuth(token) => json!({"AUTHENTICATOR": "OAUTH", "TOKEN": token.expose()}),
        Auth::KeyPair { pem, passphrase } => {
            let token = signed_jwt(connection, pem, passphrase.as_ref()).map_err(|problem| {
                AccountError::Key {
                    connection: connection.name.as_str().into(),
                    problem: problem.into(),
                }
            })?;
            json!({"AUTHENTICATOR": "SNOWFLAKE_JWT", "TOKEN": token})
        }
    };
    let mut data = json!({
        "CLIENT_APP_ID": "spcs-xtask",
        "CLIENT_APP_VERSION": env!("CARGO_PKG_VERSION"),
        "ACCOUNT_NAME": connection.account,
        "LOGIN_NAME": connection.user,
        "SESSION_PARAMETERS": {},
    });
    if let (Some(data), Value::Object(proof)) = (data.as_object_mut(), proof) {
        data.extend(proof);
    }
    Ok(json!({"data": data}))
}

/// A JWT that proves possession of the private key.
fn signed_jwt(
    connection: &Connection,
    pem: &Secret,
    passphrase: Option<&Secret>,
) -> Result<String, String> {
    let key = key_pair(pem, passphrase)?;
    let public: PublicKeyX509Der<'_> =
        key.public_key().as_der().map_err(|_| "it has no public half".to_owned())?;
    let fingerprint = STANDARD.encode(Sha256::digest(public.as_ref()));
    let account = connection.account.split('.').next().unwrap_or_default().to_uppercase();
    let subject = format!("{account}.{}", connection.user.to_uppercase());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let claims = json!({
        "iss": format!("{subject}.SHA256:{fingerprint}"),
        "sub": subject,
        "iat": now,
        "exp": now + JWT_SECONDS,
    });
    let header = json!({"typ": "JWT", "alg": "RS256"});
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&header), part(&claims));
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
        .map_err(|_| "it does not sign".to_owned())?;
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

fn key_pair(pem: &Secret, passphrase: Option<&Secret>) -> Result<KeyPair, String> {
    let (_, document) = pkcs8::SecretDocument::from_pem(pem.expose().trim())
        .map_err(|_| "it is not PEM".to_owned())?;
    let document = match passphrase {
        None => document,
        Some(passphrase) => pkcs8::EncryptedPrivateKeyInfo::from_der(document.as_bytes())
            .map_err(|_| "it is not an encrypted PKCS#8 key".to_owned())?
            .decrypt(passphrase.expose())
            .map_err(|_| "the passphrase does not open it".to_owned())?,
    };
    KeyPair::from_pkcs8(document.as_bytes())
        .map_err(|_| "it is not a PKCS#8 RSA key, or it is encrypted".to_owned())
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::Pkcs8V1Der;
    use aws_lc_rs::rsa::KeySize;
    use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
    use pkcs8::LineEnding;

    use super::*;

    #[test]
    fn the_jwt_contains_the_key_fingerprint_and_is_signed_with_the_key() {
        let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let der: Pkcs8V1Der<'_> = key.as_der().unwrap();
        let document = pkcs8::SecretDocument::try_from(der.as_ref()).unwrap();
        let pem = document.to_pem("PRIVATE KEY", LineEnding::LF).unwrap();
        let connection = Connection {
            name: "dev".to_owned(),
            account: "org-acct.region".to_owned(),
            user: "me".to_owned(),
            url: url::Url::parse("https://x").unwrap(),
            auth: Auth::KeyPair { pem: Secret::new(pem.as_str()), passphrase: None },
            role: None,
            warehouse: None,
        };
        let body = body(&connection).ok().unwrap();
        let token = body["data"]["TOKEN"].as_str().unwrap();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key().as_ref())
            .verify(signed.as_bytes(), &signature)
            .unwrap();
        let claims = URL_SAFE_NO_PAD.decode(signed.split_once('.').unwrap().1).unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!(claims["sub"], "ORG-ACCT.ME");
        assert!(claims["iss"].as_str().unwrap().starts_with("ORG-ACCT.ME.SHA256:"));
    }
}
