//! Compares a command's exit code and output with a snapshot in `tests/it/snapshots/`.

use serde_json::Value;

use super::Run;

/// Patterns for text that differs from run to run, and their replacements. They apply in order.
const FILTERS: [(&str, &str); 11] = [
    // The label of an endpoint's host name is random.
    (r"http://[a-z0-9]+-spcs-local\.", "http://[LABEL]-spcs-local."),
    (r"\b[a-z0-9]+-spcs-local\.localhost", "[LABEL]-spcs-local.localhost"),
    // The local platform picks a free port.
    (r"\b(localhost|127\.0\.0\.1):\d+", "$1:[PORT]"),
    (r#"("port": |port=|--port |port |:)\d{4,5}\b"#, "$1[PORT]"),
    // Process ids.
    (r#"("pid": |process: +)\d+"#, "$1[PID]"),
    // The administrator's password.
    (r#"("password": )"[^"]+""#, r#"$1"[PASSWORD]""#),
    // The id of a query or of a session.
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "[ID]"),
    // The ids of the object and of the platform, at the end of a container's name.
    (r"-[0-9a-f]{16}-[0-9a-f]{12} has started", "-[ID] has started"),
    // Digests and abbreviated digests in tags and names: they change with every edit.
    (r"\b[0-9a-f]{12,64}\b", "[DIGEST]"),
    // Free space on the machine.
    (r"\b\d+(\.\d+)? (MiB|GiB) free", "[SIZE] free"),
    // Durations, with the padding that aligns them.
    (r"(?m) *\b(\d+\.\d s|\d+ min \d+ s)( |$)", " [TIME]$2"),
];

impl Run {
    /// Compares the exit code, stdout and stderr with the snapshot `name`.
    #[track_caller]
    pub(crate) fn snapshot(&self, name: &str) {
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("../snapshots");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.set_description(format!("cargo xtask {}", self.arguments.join(" ")));
        for (pattern, replacement) in FILTERS {
            settings.add_filter(pattern, replacement);
        }
        settings.bind(|| insta::assert_snapshot!(name, self.text()));
    }

    /// Removes the lines about steps from stderr.
    pub(crate) fn without_steps(mut self) -> Run {
        let lines = self.stderr.lines().filter(|line| !line.starts_with("  "));
        self.stderr = lines.map(|line| format!("{line}\n")).collect();
        self
    }

    fn text(&self) -> String {
        let code = self.code.map_or_else(|| "killed".to_owned(), |code| code.to_string());
        let stdout = match serde_json::from_str::<Value>(&self.stdout) {
            Ok(mut document) if document.is_object() => {
                normalize(&mut document);
                format!("{document:#}\n")
            }
            // A table of steps, in the order in which they finished.
            _ if self.stdout.starts_with("step ") => rows_sorted(&self.stdout),
            _ => self.stdout.clone(),
        };
        let success = self.code == Some(0);
        let stderr = steps_sorted(&self.stderr);
        format!(
            "success: {success}\nexit_code: {code}\n----- stdout -----\n{stdout}\n----- stderr -----\n{stderr}"
        )
    }
}

/// Sorts steps by id and replaces times: independent steps finish in any order.
fn normalize(document: &mut Value) {
    match document {
        Value::Array(items) => {
            items.iter_mut().for_each(normalize);
            if items.iter().all(|item| item["id"].is_string()) {
                items.sort_by(|a, b| a["id"].as_str().cmp(&b["id"].as_str()));
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                match name.as_str() {
                    "seconds" | "started_ms" | "took_ms" => *value = "[TIME]".into(),
                    _ => normalize(value),
                }
            }
        }
        _ => {}
    }
}

fn rows_sorted(table: &str) -> String {
    let mut rows: Vec<_> = table.split_inclusive('\n').collect();
    rows[1..].sort_unstable();
    rows.concat()
}

/// Sorts consecutive lines about steps, and drops the progress lines of waits, because they depend
/// on the time of each poll.
fn steps_sorted(stderr: &str) -> String {
    let is_step = |line: &&str| line.starts_with("  ");
    let mut lines = stderr.lines().filter(|line| !line.starts_with("  . ")).peekable();
    let mut text = String::new();
    while let Some(line) = lines.next() {
        let mut block = vec![line];
        if is_step(&line) {
            block.extend(std::iter::from_fn(|| lines.next_if(is_step)));
            block.sort_unstable();
        }
        for line in block {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}
