//! Decides when the failure of a container is final.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::observe::ContainerState;

/// A container may fail because something it needs is not ready yet, and is restarted after a pause.
/// If it is not restarted within this time, its failure is final.
const GIVEN_UP: Duration = Duration::from_secs(30);

/// What the polls of one wait have seen.
#[derive(Default)]
pub(super) struct Failures {
    /// Since when some container has been FAILED at every poll.
    since: Option<Instant>,
    /// The restart count of each container, by instance and name, when it was first seen.
    restarts: BTreeMap<(String, String), u32>,
}

impl Failures {
    /// Takes the result of a poll; returns the container whose failure is final.
    pub(super) fn look<'a>(
        &mut self,
        containers: impl Iterator<Item = &'a ContainerState>,
        now: Instant,
    ) -> Option<&'a ContainerState> {
        let mut failed = None;
        let mut again = None;
        for container in containers {
            let key = (container.instance.clone(), container.name.clone());
            let before = self.restarts.entry(key).or_insert(container.restarts);
            // A lower count means a new container of that name.
            *before = container.restarts.min(*before);
            if container.status == "FAILED" {
                failed = failed.or(Some(container));
                if container.restarts > *before {
                    again = again.or(Some(container));
                }
            }
        }
        if failed.is_none() {
            self.since = None;
        }
        let given_up = failed.filter(|_| now - *self.since.get_or_insert(now) >= GIVEN_UP);
        again.or(given_up)
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

    /// Which of these states, each seen so many seconds after the first, is final.
    fn ended_at(looks: &[(u64, &str, u32)]) -> Option<u64> {
        let (begun, mut failures) = (Instant::now(), Failures::default());
        let end = looks.iter().find(|(seconds, status, restarts)| {
            let seen = container(status, *restarts);
            failures.look([&seen].into_iter(), begun + Duration::from_secs(*seconds)).is_some()
        });
        end.map(|(seconds, ..)| *seconds)
    }

    #[test]
    fn the_first_crash_is_not_final_while_the_container_may_be_restarted() {
        assert_eq!(ended_at(&[(0, "FAILED", 0), (2, "FAILED", 0), (4, "PENDING", 1)]), None);
        let recovered = [(0, "FAILED", 0), (29, "PENDING", 1), (31, "READY", 1)];
        assert_eq!(ended_at(&recovered), None);
    }

    #[test]
    fn a_second_crash_and_a_crash_without_a_restart_are_final() {
        let again = [(0, "PENDING", 0), (1, "FAILED", 0), (3, "PENDING", 1), (4, "FAILED", 1)];
        assert_eq!(ended_at(&again), Some(4));
        assert_eq!(ended_at(&[(0, "FAILED", 0), (29, "FAILED", 0), (30, "FAILED", 0)]), Some(30));
    }

    #[test]
    fn restarts_from_before_the_wait_do_not_count() {
        assert_eq!(ended_at(&[(0, "FAILED", 7), (5, "READY", 8)]), None);
        let new = [(0, "READY", 7), (1, "PENDING", 0), (2, "FAILED", 0), (3, "FAILED", 1)];
        assert_eq!(ended_at(&new), Some(3));
    }
}
