//! The step that runs one file of `sql/`.

use crate::plan::{Action, Change, PlannedStatement, Reason, Step, StepId, Subject};
use crate::sql::{SqlFile, Statement};

impl Step {
    pub(crate) fn of_file(
        file: &SqlFile,
        needs: Vec<StepId>,
        decide: impl Fn(&Statement) -> (Change, Reason),
    ) -> Step {
        let statements = planned_statements(file, decide);
        Step {
            id: StepId::of_file(file),
            needs,
            change: Change::of(&statements),
            subject: Subject::File(file.path.clone(), file.entry.clone()),
            reason: Reason::Purpose(file.purpose.clone()),
            action: Action::Sql {
                set: file.set.clone(),
                file: file.path.clone(),
                role: file.role.clone(),
                statements,
            },
        }
    }
}

/// Plans all statements of a file. If no other statement is sent, its USE is not sent either.
pub(crate) fn planned_statements(
    file: &SqlFile,
    decide: impl Fn(&Statement) -> (Change, Reason),
) -> Vec<PlannedStatement> {
    let planned = |statement: &Statement| {
        let (change, reason) = decide(statement);
        let Statement { line, text, effect } = statement.clone();
        PlannedStatement { line, text, effect, change, reason }
    };
    let mut statements: Vec<PlannedStatement> = file.statements.iter().map(planned).collect();
    if Change::of(&statements) == Change::Unchanged {
        statements.iter_mut().for_each(|statement| statement.change = Change::Unchanged);
    }
    statements
}
