//! One statement of a plan.

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::plan::{Change, Reason};
use crate::sql::Effect;

/// One statement of a file, with the plan's decision about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedStatement {
    /// Its first line in the file.
    pub line: usize,
    /// Its text without the semicolon, with markers in place of secrets.
    pub text: String,
    pub effect: Effect,
    /// What it changes. An `Unchanged` statement is not sent.
    pub change: Change,
    pub reason: Reason,
}

impl PlannedStatement {
    /// Whether it only changes the session, for the following statements.
    pub(super) fn changes_session_only(&self) -> bool {
        matches!(self.effect, Effect::Use { .. })
    }

    /// Whether the printed plan shows it: not if it only changes the session or alters nothing.
    pub(super) fn is_shown(&self) -> bool {
        let alters_nothing =
            self.change == Change::Unchanged && matches!(self.effect, Effect::Alter { .. });
        !self.changes_session_only() && !alters_nothing
    }

    /// A short description for people: `role MILVUS_ROLE`.
    pub fn summary(&self) -> String {
        match &self.effect {
            Effect::Use { what } => format!("session {}", what.to_lowercase()),
            Effect::Create { kind, name, .. }
            | Effect::Drop { kind, name }
            | Effect::Resume { kind, name } => format!("{kind} {name}"),
            Effect::Alter { kind, name, .. } => format!("settings of {kind} {name}"),
            Effect::ChangeSpec { name } => format!("spec of service {name}"),
            Effect::Grant { grants } => match grants.as_slice() {
                [one] => format!("grant of {one}"),
                [first, ..] => {
                    let all: Vec<&str> =
                        grants.iter().map(|grant| grant.privilege.as_str()).collect();
                    let first_only = format!("grant of {first}");
                    first_only.replacen(&first.privilege, &all.join(", "), 1)
                }
                [] => "nothing".to_owned(),
            },
            Effect::Other => self.text.lines().next().unwrap_or_default().to_owned(),
        }
    }
}

/// The JSON form has the summary in place of the effect.
impl Serialize for PlannedStatement {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut fields = to.serialize_struct("PlannedStatement", 5)?;
        fields.serialize_field("line", &self.line)?;
        fields.serialize_field("text", &self.text)?;
        fields.serialize_field("change", &self.change)?;
        fields.serialize_field("summary", &self.summary())?;
        fields.serialize_field("reason", &self.reason)?;
        fields.end()
    }
}
