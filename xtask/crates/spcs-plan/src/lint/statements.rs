//! The statements of SQL files, as far as the rules look at them. Unlike a plan, which knows only
//! statements that can run twice, the rules read any SQL.

use crate::error::Error;
use crate::project::SourceFile;
use crate::sql::{KINDS, Kind, ObjectKind, Token, tokens};

/// A statement of a file.
pub(super) struct Statement<'f> {
    pub(super) file: &'f str,
    /// Its tokens without spaces and comments; never empty.
    pub(super) tokens: Vec<Token>,
    /// The role of the last `USE ROLE` before it in its file.
    pub(super) role: String,
    pub(super) does: Does,
}

/// What a statement does.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Does {
    Create {
        kind: ObjectKind,
        name: Name,
        replaces: bool,
        guarded: bool,
    },
    Drop {
        kind: ObjectKind,
        name: Name,
    },
    /// `GRANT <privileges> ON <what> <name> TO … <grantee>`; `on` is empty for `GRANT ROLE`.
    Grant {
        privileges: String,
        on: String,
        name: Name,
        grantee: String,
    },
    Revoke {
        privileges: String,
    },
    Other,
}

/// A name as it was written, in upper case without quotes: `DB.SCHEMA.SERVICE!ROLE`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) text: String,
    /// Its unquoted parts.
    pub(super) plain: Vec<String>,
}

impl Name {
    /// Its last part: files may name an object with or without its schema.
    pub(super) fn last(&self) -> &str {
        let whole = self.text.split('!').next().unwrap_or_default();
        whole.rsplit('.').next().unwrap_or_default()
    }
}

impl Statement<'_> {
    pub(super) fn line(&self) -> usize {
        self.tokens.first().map_or(1, |token| token.line)
    }

    /// Each `KEY = value` outside of parentheses: the key and the tokens of its value.
    pub(super) fn options(&self) -> impl Iterator<Item = (&Token, &[Token])> {
        let mut depth = 0usize;
        let keys = self.tokens.windows(2).enumerate().filter_map(move |(at, pair)| {
            if pair[0].is_symbol("(") {
                depth += 1;
            } else if pair[0].is_symbol(")") {
                depth = depth.saturating_sub(1);
            }
            (depth == 0 && pair[0].kind == Kind::Word && pair[1].is_symbol("=")).then_some(at)
        });
        keys.map(|at| (&self.tokens[at], &self.tokens[at + 2..]))
    }

    /// The value of an option in the statement.
    pub(super) fn option(&self, key: &str) -> Option<&Token> {
        let mut options = self.options();
        options.find(|(name, _)| name.text.eq_ignore_ascii_case(key))?.1.first()
    }
}

pub(super) fn read(file: &SourceFile) -> Result<Vec<Statement<'_>>, Error> {
    let mut statements = Vec::new();
    let (mut role, mut current) = (String::new(), Vec::new());
    let all = tokens(&file.path, &file.text)?;
    let end = all.len();
    for (at, token) in all.into_iter().enumerate() {
        let ends = token.is_symbol(";");
        if token.is_code() && !ends {
            current.push(token);
        }
        if (ends || at + 1 == end) && !current.is_empty() {
            let tokens: Vec<Token> = std::mem::take(&mut current);
            if let [r#use, what, name, ..] = &tokens[..]
                && is(r#use, "USE")
                && is(what, "ROLE")
            {
                role = name.content().to_uppercase();
            }
            let does = does(&tokens);
            statements.push(Statement { file: &file.path, tokens, role: role.clone(), does });
        }
    }
    Ok(statements)
}

fn is(token: &Token, word: &str) -> bool {
    token.kind == Kind::Word && token.text.eq_ignore_ascii_case(word)
}

fn does(tokens: &[Token]) -> Does {
    let mut rest = Rest(tokens);
    if rest.take("CREATE") {
        let replaces = rest.take("OR REPLACE");
        let alters = rest.take("OR ALTER");
        let Some(kind) = rest.kind() else { return Does::Other };
        let guarded = rest.take("IF NOT EXISTS") || alters;
        return Does::Create { kind, name: rest.name(), replaces, guarded };
    }
    if rest.take("DROP") {
        let Some(kind) = rest.kind() else { return Does::Other };
        rest.take("IF EXISTS");
        return Does::Drop { kind, name: rest.name() };
    }
    if rest.take("GRANT") {
        let (mut privileges, mut on, mut name) = (String::new(), String::new(), Name::default());
        if rest.take("SERVICE ROLE") {
            on = "SERVICE ROLE".to_owned();
            name = rest.name();
        } else if rest.take("ROLE") {
            name = rest.name();
        } else {
            privileges = rest.until("ON");
            on = match rest.kind() {
                Some(kind) => kind.words().to_owned(),
                None => rest.word(),
            };
            if on != "ACCOUNT" {
                name = rest.name();
            }
        }
        rest.until("TO");
        let _ = rest.take("ROLE") || rest.take("USER");
        return Does::Grant { privileges, on, name, grantee: rest.name().text };
    }
    if rest.take("REVOKE") {
        return Does::Revoke { privileges: rest.until("ON") };
    }
    Does::Other
}

/// The tokens that are not read yet.
struct Rest<'t>(&'t [Token]);

impl Rest<'_> {
    /// Takes these words if they come next.
    fn take(&mut self, words: &str) -> bool {
        let words: Vec<&str> = words.split(' ').collect();
        let fits = self.0.len() >= words.len()
            && words.iter().zip(self.0).all(|(word, token)| is(token, word));
        if fits {
            self.0 = &self.0[words.len()..];
        }
        fits
    }

    fn kind(&mut self) -> Option<ObjectKind> {
        KINDS.iter().find(|(_, words)| self.take(words)).map(|(kind, _)| *kind)
    }

    fn word(&mut self) -> String {
        let Some((first, rest)) = self.0.split_first() else { return String::new() };
        self.0 = rest;
        first.text.to_uppercase()
    }

    /// Takes the words before a word, and that word.
    fn until(&mut self, word: &str) -> String {
        let mut words = Vec::new();
        while !self.0.is_empty() && !self.take(word) {
            words.push(self.word());
        }
        words.join(" ")
    }

    fn name(&mut self) -> Name {
        let mut name = Name::default();
        while let Some((first, rest)) = self.0.split_first() {
            let joins = first.is_symbol(".") || first.is_symbol("!");
            let starts = name.text.is_empty() || name.text.ends_with(['.', '!']);
            match first.kind {
                Kind::Word if starts => name.plain.push(first.text.to_uppercase()),
                Kind::QuotedIdentifier if starts => {}
                _ if joins && !starts => {}
                _ => break,
            }
            name.text.push_str(&first.content().to_uppercase());
            self.0 = rest;
        }
        name
    }
}
