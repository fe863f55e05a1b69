//! The order in which services are started and dropped, by what each says it comes after.

use crate::config::{Config, Key};

impl Config {
    /// The services in an order in which each comes after those it waits for, otherwise by key.
    pub(crate) fn start_order(&self) -> Vec<&Key> {
        self.ordered(|key| self.waits_for(key))
    }

    /// The services in an order in which each comes before those it waited for, otherwise by key.
    pub(crate) fn drop_order(&self) -> Vec<&Key> {
        self.ordered(|key| {
            self.services.keys().filter(|other| self.waits_for(other).contains(&key)).collect()
        })
    }

    /// The first circle of services that wait for each other, its first key repeated at its end.
    pub(super) fn circle(&self) -> Option<Vec<&Key>> {
        let ordered = self.start_order();
        let stuck = |key: &&Key| !ordered.contains(key);
        let mut walked = vec![self.services.keys().find(stuck)?];
        loop {
            // A service that is stuck waits for one that is.
            let next = self.waits_for(walked.last()?).into_iter().find(stuck)?;
            let seen = walked.iter().position(|key| *key == next);
            walked.push(next);
            if let Some(start) = seen {
                return Some(walked.split_off(start));
            }
        }
    }

    fn waits_for(&self, key: &Key) -> Vec<&Key> {
        let service = self.services.get(key).into_iter();
        service.flat_map(|service| &service.after).map(|key| key.get_ref()).collect()
    }

    /// Services of a circle are left out, and so are those that wait for one.
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
