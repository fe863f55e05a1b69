//! The order in which services are started and dropped, derived from their `after` keys.

use crate::config::{Config, Key};

impl Config {
    /// The services sorted so that each comes after the services it waits for, otherwise by key.
    pub(crate) fn start_order(&self) -> Vec<&Key> {
        self.ordered(|key| self.waits_for(key))
    }

    /// The services sorted so that each comes before the services it waits for, otherwise by key.
    pub(crate) fn drop_order(&self) -> Vec<&Key> {
        self.ordered(|key| {
            self.services.keys().filter(|other| self.waits_for(other).contains(&key)).collect()
        })
    }

    /// The first cycle of services that wait for each other. The last key repeats the first.
    pub(super) fn cycle(&self) -> Option<Vec<&Key>> {
        let ordered = self.start_order();
        let stuck = |key: &&Key| !ordered.contains(key);
        let mut path = vec![self.services.keys().find(stuck)?];
        loop {
            // Every stuck service waits for another stuck one.
            let next = self.waits_for(path.last()?).into_iter().find(stuck)?;
            let seen = path.iter().position(|key| *key == next);
            path.push(next);
            if let Some(start) = seen {
                return Some(path.split_off(start));
            }
        }
    }

    fn waits_for(&self, key: &Key) -> Vec<&Key> {
        let service = self.services.get(key).into_iter();
        service.flat_map(|service| &service.after).map(|key| key.get_ref()).collect()
    }

    /// A topological sort. Leaves out services in a cycle and services that wait for one of them.
    fn ordered<'c>(&'c self, waits_for: impl Fn(&'c Key) -> Vec<&'c Key>) -> Vec<&'c Key> {
        let mut done: Vec<&'c Key> = Vec::new();
        while let Some(next) = self.services.keys().find(|key| {
            !done.contains(key) && waits_for(key).iter().all(|other| done.contains(other))
        }) {
            done.push(next);
        }
        done
    }
}
