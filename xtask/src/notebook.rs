//! The notebook that `verify` runs: its code cells, their outputs, and the answer they print.

mod jupyter;
mod kernel;
mod outputs;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use spcs_apply::error::Kind;

use crate::failure::Failure;

pub(crate) use jupyter::Jupyter;
pub(crate) use kernel::Kernel;

/// A notebook document.
pub(crate) struct Notebook(Value);

/// A search result, printed as `0.7913  Alan Turing was …`.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    /// The cosine similarity of the question and the sentence.
    pub(crate) score: f64,
    pub(crate) sentence: String,
}

impl Notebook {
    /// Wraps a notebook's JSON.
    pub(crate) fn new(document: Value) -> Result<Self> {
        document["cells"]
            .as_array()
            .context(Failure::new(Kind::Verify, "the notebook has no cells"))?;
        Ok(Self(document))
    }

    /// The indices and sources of the code cells, in order.
    pub(crate) fn code(&self) -> Vec<(usize, String)> {
        let cells = self.cells().iter().enumerate();
        let code = cells.filter(|(_, cell)| cell["cell_type"] == "code");
        code.map(|(index, cell)| (index, text(&cell["source"]))).collect()
    }

    /// The name of a cell in messages: its id, or else its number.
    pub(crate) fn name(&self, cell: usize) -> String {
        match self.cells().get(cell).and_then(|cell| cell["id"].as_str()) {
            Some(id) => format!("`{id}`"),
            None => format!("{}", cell + 1),
        }
    }

    /// Stores the outputs of a cell.
    pub(crate) fn record(&mut self, cell: usize, count: u64, outputs: Vec<Value>) {
        if let Some(cell) = self.0["cells"].get_mut(cell) {
            cell["execution_count"] = json!(count);
            cell["outputs"] = Value::Array(outputs);
        }
    }

    /// The document as the text of a file.
    pub(crate) fn to_text(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(&self.0)? + "\n")
    }

    /// The best hit that the notebook printed, from the cell tagged `answer` or else the last
    /// code cell.
    pub(crate) fn answer(&self) -> Option<Answer> {
        let tagged = |cell: &&Value| {
            cell["metadata"]["tags"].as_array().is_some_and(|tags| tags.contains(&json!("answer")))
        };
        let cells = self.cells();
        let cell = cells
            .iter()
            .find(tagged)
            .or_else(|| cells.iter().rfind(|c| c["cell_type"] == "code"))?;
        let printed: String = cell["outputs"]
            .as_array()?
            .iter()
            .filter(|output| output["output_type"] == "stream" && output["name"] == "stdout")
            .map(|output| text(&output["text"]))
            .collect();
        printed.lines().find_map(|line| {
            let (score, sentence) = line.trim().split_once(char::is_whitespace)?;
            Some(Answer { score: score.parse().ok()?, sentence: sentence.trim().to_owned() })
        })
    }

    fn cells(&self) -> &[Value] {
        self.0["cells"].as_array().map_or(&[], Vec::as_slice)
    }
}

/// Reads text, which a notebook stores as one string or as a list of lines.
fn text(value: &Value) -> String {
    match value {
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
        other => other.as_str().unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_the_first_hit_of_the_tagged_cell() {
        let output = |text: &str| json!({"output_type": "stream", "name": "stdout", "text": text});
        let mut notebook = Notebook::new(json!({"cells": [
            {"cell_type": "markdown", "source": "# Title"},
            {"cell_type": "code", "id": "search", "source": ["a\n", "b"], "metadata": {"tags": ["answer"]}},
            {"cell_type": "code", "source": "c", "metadata": {}},
        ]}))
        .unwrap();
        assert_eq!(notebook.code(), [(1, "a\nb".to_owned()), (2, "c".to_owned())]);
        assert_eq!(notebook.answer(), None);
        notebook.record(1, 1, vec![output("loading\n0.7913  Alan Turing was.\n0.5  Other\n")]);
        let answer = Answer { score: 0.7913, sentence: "Alan Turing was.".to_owned() };
        assert_eq!(notebook.answer(), Some(answer));
    }
}
