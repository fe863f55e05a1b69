//! Client-side encryption of files for stages that require it: AES-CBC with a random key per file,
//! which is stored wrapped (AES-ECB) with the stage's key.

use aws_lc_rs::cipher::{
    AES_128, AES_256, Algorithm, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

/// The encryption material from the server.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EncryptionMaterial {
    query_stage_master_key: String,
    query_id: String,
    /// A number or a string, depending on the server.
    smk_id: serde_json::Value,
}

/// An encrypted file and its metadata.
pub(super) struct Encrypted {
    pub(super) bytes: Vec<u8>,
    pub(super) key: String,
    pub(super) iv: String,
    /// JSON that identifies the stage key.
    pub(super) description: String,
}

impl Encrypted {
    /// The metadata as one JSON text, as stages on Azure and Google Cloud store it.
    pub(super) fn envelope(&self) -> String {
        serde_json::json!({
            "EncryptionMode": "FullBlob",
            "WrappedContentKey": {
                "KeyId": "symmKey1", "EncryptedKey": self.key, "Algorithm": "AES_CBC_256",
            },
            "EncryptionAgent": {"Protocol": "1.0", "EncryptionAlgorithm": "AES_CBC_256"},
            "ContentEncryptionIV": self.iv,
            "KeyWrappingMetadata": {"EncryptionLibrary": "Java 5.3.0"},
        })
        .to_string()
    }
}

/// Encrypts a file. The error describes the problem with the material.
pub(super) fn encrypt(
    material: &EncryptionMaterial,
    mut bytes: Vec<u8>,
) -> Result<Encrypted, String> {
    let stage_key = STANDARD
        .decode(&material.query_stage_master_key)
        .map_err(|_| "the stage's key is not base64".to_owned())?;
    let algorithm = match stage_key.len() {
        16 => &AES_128,
        32 => &AES_256,
        other => return Err(format!("the stage's key has {other} bytes")),
    };
    let failed = |_: Unspecified| "the encryption failed".to_owned();
    let mut file_key = vec![0; stage_key.len()];
    let mut iv = [0; 16];
    rand::fill(&mut file_key).and_then(|()| rand::fill(&mut iv)).map_err(failed)?;

    encrypt_file(algorithm, &file_key, iv, &mut bytes).map_err(failed)?;
    wrap_key(algorithm, &stage_key, &mut file_key).map_err(failed)?;
    let smk_id = match &material.smk_id {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let description = serde_json::json!({
        "queryId": material.query_id,
        "smkId": smk_id,
        "keySize": (stage_key.len() * 8).to_string(),
    });
    Ok(Encrypted {
        bytes,
        key: STANDARD.encode(&file_key),
        iv: STANDARD.encode(iv),
        description: description.to_string(),
    })
}

fn encrypt_file(
    algorithm: &'static Algorithm,
    key: &[u8],
    iv: [u8; 16],
    bytes: &mut Vec<u8>,
) -> Result<(), Unspecified> {
    let key = PaddedBlockEncryptingKey::cbc_pkcs7(UnboundCipherKey::new(algorithm, key)?)?;
    key.less_safe_encrypt(bytes, EncryptionContext::Iv128(FixedLength::from(iv))).map(drop)
}

fn wrap_key(
    algorithm: &'static Algorithm,
    stage_key: &[u8],
    file_key: &mut Vec<u8>,
) -> Result<(), Unspecified> {
    let key = PaddedBlockEncryptingKey::ecb_pkcs7(UnboundCipherKey::new(algorithm, stage_key)?)?;
    key.encrypt(file_key).map(drop)
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::cipher::{DecryptionContext, PaddedBlockDecryptingKey};

    use super::*;

    #[test]
    fn the_stage_key_and_the_metadata_decrypt_the_file() {
        for (length, algorithm, smk_id) in
            [(16, &AES_128, serde_json::json!(7)), (32, &AES_256, serde_json::json!("7"))]
        {
            let stage_key = vec![9; length];
            let material = EncryptionMaterial {
                query_stage_master_key: STANDARD.encode(&stage_key),
                query_id: "01-q".to_owned(),
                smk_id,
            };
            let plain = b"spec:\n  containers: []\n".to_vec();
            let encrypted = encrypt(&material, plain.clone()).unwrap();
            assert_eq!(encrypted.bytes.len(), plain.len() + 16 - plain.len() % 16);
            assert_eq!(
                encrypted.description,
                format!(r#"{{"queryId":"01-q","smkId":"7","keySize":"{}"}}"#, length * 8)
            );

            let envelope: serde_json::Value = serde_json::from_str(&encrypted.envelope()).unwrap();
            let part = |text: &serde_json::Value| STANDARD.decode(text.as_str().unwrap()).unwrap();
            let mut key = part(&envelope["WrappedContentKey"]["EncryptedKey"]);
            let iv: [u8; 16] = part(&envelope["ContentEncryptionIV"]).try_into().unwrap();
            let unwrap = UnboundCipherKey::new(algorithm, &stage_key).unwrap();
            let unwrap = PaddedBlockDecryptingKey::ecb_pkcs7(unwrap).unwrap();
            let key = unwrap.decrypt(&mut key, DecryptionContext::None).unwrap();
            let open = UnboundCipherKey::new(algorithm, key).unwrap();
            let open = PaddedBlockDecryptingKey::cbc_pkcs7(open).unwrap();
            let mut bytes = encrypted.bytes;
            let context = DecryptionContext::Iv128(FixedLength::from(iv));
            assert_eq!(open.decrypt(&mut bytes, context).unwrap(), plain.as_slice());
        }
    }
}
