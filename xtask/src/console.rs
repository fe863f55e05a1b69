//! The output of the commands: data on stdout, everything else on stderr.

mod changes;
mod steps;
mod table;

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result};
use indicatif::MultiProgress;
use serde::Serialize;
use spcs_apply::error::Kind;

use crate::cli::{Color, Format, Global};
use crate::failure::Failure;

pub(crate) use steps::{StepLines, time};
pub(crate) use table::Table;

/// Whether stdout still has a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    Present,
    /// The pipe is closed, for example because `head` has exited.
    Gone,
}

/// The output streams and how to format what goes to them.
#[derive(Clone)]
pub(crate) struct Console {
    format: Format,
    yes: bool,
    verbose: u8,
    color: bool,
    /// Progress bars on a terminal; `None` means plain lines.
    bars: Option<MultiProgress>,
    /// Whether a prompt is waiting for an answer; nothing else runs meanwhile.
    asking: Arc<AtomicBool>,
}

impl Console {
    /// Configures the console from the flags, the terminal and NO_COLOR.
    pub(crate) fn new(global: &Global) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let color = match global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && !plain,
        };
        let bars = (terminal && global.color != Color::Never).then(MultiProgress::new);
        let (format, yes, verbose) = (global.format, global.yes, global.verbose);
        Self { format, yes, verbose, color, bars, asking: Arc::default() }
    }

    /// Writes a line to stderr.
    pub(crate) fn say(&self, text: impl AsRef<str>) {
        self.write_stderr(&format!("{}\n", text.as_ref()));
    }

    /// Writes to stderr. A closed pipe is ignored: the command continues without a reader.
    fn write_stderr(&self, text: &str) {
        let write = || {
            let mut err = std::io::stderr().lock();
            err.write_all(text.as_bytes()).and_then(|()| err.flush()).ok();
        };
        match &self.bars {
            Some(bars) => bars.suspend(write),
            None => write(),
        }
    }

    /// Whether `--format json` was given.
    pub(crate) fn json(&self) -> bool {
        self.format == Format::Json
    }

    /// Writes data to stdout: the JSON document or its text form. A closed pipe does not change the
    /// result of the command.
    pub(crate) fn data(&self, document: &impl Serialize, text: impl AsRef<str>) -> Result<()> {
        let mut text = match self.format {
            Format::Json => serde_json::to_string_pretty(document)?,
            Format::Text => text.as_ref().to_owned(),
        };
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        self.raw(&text)?;
        Ok(())
    }

    /// Writes text to stdout unchanged and reports whether stdout still has a reader.
    pub(crate) fn raw(&self, text: &str) -> Result<Reader> {
        let write = || -> std::io::Result<()> {
            let mut out = std::io::stdout().lock();
            out.write_all(text.as_bytes())?;
            out.flush()
        };
        let written = match &self.bars {
            Some(bars) => bars.suspend(write),
            None => write(),
        };
        match written {
            Ok(()) => Ok(Reader::Present),
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(Reader::Gone),
            Err(error) => Err(error).context("writing to stdout"),
        }
    }

    /// Asks for confirmation before something is installed or destroyed. Without a terminal,
    /// `--yes` is required.
    pub(crate) fn confirm(&self, question: &str) -> Result<()> {
        if self.yes {
            return Ok(());
        }
        if !std::io::stdin().is_terminal() {
            let failure =
                Failure::new(Kind::Declined, format!("cannot ask `{question}` without a terminal"));
            return Err(failure.hint("pass `--yes` to answer yes").into());
        }
        self.write_stderr(&format!("{question} [y/N] "));
        let mut answer = String::new();
        self.asking.store(true, Ordering::Relaxed);
        let read = std::io::stdin().read_line(&mut answer);
        self.asking.store(false, Ordering::Relaxed);
        read?;
        match answer.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => Err(Failure::new(Kind::Declined, "declined: nothing was done").into()),
        }
    }

    /// Whether a prompt is waiting for an answer.
    pub(crate) fn asking(&self) -> bool {
        self.asking.load(Ordering::Relaxed)
    }

    /// Whether `--yes` was given.
    pub(crate) fn yes(&self) -> bool {
        self.yes
    }

    /// How often `-v` was given.
    pub(crate) fn verbose(&self) -> u8 {
        self.verbose
    }

    /// Whether messages are colored.
    pub(crate) fn color(&self) -> bool {
        self.color
    }

    fn bars(&self) -> Option<&MultiProgress> {
        self.bars.as_ref()
    }
}

/// Writes log lines to stderr, above the progress bars.
impl Write for Console {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.write_stderr(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
