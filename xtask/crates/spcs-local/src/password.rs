//! Password hashes, salted and iterated, and random secrets.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const ROUNDS: u32 = 60_000;

/// A salted hash of a password.
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

    /// A hash that no password matches, for logins of users that do not exist.
    pub(crate) fn unmatchable() -> Self {
        Self { salt: random(), rounds: ROUNDS, hash: String::new() }
    }

    pub(crate) fn matches(&self, password: &str) -> bool {
        let given = stretch(password, &self.salt, self.rounds);
        // Compare in constant time.
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

/// A secret for one purpose, from a random secret of fixed length.
pub(crate) fn derived(secret: &str, purpose: &str) -> String {
    hex(&Sha256::new().chain_update(secret).chain_update(purpose).finalize())
}

/// Encodes bytes in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// 244 random bits in hexadecimal, for salts, tokens and passwords.
pub(crate) fn random() -> String {
    format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple())
}
