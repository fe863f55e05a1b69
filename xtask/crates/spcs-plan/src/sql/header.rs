//! The header comments of a file of `sql/`: its purpose, its role, the entries it is rendered for, and
//! its condition.

use crate::error::Error;
use crate::sql::Condition;

/// The header of a file.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    /// The purpose of the file: `-- A sentence.`
    pub(crate) purpose: String,
    /// The role that runs it: `-- role: SYSADMIN`.
    pub(crate) role: String,
    /// The entries that the file is rendered for: `-- for each: service`.
    pub(crate) each: Option<Each>,
    /// The condition of the file: `-- when: egress`.
    pub(crate) when: Option<Condition>,
    /// The number of header lines.
    pub(crate) lines: usize,
}

/// The entries of `spcs.toml` that a file is rendered for, once per entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Each {
    /// `[services]`
    Service,
    /// `[pools]`
    Pool,
}

impl Header {
    pub(crate) fn parse(path: &str, text: &str) -> Result<Header, Error> {
        let wrong = |line: usize, message: &str| Error::new(message).at(path, line);
        let mut lines = text.lines().zip(1..).peekable();
        let purpose = lines.next().and_then(|(line, _)| line.strip_prefix("-- "));
        let purpose = purpose.filter(|text| !text.starts_with("role:")).ok_or_else(|| {
            wrong(1, "the first line must be a comment that says what the file is for")
        })?;
        let role = lines.next().and_then(|(line, _)| line.strip_prefix("-- role: "));
        let role = role.ok_or_else(|| {
            wrong(2, "the second line must name the role that runs the file: `-- role: <% … %>`")
        })?;
        let mut header = Header {
            purpose: purpose.to_owned(),
            role: role.trim().to_owned(),
            each: None,
            when: None,
            lines: 2,
        };
        if let Some((line, each)) = take(&mut lines, "-- for each: ") {
            header.each = Some(match each {
                "service" => Each::Service,
                "pool" => Each::Pool,
                _ => {
                    return Err(wrong(line, &format!("unknown kind of entry `{each}`"))
                        .with_hint("use one of: service, pool"));
                }
            });
            header.lines = line;
        }
        if let Some((line, when)) = take(&mut lines, "-- when: ") {
            header.when = Some(Condition { text: when.to_owned(), line, column: 0 });
            header.lines = line;
        }
        Ok(header)
    }
}

/// Consumes the next line if it has this prefix. Returns its number and the rest of the line.
fn take<'t>(
    lines: &mut std::iter::Peekable<impl Iterator<Item = (&'t str, usize)>>,
    prefix: &str,
) -> Option<(usize, &'t str)> {
    let (line, rest) = lines.peek().and_then(|(text, line)| {
        let rest = text.strip_prefix(prefix)?;
        Some((*line, rest.trim()))
    })?;
    lines.next();
    Some((line, rest))
}
