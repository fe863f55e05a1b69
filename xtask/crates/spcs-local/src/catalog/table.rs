//! A table: a persistent map that also tracks changes. Copying it takes constant time, and the
//! changes to a copy can be listed without comparing all records.

use std::fmt;
use std::ops::Bound;
use std::sync::Arc;

use rpds::RedBlackTreeMapSync;

/// Records by key.
#[derive(Clone)]
pub(super) struct Table<K: Ord, V> {
    records: RedBlackTreeMapSync<K, Arc<V>>,
    /// The keys that were added, replaced or removed since [`Table::mark_written`].
    changed: Vec<K>,
}

impl<K: Ord, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { records: RedBlackTreeMapSync::new_sync(), changed: Vec::new() }
    }
}

impl<K: Ord + Clone, V> Table<K, V> {
    pub(super) fn get(&self, key: &K) -> Option<&V> {
        self.records.get(key).map(AsRef::as_ref)
    }

    /// Adds a record, or replaces the one with the same key.
    pub(super) fn put(&mut self, key: K, value: V) {
        self.changed.push(key.clone());
        self.records.insert_mut(key, Arc::new(value));
    }

    pub(super) fn remove(&mut self, key: &K) -> Option<Arc<V>> {
        let taken = self.records.get(key).map(Arc::clone)?;
        self.records.remove_mut(key);
        self.changed.push(key.clone());
        Some(taken)
    }

    /// All records, ordered by key.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.records.iter().map(|(key, value)| (key, &**value))
    }

    /// All records from a key on, ordered by key.
    pub(super) fn from(&self, first: K) -> impl Iterator<Item = (&K, &V)> {
        let range = (Bound::Included(first), Bound::Unbounded);
        self.records.range::<K, _>(range).map(|(key, value)| (key, &**value))
    }

    /// The keys whose records differ from `before`, with their current record, if any.
    pub(super) fn changes<'a>(
        &'a self,
        before: &'a Self,
    ) -> impl Iterator<Item = (&'a K, Option<&'a V>)> {
        let mut keys: Vec<&K> = self.changed.iter().collect();
        keys.sort();
        keys.dedup();
        keys.into_iter().filter_map(|key| match (self.records.get(key), before.records.get(key)) {
            (None, None) => None,
            (Some(now), Some(then)) if Arc::ptr_eq(now, then) => None,
            (now, _) => Some((key, now.map(AsRef::as_ref))),
        })
    }

    /// Resets the change tracking.
    pub(super) fn mark_written(&mut self) {
        self.changed = Vec::new();
    }
}

impl<K: Ord + Clone + fmt::Debug, V: fmt::Debug> fmt::Debug for Table<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
