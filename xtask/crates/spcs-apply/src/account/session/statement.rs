//! Classifies a statement before it is sent.

/// A statement and its first words.
pub(super) struct Statement<'a> {
    text: &'a str,
    words: Vec<String>,
}

impl<'a> Statement<'a> {
    pub(super) fn of(sql: &'a str) -> Statement<'a> {
        let text = without_leading_comments(sql);
        let words = text
            .split(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
            .filter(|word| !word.is_empty())
            .take(12)
            .map(str::to_ascii_uppercase)
            .collect();
        Statement { text, words }
    }

    /// Whether it is a PUT or GET: the connector reports success for these but transfers no file.
    pub(super) fn transfers_files(&self) -> bool {
        matches!(self.word(0), "PUT" | "GET")
    }

    /// The property that a USE statement sets; `None` for other statements.
    pub(super) fn uses(&self) -> Option<String> {
        if self.word(0) != "USE" {
            return None;
        }
        let kind = self.word(1);
        let known = ["ROLE", "SECONDARY", "WAREHOUSE", "DATABASE", "SCHEMA"].contains(&kind);
        Some(if known { kind } else { "DATABASE" }.to_owned())
    }

    /// The start of the statement on one line, with markers instead of secrets, for messages.
    pub(super) fn summary(&self) -> String {
        const LONGEST: usize = 100;
        let line = self.text.split_whitespace().collect::<Vec<_>>().join(" ");
        match line.char_indices().nth(LONGEST) {
            Some((end, _)) => format!("{}…", &line[..end]),
            None => line,
        }
    }

    fn word(&self, index: usize) -> &str {
        self.words.get(index).map_or("", String::as_str)
    }
}

fn without_leading_comments(sql: &str) -> &str {
    let mut rest = sql.trim();
    loop {
        let after = if rest.starts_with("--") || rest.starts_with("//") {
            rest.split_once('\n').map_or("", |(_, after)| after)
        } else if rest.starts_with("/*") {
            rest.split_once("*/").map_or("", |(_, after)| after)
        } else {
            return rest;
        };
        rest = after.trim_start();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_transfer_is_recognized_after_comments() {
        assert!(Statement::of("-- upload\n/* x */ put file:///a @b").transfers_files());
        assert!(!Statement::of("SELECT 'put'").transfers_files());
    }

    #[test]
    fn a_use_statement_reports_the_property_that_it_sets() {
        let uses = |sql| Statement::of(sql).uses();
        assert_eq!(uses("use role r").as_deref(), Some("ROLE"));
        assert_eq!(uses("USE d.s").as_deref(), Some("DATABASE"));
        assert_eq!(uses("SHOW ROLES"), None);
    }
}
