//! A plan: steps as data, each with its reason and the steps it waits for.

mod display;
mod file;
mod summary;

use serde::{Deserialize, Serialize};

/// Everything one run does, in an order that respects every `needs`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The name of the target in `spcs.toml`.
    pub target: String,
    /// The steps; a step comes after those it needs.
    pub steps: Vec<Step>,
}

/// One step of a plan. Steps without a path of `needs` between them may run at the same time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// `build:milvus`, `sql:bootstrap/020_role.sql`, `push:milvus`, `pool:milvus`, `put:milvus`,
    /// `service:milvus`, `ready:milvus`, `endpoints:jupyter`.
    pub id: String,
    /// Ids of the steps that must have ended well before this one starts.
    pub needs: Vec<String>,
    /// What happens.
    pub change: Change,
    /// What it happens to, for people: `image milvus`, `sql/bootstrap/020_role.sql`.
    pub subject: String,
    /// Why it happens, or why not.
    pub reason: String,
    /// What to do.
    pub action: Action,
}

/// What a step or a statement does to the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Something that is not there is made: an object, a grant, an image.
    Create,
    /// Something that is there is changed.
    Alter,
    /// An image goes to the repository.
    Push,
    /// A file goes to a stage.
    Put,
    /// A statement that is neither of these and is always sent, such as USE ROLE.
    Run,
    /// Nothing is changed until something is ready.
    Wait,
    /// It is as wanted; nothing is sent.
    Unchanged,
    /// Something is removed.
    Drop,
}

/// What carries a step out, with all that it needs to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Action {
    /// Build an image of `[images]`.
    Build {
        /// Its key in `spcs.toml`.
        image: String,
    },
    /// Push an image of `[images]` under the tag of its digest ([`crate::image_tag`]).
    Push {
        /// Its key in `spcs.toml`.
        image: String,
    },
    /// Run the statements of a file in order, leaving out those that are unchanged.
    Sql {
        /// `sql/<set>/<file>`.
        file: String,
        /// The role that runs them; the file's own USE ROLE says the same.
        role: String,
        /// All of the file's statements.
        statements: Vec<PlannedStatement>,
    },
    /// Put the rendered spec of a service on the stage ([`crate::render_spec`] says what and its name).
    Put {
        /// Its key in `spcs.toml`.
        service: String,
    },
    /// Create or roll a service ([`crate::service_statements`] says how).
    Service {
        /// Its key in `spcs.toml`.
        service: String,
    },
    /// Wait until a pool is ACTIVE or IDLE.
    WaitPool {
        /// Its key in `spcs.toml`.
        pool: String,
    },
    /// Wait until a service is RUNNING, every instance READY, and not upgrading.
    WaitService {
        /// Its key in `spcs.toml`.
        service: String,
    },
    /// Wait until the public endpoints of a service have their URL.
    WaitEndpoints {
        /// Its key in `spcs.toml`.
        service: String,
    },
}

/// One statement of a file, with what the plan decided about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedStatement {
    /// Its first line in the file.
    pub line: usize,
    /// Its text, secrets as markers, without the semicolon.
    pub text: String,
    /// `Unchanged` statements are not sent; a `Run` is.
    pub change: Change,
    /// What it is about, for people: `role MILVUS_ROLE`.
    pub summary: String,
    /// Why.
    pub reason: String,
}

impl Change {
    /// What these statements change together: nothing, when all that is left only says who runs it.
    pub fn of(statements: &[PlannedStatement]) -> Change {
        let acts =
            |s: &&PlannedStatement| s.change != Change::Unchanged && !s.changes_session_only();
        let mut changes = statements.iter().filter(acts).map(|statement| statement.change);
        match changes.next() {
            None => Change::Unchanged,
            Some(first) if changes.all(|change| change == first) => first,
            Some(_) => Change::Alter,
        }
    }
}

impl Plan {
    /// The plan that is left when only some steps are wanted, as the single phases want.
    /// What a step needed of the steps left out is taken to be there.
    pub fn select(&self, wanted: impl Fn(&Step) -> bool) -> Plan {
        let mut steps: Vec<Step> = self.steps.iter().filter(|s| wanted(s)).cloned().collect();
        let kept: Vec<String> = steps.iter().map(|s| s.id.clone()).collect();
        for step in &mut steps {
            step.needs.retain(|id| kept.contains(id));
        }
        Plan { target: self.target.clone(), steps }
    }

    /// Whether a statement that is to be sent holds a secret's marker.
    pub fn sends_secret(&self) -> bool {
        let sends = |s: &PlannedStatement| {
            s.change != Change::Unchanged && crate::secret::has_marker(&s.text)
        };
        self.steps.iter().any(|step| match &step.action {
            Action::Sql { statements, .. } => statements.iter().any(sends),
            _ => false,
        })
    }
}
