//! The live progress of a run: spinners and bars on a terminal, plain lines elsewhere.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use spcs_apply::execute::Watcher;
use spcs_apply::progress::{Ended, Progress};
use spcs_plan::{Action, Change, Step, StepId};

use super::Console;

/// Displays the steps of one run.
pub(crate) struct StepLines {
    console: Console,
    bars: Mutex<HashMap<Bar, ProgressBar>>,
}

/// The key of a bar.
#[derive(PartialEq, Eq, Hash)]
enum Bar {
    Step(StepId),
    /// A progress item, by its label.
    Item(String),
}

impl StepLines {
    pub(crate) fn new(console: &Console) -> Self {
        Self { console: console.clone(), bars: Mutex::default() }
    }

    fn with(&self, key: &Bar, act: impl FnOnce(&ProgressBar)) {
        let bars = self.bars.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(bar) = bars.get(key) {
            act(bar);
        }
    }

    /// Adds a bar, then calls `configure` on it. A bar that is changed before it is added to the
    /// `MultiProgress` draws a separate line that is never cleared.
    fn add(&self, key: Bar, bar: ProgressBar, configure: impl FnOnce(&ProgressBar)) {
        let Some(all) = self.console.bars() else { return };
        let bar = all.add(bar);
        configure(&bar);
        let mut bars = self.bars.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        bars.insert(key, bar);
    }

    fn remove(&self, key: &Bar) {
        let mut bars = self.bars.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(bar) = bars.remove(key) {
            bar.finish_and_clear();
        }
    }

    fn colored(&self, code: &str, text: &str) -> String {
        if self.console.color() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// `0.4 s`, `2 min 5 s`.
pub(crate) fn time(took: Duration) -> String {
    let seconds = took.as_secs();
    match seconds {
        0..60 => format!("{:.1} s", took.as_secs_f64()),
        _ => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

impl Watcher for StepLines {
    fn started(&self, step: &Step) {
        if self.console.bars().is_some() {
            let bar = ProgressBar::new_spinner()
                .with_style(style("  {spinner} {prefix} {wide_msg} {elapsed}"));
            self.add(Bar::Step(step.id.clone()), bar, |bar| {
                bar.set_prefix(step.id.to_string());
                if matches!(step.action, Action::Build { .. }) {
                    bar.set_message(step.reason.to_string());
                }
                bar.enable_steady_tick(Duration::from_millis(120));
            });
        } else if self.console.verbose() > 0
            || !matches!(step.change, Change::Unchanged | Change::Wait)
        {
            let why = match step.action {
                Action::Build { .. } | Action::Service { .. } => format!(": {}", step.reason),
                _ => String::new(),
            };
            self.console.say(format!("  > {}{why}", step.id));
        }
    }

    fn state(&self, step: &Step, state: &str) {
        if self.console.bars().is_some() {
            self.with(&Bar::Step(step.id.clone()), |bar| bar.set_message(state.to_owned()));
        } else {
            self.console.say(format!("  . {}: {state}", step.id));
        }
    }

    fn ended(&self, step: &Step, result: Result<Change, &spcs_apply::Error>, took: Duration) {
        self.remove(&Bar::Step(step.id.clone()));
        let took = time(took);
        match result {
            Ok(Change::Unchanged | Change::Wait) => {
                if self.console.verbose() > 0 {
                    self.console.say(format!("  = {:<44} unchanged {took:>10}", step.id));
                }
            }
            Ok(change) => {
                let sign = self.colored("32", &change.sign().to_string());
                self.console.say(format!(
                    "  {sign} {:<44} {:<9} {took:>10}",
                    step.id,
                    change.word()
                ));
            }
            Err(error) if error.kind() == spcs_apply::error::Kind::Interrupted => {}
            Err(error) => {
                let sign = self.colored("31", "x");
                self.console.say(format!("  {sign} {:<44} failed    {took:>10}", step.id));
                // The full error is printed at the end, but other steps may run for a while yet.
                let why = spcs_apply::error::chain(error);
                self.console.say(format!("    {}", why.lines().next().unwrap_or_default()));
            }
        }
    }
}

impl Progress for StepLines {
    fn begin(&self, item: &str, total: u64) {
        let bar = ProgressBar::new(total).with_style(style(
            "    {prefix:.dim} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec}",
        ));
        self.add(Bar::Item(item.to_owned()), bar, |bar| bar.set_prefix(item.to_owned()));
    }

    fn position(&self, item: &str, bytes: u64) {
        self.with(&Bar::Item(item.to_owned()), |bar| bar.set_position(bytes));
    }

    fn end(&self, item: &str, ended: Ended) {
        self.remove(&Bar::Item(item.to_owned()));
        if self.console.verbose() > 0 && ended != Ended::Failed {
            let word = if ended == Ended::Skipped { "exists" } else { "sent" };
            self.console.say(format!("    {item} {word}"));
        }
    }

    fn line(&self, item: &str, line: &str) {
        if self.console.verbose() > 0 {
            self.console.say(format!("    {item}: {line}"));
        } else {
            let build = Bar::Step(StepId::Build(item.to_owned()));
            self.with(&build, |bar| bar.set_message(line.to_owned()));
        }
    }
}
