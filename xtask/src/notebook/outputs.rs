//! Converts the outputs of a kernel to the notebook format.

use ::console::strip_ansi_codes;
use serde_json::{Value, json};

/// The result of running a piece of code.
pub(crate) struct Execution {
    /// The outputs in the notebook format.
    pub(crate) outputs: Vec<Value>,
    /// The kernel's execution count.
    pub(crate) count: u64,
    /// The traceback, if the code raised an exception.
    pub(crate) error: Option<String>,
}

/// Converts an output message and appends it.
pub(super) fn record(ran: &mut Execution, kind: &str, content: &Value) {
    match kind {
        "stream" => {
            let same = ran.outputs.last_mut().filter(|last| {
                last["output_type"] == "stream" && last["name"] == content["name"]
            });
            match same {
                Some(last) => {
                    let text = format!(
                        "{}{}",
                        last["text"].as_str().unwrap_or_default(),
                        content["text"].as_str().unwrap_or_default()
                    );
                    last["text"] = Value::String(text);
                }
                None => ran.outputs.push(
                    json!({"output_type": "stream", "name": content["name"], "text": content["text"]}),
                ),
            }
        }
        "display_data" => ran.outputs.push(json!({
            "output_type": "display_data", "data": content["data"], "metadata": content["metadata"],
        })),
        "execute_result" => ran.outputs.push(json!({
            "output_type": "execute_result", "data": content["data"], "metadata": content["metadata"],
            "execution_count": content["execution_count"],
        })),
        "error" => {
            let lines = content["traceback"].as_array().cloned().unwrap_or_default();
            let lines: Vec<&str> = lines.iter().filter_map(Value::as_str).collect();
            let (name, value) = (&content["ename"], &content["evalue"]);
            let last = format!(
                "{}: {}",
                name.as_str().unwrap_or_default(),
                value.as_str().unwrap_or_default()
            );
            ran.error = Some(format!("{last}\n{}", strip_ansi_codes(&lines.join("\n"))));
            ran.outputs.push(json!({
                "output_type": "error", "ename": name, "evalue": value, "traceback": content["traceback"],
            }));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_escape_sequences_of_a_traceback_are_stripped() {
        let mut ran = Execution { outputs: Vec::new(), count: 0, error: None };
        let traceback = ["\x1b[0;31mValueError\x1b[0m: no\x1b[K"];
        let content = json!({"ename": "ValueError", "evalue": "no", "traceback": traceback});
        record(&mut ran, "error", &content);
        assert_eq!(ran.error.as_deref(), Some("ValueError: no\nValueError: no"));
    }

    #[test]
    fn consecutive_writes_to_one_stream_become_one_output() {
        let mut ran = Execution { outputs: Vec::new(), count: 0, error: None };
        for text in ["a", "b\n"] {
            record(&mut ran, "stream", &json!({"name": "stdout", "text": text}));
        }
        assert_eq!(
            ran.outputs,
            [json!({"output_type": "stream", "name": "stdout", "text": "ab\n"})]
        );
    }
}
