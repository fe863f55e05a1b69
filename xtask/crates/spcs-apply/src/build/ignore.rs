//! The patterns of a `.dockerignore`: `*`, `?`, `**` and `!`. A pattern that matches a directory
//! also matches everything below it. Character classes are not supported and match literally.

use std::io;
use std::path::Path;

/// The patterns in order. The last match decides.
pub(super) struct Ignore(Vec<(bool, Vec<String>)>);

impl Ignore {
    pub(super) fn read(context: &Path) -> io::Result<Ignore> {
        match fs_err::read_to_string(context.join(".dockerignore")) {
            Ok(text) => Ok(Ignore::parse(&text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Ignore(Vec::new())),
            Err(error) => Err(error),
        }
    }

    fn parse(text: &str) -> Ignore {
        let lines = text.lines().map(str::trim);
        let patterns = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        Ignore(
            patterns
                .map(|line| {
                    let (exclude, pattern) = match line.strip_prefix('!') {
                        Some(rest) => (false, rest.trim()),
                        None => (true, line),
                    };
                    let parts = pattern.split('/').filter(|part| !matches!(*part, "" | "."));
                    (exclude, parts.map(str::to_owned).collect())
                })
                .collect(),
        )
    }

    /// Whether a path, relative to the context, is excluded.
    pub(super) fn excludes(&self, path: &str) -> bool {
        let parts: Vec<&str> = path.split('/').collect();
        self.0.iter().fold(false, |excluded, (exclude, pattern)| {
            let matches = (1..=parts.len()).any(|end| matches(pattern, &parts[..end]));
            if matches { *exclude } else { excluded }
        })
    }
}

fn matches(pattern: &[String], path: &[&str]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((first, rest)), _) if first == "**" => {
            (0..=path.len()).any(|skipped| matches(rest, &path[skipped..]))
        }
        (Some((first, rest)), Some((name, below))) => {
            matches_name(first.as_bytes(), name.as_bytes()) && matches(rest, below)
        }
        _ => false,
    }
}

fn matches_name(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern.split_first(), name.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => {
            (0..=name.len()).any(|skipped| matches_name(rest, &name[skipped..]))
        }
        (Some((b'?', rest)), Some((_, below))) => matches_name(rest, below),
        (Some((one, rest)), Some((other, below))) => one == other && matches_name(rest, below),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_matching_pattern_decides() {
        let ignore = Ignore::parse("# comment\n/target\n**/*.pyc\nnotes/*\n!notes/keep.md\n");
        let excluded = ["target", "target/a/b", "x.pyc", "a/b/x.pyc", "notes/a"];
        assert!(excluded.iter().all(|path| ignore.excludes(path)));
        let kept = ["notes", "notes/keep.md", "src/target", "x.py"];
        assert!(!kept.iter().any(|path| ignore.excludes(path)));
    }
}
