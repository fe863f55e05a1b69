//! Privileges: of a kind, and of the account itself.

use super::Kind;

/// Privileges on the account, besides CREATE of what it contains.
const ACCOUNT: [&str; 7] = [
    "APPLY TAG",
    "BIND SERVICE ENDPOINT",
    "EXECUTE TASK",
    "MANAGE GRANTS",
    "MONITOR EXECUTION",
    "MONITOR SECURITY",
    "MONITOR USAGE",
];

/// Every privilege on the account.
pub(crate) fn account_privileges() -> Vec<String> {
    with_creation(&ACCOUNT, 1)
}

impl Kind {
    /// Privileges that can be granted on it, besides OWNERSHIP; `ALL` means these.
    pub(crate) fn privileges(self) -> Vec<String> {
        let facts = self.facts();
        let inner = if facts.is_container { facts.depth + 1 } else { 0 };
        with_creation(facts.privileges, inner)
    }

    /// The privilege that creating one needs, on its schema, database or the account.
    pub(crate) fn create_privilege(self) -> String {
        format!("CREATE {}", self.label())
    }
}

/// These privileges and CREATE of every kind of this depth, in order.
fn with_creation(own: &[&str], depth: usize) -> Vec<String> {
    let created = Kind::ALL.iter().filter(|kind| kind.depth() == depth);
    let mut all: Vec<String> = created.map(|kind| kind.create_privilege()).collect();
    all.extend(own.iter().map(|&privilege| privilege.to_owned()));
    all.sort();
    all.dedup();
    all
}
