//! Slows down guessing of passwords: after some failed logins the next ones are refused for a time
//! that doubles with each further failure.
//!
//! Failures count for the user, for the client, and for the two together. A client that has logged in
//! as a user before is only measured by its own failures with that user, so nobody can keep a user
//! out by guessing. On loopback all clients have one address, so the user id of their process is a
//! part of the client.

mod client;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use crate::access::LoginError;
use crate::blocking;
use client::Client;

/// The failures of a client with a user before the first delay; Snowflake locks users after as many.
const FREE: u32 = 5;
/// The same for all failures of a client, and for all failures with a user.
const FREE_IN_ALL: u32 = 20;
/// The longest delay, and how long a failure counts. Snowflake locks users for as long.
const LONGEST: Duration = Duration::from_secs(15 * 60);
/// The most counters, and the most clients that are remembered for having logged in.
const MOST: usize = 1024;
/// The longest part of a user's name that counts.
const NAME: usize = 255;

/// The failed logins, and the limit of passwords that are checked at the same time.
pub(crate) struct LoginAttempts {
    first_delay: Duration,
    table: Mutex<Table>,
    /// For clients that have not logged in as the user before.
    checks: Semaphore,
    /// For clients that have, so that they do not wait for those who guess.
    checks_of_known: Semaphore,
}

#[derive(Default)]
struct Table {
    failures: HashMap<Key, Failures>,
    /// When a client last logged in as a user.
    known: HashMap<(Client, Arc<str>), Instant>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    User(Arc<str>),
    Client(Client),
    Both(Client, Arc<str>),
}

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    last: Instant,
}

impl LoginAttempts {
    pub(crate) fn new(first_delay: Duration) -> LoginAttempts {
        // Checking a password keeps a processor busy, and some must be left for everything else.
        let checks = || Semaphore::new((blocking::processors() / 4).max(1));
        let (checks, checks_of_known) = (checks(), checks());
        LoginAttempts { first_delay, table: Mutex::default(), checks, checks_of_known }
    }

    /// Checks a password with `verify`, unless the user or the client has to wait.
    pub(crate) async fn check<T: Send + 'static>(
        &self,
        client: Option<SocketAddr>,
        user: &str,
        verify: impl FnOnce() -> Option<T> + Send + 'static,
    ) -> Result<T, LoginError> {
        let client = client::of(client).await;
        let user: Arc<str> = user.to_uppercase().chars().take(NAME).collect::<String>().into();
        self.table().allow(client, &user, self.first_delay, Instant::now())?;
        let is_known = self.table().is_known(client, &user);
        let checks = if is_known { &self.checks_of_known } else { &self.checks };
        // The semaphores are never closed.
        let _permit = checks.acquire().await;
        // Others may have failed in the meantime.
        self.table().allow(client, &user, self.first_delay, Instant::now())?;
        let verified = blocking::call(verify).await;
        self.table().record(client, &user, verified.is_some(), Instant::now());
        verified.ok_or(LoginError::Wrong)
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Whether a client has logged in as a user.
    fn is_known(&self, client: Client, user: &Arc<str>) -> bool {
        self.known.contains_key(&(client, Arc::clone(user)))
    }

    /// Fails if a login must wait.
    fn allow(
        &self,
        client: Client,
        user: &Arc<str>,
        first_delay: Duration,
        now: Instant,
    ) -> Result<(), LoginError> {
        let mut keys = vec![(Key::Both(client, Arc::clone(user)), FREE)];
        if !self.is_known(client, user) {
            keys.push((Key::User(Arc::clone(user)), FREE_IN_ALL));
            keys.push((Key::Client(client), FREE_IN_ALL));
        }
        let delays = keys.into_iter().filter_map(|(key, free)| {
            let Failures { count, last } = self.failures.get(&key)?;
            let delay = delay(first_delay, count.checked_sub(free)?);
            (*last + delay).checked_duration_since(now).filter(|left| !left.is_zero())
        });
        delays.max().map_or(Ok(()), |left| Err(LoginError::Locked(left)))
    }

    fn record(&mut self, client: Client, user: &Arc<str>, succeeded: bool, now: Instant) {
        let both = Key::Both(client, Arc::clone(user));
        if succeeded {
            self.failures.remove(&both);
            make_room(&mut self.known, |last| *last);
            self.known.insert((client, Arc::clone(user)), now);
            return;
        }
        for key in [both, Key::User(Arc::clone(user)), Key::Client(client)] {
            if !self.failures.contains_key(&key) {
                self.failures.retain(|_, failures| now.duration_since(failures.last) < LONGEST);
                // Those with many failures stay, whatever names a client makes up.
                make_room(&mut self.failures, |failures| (failures.count, failures.last));
            }
            let failures = self.failures.entry(key).or_insert(Failures { count: 0, last: now });
            let counts = now.duration_since(failures.last) < LONGEST;
            failures.count = if counts { failures.count.saturating_add(1) } else { 1 };
            failures.last = now;
        }
    }
}

