//! A plan as text: one line per change, and a summary.

use std::fmt;

use crate::plan::{Action, Change, Plan};

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines: Vec<(Change, String, String)> = Vec::new();
        for step in &self.steps {
            if let Action::Sql { file, statements, .. } = &step.action {
                for statement in statements.iter().filter(|statement| statement.is_shown()) {
                    let place = format!("{file}:{}", statement.line);
                    let why = match &statement.reason {
                        reason if reason.is_implied() => place,
                        reason => format!("{place}, {reason}"),
                    };
                    lines.push((statement.change, statement.summary(), why));
                }
            } else {
                lines.push((step.change, step.subject.to_string(), step.reason.to_string()));
            }
        }
        let width = lines.iter().map(|(_, subject, _)| subject.chars().count()).max().unwrap_or(0);
        for (change, subject, why) in &lines {
            let (sign, word) = (change.sign(), change.word());
            let text = format!("{sign} {word:<9} {subject:<width$}  {why}");
            writeln!(f, "{}", text.trim_end())?;
        }
        write!(f, "Plan for {}: {}", self.target, self.summary())
    }
}
