//! Passwords are kept as salted, iterated hashes.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const ROUNDS: u32 = 60_000;

/// A password that can be checked but not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PasswordHash {
    salt: String,
    rounds: u32,
    hash: String,
}

impl PasswordHash {
    /// Hashes a password with a new salt.
    pub(crate) fn new(password: &str) -> Self {
        let salt = random();
        Self { hash: stretch(password, &salt, ROUNDS), rounds: ROUNDS, salt }
    }

    /// One that no password matches, to compare with where there is no user.
    pub(crate) fn nobodys() -> Self {
        Self { salt: random(), rounds: ROUNDS, hash: String::new() }
    }

    /// Whether this is the password.
    pub(crate) fn matches(&self, password: &str) -> bool {
        let given = stretch(password, &self.salt, self.rounds);
        // Every byte is looked at, so that time tells nothing.
        let differing = given.bytes().zip(self.hash.bytes()).fold(0, |all, (a, b)| all | (a ^ b));
        differing == 0 && given.len() == self.hash.len()
    }
}

fn stretch(password: &str, salt: &str, rounds: u32) -> String {
    let mut digest = Sha256::new().chain_update(salt).chain_update(password).finalize();
    for _ in 0..rounds {
        digest = Sha256::new().chain_update(digest).chain_update(salt).finalize();
    }
    hex(&digest)
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// 244 random bits as text: salts, tokens, passwords.
pub(crate) fn random() -> String {
    format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple())
}