/// The delay after the free failures and `more` others.
fn delay(first: Duration, more: u32) -> Duration {
    let factor = 1_u32.checked_shl(more).unwrap_or(u32::MAX);
    first.saturating_mul(factor).min(LONGEST)
}

/// Removes the entry with the smallest order if the map is full.
fn make_room<K: Clone + Eq + std::hash::Hash, V, O: Ord>(
    map: &mut HashMap<K, V>,
    order: impl Fn(&V) -> O,
) {
    if map.len() < MOST {
        return;
    }
    let smallest = map.iter().min_by_key(|(_, value)| order(value)).map(|(key, _)| key.clone());
    if let Some(key) = smallest {
        map.remove(&key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn client(uid: u32) -> Client {
        Client { address: None, uid: Some(uid) }
    }

    fn name(user: &str) -> Arc<str> {
        user.into()
    }

    impl Table {
        fn fails(&mut self, uid: u32, user: &str, now: Instant) {
            self.record(client(uid), &name(user), false, now);
        }

        /// How long a login must wait.
        fn wait(&self, uid: u32, user: &str, now: Instant) -> Duration {
            match self.allow(client(uid), &name(user), SECOND, now) {
                Ok(()) => Duration::ZERO,
                Err(LoginError::Locked(left)) => left,
                Err(LoginError::Wrong) => unreachable!(),
            }
        }
    }

    #[test]
    fn the_delay_doubles_with_each_failure_up_to_a_quarter_of_an_hour() {
        let (mut table, mut now) = (Table::default(), Instant::now());
        for _ in 0..FREE - 1 {
            table.fails(1, "A", now);
            assert_eq!(table.wait(1, "A", now), Duration::ZERO);
        }
        for expected in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900] {
            table.fails(1, "A", now);
            assert_eq!(table.wait(1, "A", now).as_secs(), expected);
            assert_eq!(table.wait(1, "B", now), Duration::ZERO, "other users are not affected");
            now += Duration::from_secs(expected);
            assert_eq!(table.wait(1, "A", now), Duration::ZERO);
        }
        table.fails(1, "A", now);
        assert_eq!(table.wait(1, "A", now), Duration::ZERO, "failures are forgotten after as long");
    }

    #[test]
    fn nobody_keeps_a_user_out_who_has_logged_in_before() {
        let (mut table, now) = (Table::default(), Instant::now());
        table.record(client(1), &name("A"), true, now);
        for uid in 2..40 {
            table.fails(uid, "A", now);
            table.fails(1, &format!("U{uid}"), now);
        }
        assert_eq!(table.wait(1, "A", now), Duration::ZERO);
        assert!(table.wait(99, "A", now) > SECOND, "many clients share the failures of a user");
        assert!(table.wait(1, "B", now) > SECOND, "a client cannot try one password on all users");
    }

    #[test]
    fn a_login_of_another_user_does_not_buy_more_guesses() {
        let (mut table, now) = (Table::default(), Instant::now());
        for _ in 0..FREE {
            table.fails(1, "A", now);
            table.record(client(1), &name("OWN"), true, now);
        }
        assert!(table.wait(1, "A", now) > Duration::ZERO);
        table.record(client(1), &name("A"), true, now);
        assert_eq!(table.wait(1, "A", now), Duration::ZERO);
    }

    #[test]
    fn the_tables_are_bounded_and_keep_those_who_fail_most() {
        let (mut table, now) = (Table::default(), Instant::now());
        for _ in 0..FREE {
            table.fails(1, "A", now);
        }
        for made_up in 0..2 * MOST {
            table.fails(2, &format!("U{made_up}"), now);
            table.record(client(2), &name(&format!("U{made_up}")), true, now);
        }
        assert!(table.failures.len() <= MOST && table.known.len() <= MOST);
        assert!(table.wait(1, "A", now) > Duration::ZERO);
    }
}
