//! The step that runs one file of `sql/`.

use crate::plan::{Action, Change, PlannedStatement, Step};
use crate::sql::{Effect, SqlFile, Statement};

impl Step {
    /// The step that runs a file. If none of its other statements is sent, its USE is not sent either.
    pub(crate) fn of_file(
        file: &SqlFile,
        needs: Vec<String>,
        decide: impl Fn(&Statement) -> (Change, String),
    ) -> Step {
        let mut statements: Vec<PlannedStatement> = file
            .statements
            .iter()
            .map(|statement| {
                let (change, reason) = decide(statement);
                PlannedStatement {
                    line: statement.line,
                    text: statement.text.clone(),
                    change,
                    summary: summary_of(&statement.effect, &statement.text),
                    reason,
                }
            })
            .collect();
        let change = Change::of(&statements);
        if change == Change::Unchanged {
            statements.iter_mut().for_each(|statement| statement.change = Change::Unchanged);
        }
        Step {
            id: Step::id_of(file),
            needs,
            change,
            subject: match &file.entry {
                Some(entry) => format!("{} for {entry}", file.path),
                None => file.path.clone(),
            },
            reason: file.purpose.clone(),
            action: Action::Sql { file: file.path.clone(), role: file.role.clone(), statements },
        }
    }

    /// The id of the step that runs a file.
    pub(crate) fn id_of(file: &SqlFile) -> String {
        let path = format!("sql:{}/{}", file.set, file.name());
        match &file.entry {
            Some(entry) => format!("{path}:{entry}"),
            None => path,
        }
    }
}

/// What a statement is about, for people.
fn summary_of(effect: &Effect, text: &str) -> String {
    match effect {
        Effect::Use { what } => format!("session {}", what.to_lowercase()),
        Effect::Create { kind, name, .. } | Effect::Drop { kind, name } => format!("{kind} {name}"),
        Effect::Alter { kind, name, .. } => format!("settings of {kind} {name}"),
        Effect::Respec { name } => format!("spec of service {name}"),
        Effect::Resume { kind, name } => format!("{kind} {name}"),
        Effect::Grant { grants } => match grants.as_slice() {
            [one] => format!("grant of {one}"),
            [first, ..] => {
                let all: Vec<&str> = grants.iter().map(|grant| grant.privilege.as_str()).collect();
                let first_only = format!("grant of {first}");
                first_only.replacen(&first.privilege, &all.join(", "), 1)
            }
            [] => "nothing".to_owned(),
        },
        Effect::Other => text.lines().next().unwrap_or_default().to_owned(),
    }
}
