//! Parses the tokens of a statement into an effect.

use std::collections::BTreeMap;

use crate::sql::effect::{Effect, Grant, KINDS, ObjectKind};
use crate::sql::token::{Kind, Token};

/// A reader over the tokens of one statement.
struct Reader<'t> {
    tokens: &'t [Token],
}

pub(super) fn effect(tokens: &[Token]) -> Result<Effect, String> {
    let mut reader = Reader { tokens };
    match reader.word().as_deref() {
        Some("USE") => Ok(Effect::Use { what: reader.words().join(" ") }),
        Some("CREATE") => create(reader),
        Some("ALTER") => alter(reader),
        Some("GRANT") => Ok(grant(reader)),
        Some("DROP") => drop(reader),
        _ => Ok(Effect::Other),
    }
}

fn create(mut reader: Reader<'_>) -> Result<Effect, String> {
    if reader.take("OR REPLACE") {
        return Err("`CREATE OR REPLACE` would drop the existing object: use `CREATE … IF NOT EXISTS` or `CREATE OR ALTER`".to_owned());
    }
    let or_alter = reader.take("OR ALTER");
    let Some(kind) = reader.kind() else { return Ok(Effect::Other) };
    if !reader.take("IF NOT EXISTS") && !or_alter {
        return Err(format!(
            "write `CREATE {} IF NOT EXISTS`, so that the file can run again",
            kind.words()
        ));
    }
    let name = reader.name(kind)?;
    Ok(Effect::Create { kind, name, or_alter, settings: reader.settings() })
}

fn alter(mut reader: Reader<'_>) -> Result<Effect, String> {
    let Some(kind) = reader.kind() else { return Ok(Effect::Other) };
    reader.take("IF EXISTS");
    let name = reader.name(kind)?;
    if kind == ObjectKind::Service && reader.take("FROM") {
        return Ok(Effect::ChangeSpec { name });
    }
    if reader.take("RESUME") {
        return Ok(Effect::Resume { kind, name });
    }
    if reader.take("UNSET") {
        let settings = reader.words().into_iter().map(|key| (key.to_lowercase(), String::new()));
        return Ok(Effect::Alter { kind, name, settings: settings.collect() });
    }
    if reader.take("SET") {
        return Ok(Effect::Alter { kind, name, settings: reader.settings() });
    }
    Ok(Effect::Other)
}

fn drop(mut reader: Reader<'_>) -> Result<Effect, String> {
    let kind = reader
        .kind()
        .or_else(|| reader.take("INTEGRATION").then_some(ObjectKind::ExternalAccessIntegration));
    let Some(kind) = kind else { return Ok(Effect::Other) };
    if !reader.take("IF EXISTS") {
        return Err(format!(
            "write `DROP {} IF EXISTS`, so that the file can run again",
            kind.words()
        ));
    }
    let name = reader.name(kind)?;
    Ok(Effect::Drop { kind, name })
}

fn grant(mut reader: Reader<'_>) -> Effect {
    let one = |on: &str, name: String, to: String, grantee: String| Effect::Grant {
        grants: vec![Grant { privilege: "USAGE".to_owned(), on: on.to_owned(), name, to, grantee }],
    };
    for on in ["SERVICE ROLE", "ROLE"] {
        if reader.take(on) {
            let name = reader.dotted_name();
            return match reader.grantee() {
                Some((to, grantee)) => one(on, name, to, grantee),
                None => Effect::Other,
            };
        }
    }
    let Some(privileges) = reader.privileges() else { return Effect::Other };
    let (on, name) = if reader.take("ACCOUNT") {
        ("ACCOUNT".to_owned(), String::new())
    } else if reader.take("INTEGRATION") {
        ("INTEGRATION".to_owned(), reader.dotted_name())
    } else {
        match reader.kind() {
            Some(kind) => (kind.words().to_owned(), reader.dotted_name()),
            None => return Effect::Other,
        }
    };
    let Some((to, grantee)) = reader.grantee() else { return Effect::Other };
    let grants = privileges.into_iter().map(|privilege| Grant {
        privilege,
        on: on.clone(),
        name: name.clone(),
        to: to.clone(),
        grantee: grantee.clone(),
    });
    Effect::Grant { grants: grants.collect() }
}

