//! Texts of statements as they may be kept: without their secrets.

use super::lexer;
use super::token::TokenKind;
use super::value::HIDDEN;

/// The text with the values of these properties hidden.
pub(crate) fn redact(text: &str, secrets: &[&str]) -> String {
    let Ok(tokens) = lexer::tokens(text) else {
        // Nobody knows where a value ends in it.
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
