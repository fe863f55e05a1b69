//! The rules for names in a specification.

use crate::error::SpecError;
use crate::fields::Field;

/// A container, endpoint or volume name: `[a-z][a-z0-9-]*[a-z0-9]`, at most 63 characters.
pub(crate) fn name(field: &Field) -> Result<String, SpecError> {
    let text = field.text()?;
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let fits = text.len() <= 63
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
        && text.chars().all(inner);
    if fits {
        Ok(text)
    } else {
        Err(field.error(format!(
            "{} has the invalid name '{text}': up to 63 lower-case letters, digits and '-', \
             starting with a letter and not ending with '-'",
            field.path
        )))
    }
}

/// A service role's name: letters, digits and `_`.
pub(crate) fn role_name(field: &Field) -> Result<String, SpecError> {
    let text = field.text()?;
    let fits = !text.is_empty()
        && text.len() <= 63
        && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if fits {
        Ok(text)
    } else {
        Err(field.error(format!(
            "{} has the invalid name '{text}': letters, digits and '_' only",
            field.path
        )))
    }
}

/// Rejects duplicate names.
pub(crate) fn unique<'a, I>(path: &str, line: u64, names: I) -> Result<(), SpecError>
where
    I: IntoIterator<Item = &'a str>,
{
    let mut seen = std::collections::BTreeSet::new();
    for name in names {
        if !seen.insert(name.to_ascii_lowercase()) {
            let message = format!("duplicate name '{name}' in {path}");
            return Err(SpecError { line, path: path.to_owned(), message });
        }
    }
    Ok(())
}
