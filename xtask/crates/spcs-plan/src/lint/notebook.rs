//! A rule about the Python of a notebook: lost indentation.

use serde_json::Value as Json;

use crate::lint::Findings;
use crate::lint::rules::{NOTEBOOK_BLOCK, SYNTAX};

/// The first words of lines that open a block.
const OPENERS: [&str; 13] = [
    "async", "class", "def", "elif", "else", "except", "finally", "for", "if", "match", "try",
    "while", "with",
];

pub(super) fn check(text: &str, findings: &mut Findings<'_>) {
    let notebook: Json = match serde_json::from_str(text) {
        Ok(notebook) => notebook,
        Err(error) => {
            let line = error.line().max(1);
            return findings.add(&SYNTAX, line, format!("the notebook is no JSON: {error}"));
        }
    };
    let cells = notebook.get("cells").and_then(Json::as_array);
    let is_code = |cell: &&Json| cell.get("cell_type").and_then(Json::as_str) == Some("code");
    let mut places = Places { lines: text.lines().collect(), next: 0 };
    for cell in cells.into_iter().flatten().filter(is_code) {
        for opener in blocks_without_body(&source(cell)) {
            let message = format!("`{}` has no indented block after it", opener.trim());
            findings.add(&NOTEBOOK_BLOCK, places.find(opener), message);
        }
    }
}

/// The source of a cell: one text, or a list of lines.
fn source(cell: &Json) -> String {
    match cell.get("source") {
        Some(Json::Array(lines)) => lines.iter().filter_map(Json::as_str).collect(),
        Some(Json::String(text)) => text.clone(),
        _ => String::new(),
    }
}

/// Lines that open a block and are not followed by a line with a deeper indentation.
fn blocks_without_body(source: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut in_text = false;
    let mut opener: Option<&str> = None;
    for line in source.lines() {
        let quotes = line.matches("\"\"\"").count() + line.matches("'''").count();
        let was_in_text = in_text;
        in_text ^= quotes % 2 == 1;
        if was_in_text || line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        if let Some(opened) = opener.take()
            && indentation(line) <= indentation(opened)
        {
            found.push(opened);
        }
        opener = opens_a_block(line).then_some(line);
    }
    found.extend(opener);
    found
}

fn opens_a_block(line: &str) -> bool {
    let code = line.split(" #").next().unwrap_or_default().trim();
    let first = code.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    OPENERS.contains(&first) && code.ends_with(':')
}

fn indentation(line: &str) -> usize {
    line.chars().take_while(|c| c.is_whitespace()).count()
}

/// Finds lines of source in the file, one after the other.
struct Places<'t> {
    lines: Vec<&'t str>,
    next: usize,
}

impl Places<'_> {
    /// The line of the file with this text, from 1.
    fn find(&mut self, source: &str) -> usize {
        let written = Json::from(source).to_string();
        let written = written.trim_matches('"');
        let at = self.lines.iter().skip(self.next).position(|line| line.contains(written));
        self.next += at.unwrap_or_default();
        self.next + 1
    }
}
