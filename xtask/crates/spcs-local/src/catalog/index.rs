//! A secondary index: maps names to entries of a table. Like the tables, it is a persistent data
//! structure, so copies are cheap.

use std::fmt;

use rpds::{RedBlackTreeMapSync, RedBlackTreeSetSync};

/// Entries by name.
#[derive(Clone)]
pub(super) struct Index<T: Ord>(RedBlackTreeMapSync<String, RedBlackTreeSetSync<T>>);

impl<T: Ord> Default for Index<T> {
    fn default() -> Self {
        Self(RedBlackTreeMapSync::new_sync())
    }
}

impl<T: Ord> Index<T> {
    /// The entries for a name, in order.
    pub(super) fn get<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a T> + use<'a, T> {
        self.0.get(name).into_iter().flat_map(|entries| entries.iter())
    }

    pub(super) fn add(&mut self, name: &str, entry: T) {
        let entries = self.0.get(name).cloned();
        let entries = entries.unwrap_or_else(RedBlackTreeSetSync::new_sync).insert(entry);
        self.0.insert_mut(name.to_owned(), entries);
    }

    pub(super) fn remove(&mut self, name: &str, entry: &T) {
        let Some(entries) = self.0.get(name).map(|entries| entries.remove(entry)) else { return };
        if entries.is_empty() {
            self.0.remove_mut(name);
        } else {
            self.0.insert_mut(name.to_owned(), entries);
        }
    }
}

impl<T: Ord + fmt::Debug> fmt::Debug for Index<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.iter().map(|(name, entries)| (name, entries.iter().collect::<Vec<_>>()));
        f.debug_map().entries(names).finish()
    }
}
