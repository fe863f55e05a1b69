//! Removes secrets from the texts of statements.

use super::lexer;
use super::token::TokenKind;
use super::value::HIDDEN;

/// Replaces the values of the `secrets` properties in a text with asterisks.
pub(crate) fn redact(text: &str, secrets: &[&str]) -> String {
    let Ok(tokens) = lexer::tokens(text) else {
        // The text cannot be split into tokens, so the end of a value is unknown.
        let upper = text.to_uppercase();
        let has_secret = secrets.iter().any(|name| upper.contains(name));
        return if has_secret { HIDDEN.to_owned() } else { text.to_owned() };
    };
    let mut redacted = String::new();
    let mut copied = 0;
    let mut value_follows = false;
    for token in &tokens {
        match &token.kind {
            TokenKind::Word(word) if secrets.contains(&word.as_str()) => value_follows = true,
            TokenKind::Symbol("=") if value_follows => {}
            TokenKind::Text(_) if value_follows => {
                redacted.push_str(&text[copied..token.at]);
                redacted.push_str(&format!("'{HIDDEN}'"));
                copied = token.at + token.text.len();
                value_follows = false;
            }
            _ => value_follows = false,
        }
    }
    redacted.push_str(&text[copied..]);
    redacted
}
