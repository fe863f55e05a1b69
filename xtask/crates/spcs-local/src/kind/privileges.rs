//! The privileges on objects and on the account.

use super::Kind;

/// The privileges on the account, except the CREATE privileges.
const ACCOUNT: [&str; 7] = [
    "APPLY TAG",
    "BIND SERVICE ENDPOINT",
    "EXECUTE TASK",
    "MANAGE GRANTS",
    "MONITOR EXECUTION",
    "MONITOR SECURITY",
    "MONITOR USAGE",
];

/// All privileges on the account.
pub(crate) fn account_privileges() -> Vec<String> {
    with_creation(&ACCOUNT, 1)
}

impl Kind {
    /// All privileges on objects of the kind except OWNERSHIP; `ALL` stands for these.
    pub(crate) fn privileges(self) -> Vec<String> {
        let facts = self.facts();
        let inner = if facts.is_container { facts.depth + 1 } else { 0 };
        with_creation(facts.privileges, inner)
    }

    /// The privilege on the schema, database or account that CREATE requires.
    pub(crate) fn create_privilege(self) -> String {
        format!("CREATE {}", self.label())
    }
}

/// The given privileges and the CREATE privileges for all kinds of a depth, sorted.
fn with_creation(own: &[&str], depth: usize) -> Vec<String> {
    let created = Kind::ALL.iter().filter(|kind| kind.depth() == depth);
    let mut all: Vec<String> = created.map(|kind| kind.create_privilege()).collect();
    all.extend(own.iter().map(|&privilege| privilege.to_owned()));
    all.sort();
    all.dedup();
    all
}
