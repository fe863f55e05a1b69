//! Decides when a container's failure is final.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::observe::ContainerState;

/// A container may fail because a dependency is not ready yet, and is then restarted after a pause.
/// If it is not restarted within this time, its failure is final.
const RESTART_LIMIT: Duration = Duration::from_secs(30);

/// The container failures during one wait.
#[derive(Default)]
pub(super) struct Failures {
    /// The start of the period in which every poll has found a FAILED container.
    since: Option<Instant>,
    /// The restart count of each container, by instance and name, when it was first seen.
    restarts: BTreeMap<(String, String), u32>,
}

impl Failures {
    /// Records the result of a poll. Returns a container whose failure is final.
    pub(super) fn record<'a>(
        &mut self,
        containers: impl Iterator<Item = &'a ContainerState>,
        now: Instant,
    ) -> Option<&'a ContainerState> {
        let mut failed = None;
        let mut restarted = None;
        for container in containers {
            let key = (container.instance.clone(), container.name.clone());
            let before = self.restarts.entry(key).or_insert(container.restarts);
            // A lower count means that a new container has replaced it.
            *before = container.restarts.min(*before);
            if container.status == "FAILED" {
                failed = failed.or(Some(container));
                if container.restarts > *before {
                    restarted = restarted.or(Some(container));
                }
            }
        }
        if failed.is_none() {
            self.since = None;
        }
        let expired = failed.filter(|_| now - *self.since.get_or_insert(now) >= RESTART_LIMIT);
        restarted.or(expired)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(status: &str, restarts: u32) -> ContainerState {
        ContainerState {
            instance: "0".to_owned(),
            name: "main".to_owned(),
            status: status.to_owned(),
            message: String::new(),
            restarts,
            image: String::new(),
        }
    }

    /// The time in seconds of the first of these polls that finds a final failure.
    fn final_at(polls: &[(u64, &str, u32)]) -> Option<u64> {
        let (begun, mut failures) = (Instant::now(), Failures::default());
        let end = polls.iter().find(|(seconds, status, restarts)| {
            let seen = container(status, *restarts);
            failures.record([&seen].into_iter(), begun + Duration::from_secs(*seconds)).is_some()
        });
        end.map(|(seconds, ..)| *seconds)
    }

    #[test]
    fn the_first_crash_is_not_final_while_the_container_may_be_restarted() {
        assert_eq!(final_at(&[(0, "FAILED", 0), (2, "FAILED", 0), (4, "PENDING", 1)]), None);
        let recovered = [(0, "FAILED", 0), (29, "PENDING", 1), (31, "READY", 1)];
        assert_eq!(final_at(&recovered), None);
    }

    #[test]
    fn a_second_crash_and_a_crash_without_a_restart_are_final() {
        let restarted = [(0, "PENDING", 0), (1, "FAILED", 0), (3, "PENDING", 1), (4, "FAILED", 1)];
        assert_eq!(final_at(&restarted), Some(4));
        assert_eq!(final_at(&[(0, "FAILED", 0), (29, "FAILED", 0), (30, "FAILED", 0)]), Some(30));
    }

    #[test]
    fn restarts_from_before_the_wait_do_not_count() {
        assert_eq!(final_at(&[(0, "FAILED", 7), (5, "READY", 8)]), None);
        let new = [(0, "READY", 7), (1, "PENDING", 0), (2, "FAILED", 0), (3, "FAILED", 1)];
        assert_eq!(final_at(&new), Some(3));
    }
}