impl Reader<'_> {
    fn peek(&self) -> Option<String> {
        let first = self.tokens.first().filter(|token| token.kind == Kind::Word)?;
        Some(first.text.to_uppercase())
    }

    fn word(&mut self) -> Option<String> {
        let word = self.peek()?;
        self.tokens = &self.tokens[1..];
        Some(word)
    }

    fn words(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.word()).collect()
    }

    /// Consumes these words if they come next.
    fn take(&mut self, words: &str) -> bool {
        let before = self.tokens;
        for word in words.split(' ') {
            if self.word().as_deref() != Some(word) {
                self.tokens = before;
                return false;
            }
        }
        true
    }

    fn kind(&mut self) -> Option<ObjectKind> {
        KINDS.iter().find(|(_, words)| self.take(words)).map(|(kind, _)| *kind)
    }

    /// Consumes a name such as `DB.SCHEMA.NAME` or `DB.SCHEMA.SERVICE!ROLE`.
    fn dotted_name(&mut self) -> String {
        let mut name = String::new();
        loop {
            match self.tokens.first() {
                Some(token)
                    if is_identifier(token) && (name.is_empty() || name.ends_with(['.', '!'])) =>
                {
                    name.push_str(&token.content().to_uppercase());
                }
                Some(token) if token.is_symbol(".") || token.is_symbol("!") => {
                    name.push_str(&token.text);
                }
                _ => return name,
            }
            self.tokens = &self.tokens[1..];
        }
    }

    fn name(&mut self, kind: ObjectKind) -> Result<String, String> {
        let name = self.dotted_name();
        let parts = name.split('.').filter(|part| !part.is_empty()).count();
        if parts == kind.name_parts() {
            return Ok(name);
        }
        let form = ["NAME", "DATABASE.NAME", "DATABASE.SCHEMA.NAME"][kind.name_parts() - 1];
        Err(format!(
            "`{name}` is not the full name of a {kind}: write `{form}`, so that the statement does not depend on the session"
        ))
    }

    /// Consumes `P1, P2 ON`.
    fn privileges(&mut self) -> Option<Vec<String>> {
        let mut privileges = vec![String::new()];
        while let Some((first, rest)) = self.tokens.split_first() {
            self.tokens = rest;
            if first.is_symbol(",") {
                privileges.push(String::new());
            } else if !is_identifier(first) {
                return None;
            } else if first.text.eq_ignore_ascii_case("ON") {
                return Some(privileges);
            } else {
                let privilege = privileges.last_mut()?;
                if !privilege.is_empty() {
                    privilege.push(' ');
                }
                privilege.push_str(&first.content().to_uppercase());
            }
        }
        None
    }

    /// Consumes `TO ROLE NAME`, which must end the statement.
    fn grantee(&mut self) -> Option<(String, String)> {
        if !self.take("TO") {
            return None;
        }
        let to = self.word().filter(|to| to == "ROLE" || to == "USER")?;
        let grantee = self.dotted_name();
        (!grantee.is_empty() && self.tokens.is_empty()).then_some((to, grantee))
    }

    /// Collects all `KEY = value` pairs. A value in parentheses is kept whole.
    fn settings(&mut self) -> BTreeMap<String, String> {
        let mut settings = BTreeMap::new();
        while !self.tokens.is_empty() {
            let key = match self.tokens {
                [key, equals, ..] if is_identifier(key) && equals.is_symbol("=") => {
                    key.content().to_lowercase()
                }
                _ => {
                    self.tokens = &self.tokens[1..];
                    continue;
                }
            };
            self.tokens = &self.tokens[2..];
            settings.insert(key, self.value());
        }
        settings
    }

    fn value(&mut self) -> String {
        let mut value = String::new();
        let mut depth = 0usize;
        while let Some((first, rest)) = self.tokens.split_first() {
            self.tokens = rest;
            if first.is_symbol("(") {
                depth += 1;
            } else if first.is_symbol(")") {
                depth = depth.saturating_sub(1);
            } else if first.kind == Kind::Text {
                value.push_str(first.content());
            } else {
                value.push_str(&first.text);
            }
            if depth == 0 {
                break;
            }
        }
        value
    }
}

fn is_identifier(token: &Token) -> bool {
    matches!(token.kind, Kind::Word | Kind::QuotedIdentifier)
}
