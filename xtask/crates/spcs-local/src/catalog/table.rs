//! Records by key, in a map that shares its structure with its copies: a copy costs the same
//! however many records there are, and what a copy changes is found without a search.

use std::fmt;
use std::ops::Bound;
use std::sync::Arc;

use rpds::RedBlackTreeMapSync;

/// Records by key.
#[derive(Clone)]
pub(super) struct Table<K: Ord, V> {
    records: RedBlackTreeMapSync<K, Arc<V>>,
    /// The keys that were put or taken since the last [`Table::settle`].
    touched: Vec<K>,
}

impl<K: Ord, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { records: RedBlackTreeMapSync::new_sync(), touched: Vec::new() }
    }
}

impl<K: Ord + Clone, V> Table<K, V> {
    pub(super) fn get(&self, key: &K) -> Option<&V> {
        self.records.get(key).map(AsRef::as_ref)
    }

    /// Adds a record, or replaces the one of the same key.
    pub(super) fn put(&mut self, key: K, value: V) {
        self.touched.push(key.clone());
        self.records.insert_mut(key, Arc::new(value));
    }

    pub(super) fn take(&mut self, key: &K) -> Option<Arc<V>> {
        let taken = self.records.get(key).map(Arc::clone)?;
        self.records.remove_mut(key);
        self.touched.push(key.clone());
        Some(taken)
    }

    /// All records, in the order of their keys.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.records.iter().map(|(key, value)| (key, &**value))
    }

    /// The records from this key on.
    pub(super) fn from(&self, first: K) -> impl Iterator<Item = (&K, &V)> {
        let range = (Bound::Included(first), Bound::Unbounded);
        self.records.range::<K, _>(range).map(|(key, value)| (key, &**value))
    }

    /// The keys whose records are not those of `before`, each with its record if it has one.
    pub(super) fn changes<'a>(
        &'a self,
        before: &'a Self,
    ) -> impl Iterator<Item = (&'a K, Option<&'a V>)> {
        let mut keys: Vec<&K> = self.touched.iter().collect();
        keys.sort();
        keys.dedup();
        keys.into_iter().filter_map(|key| match (self.records.get(key), before.records.get(key)) {
            (None, None) => None,
            (Some(now), Some(then)) if Arc::ptr_eq(now, then) => None,
            (now, _) => Some((key, now.map(AsRef::as_ref))),
        })
    }

    /// Forgets which keys were touched: what is here is on disk.
    pub(super) fn settle(&mut self) {
        self.touched = Vec::new();
    }
}

impl<K: Ord + Clone + fmt::Debug, V: fmt::Debug> fmt::Debug for Table<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
