//! The open connections, and what each is waiting for.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

/// A connection that waits this long in the middle of a body may be closed for another one. Clients
/// that send as fast as they can do not wait as long.
const STALLED: Duration = Duration::from_millis(20);

/// All connections of a listener.
pub(super) struct Connections {
    total: usize,
    per_address: usize,
    open: Arc<Mutex<Open>>,
}

#[derive(Default)]
struct Open {
    next: u64,
    connections: HashMap<u64, (IpAddr, Arc<State>)>,
}

struct State {
    waits: Mutex<Waits>,
    closed: CancellationToken,
}

/// Since when a connection has waited for its client to send or to receive.
#[derive(Default)]
struct Waits {
    /// For the head of a request.
    head: Option<Instant>,
    /// For more of the body of a request.
    body: Option<Instant>,
    /// For the client to read the response.
    response: Option<Instant>,
}

/// An open connection. Clones share it; it counts until the last one is dropped.
#[derive(Clone)]
pub(super) struct Connection(Arc<Counted>);

struct Counted {
    id: u64,
    state: Arc<State>,
    open: Arc<Mutex<Open>>,
}

impl Drop for Counted {
    fn drop(&mut self) {
        lock(&self.open).connections.remove(&self.id);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Connections {
    pub(super) fn new(total: usize, per_address: usize) -> Connections {
        Connections { total, per_address, open: Arc::default() }
    }

    /// Adds a connection. If there are too many, closes the one that has waited longest for its
    /// client; `None` if none waits.
    pub(super) fn add(&self, client: IpAddr) -> Option<Connection> {
        self.add_at(client, Instant::now())
    }

    fn add_at(&self, client: IpAddr, now: Instant) -> Option<Connection> {
        let address = network(client);
        let mut open = lock(&self.open);
        let of_address = open.connections.values().filter(|(other, _)| *other == address).count();
        if of_address >= self.per_address && !open.close(now, |other| other == address) {
            return None;
        }
        if open.connections.len() >= self.total && !open.close(now, |_| true) {
            return None;
        }
        let id = open.next;
        open.next += 1;
        let waits = Waits { head: Some(now), ..Waits::default() };
        let state = Arc::new(State { waits: Mutex::new(waits), closed: CancellationToken::new() });
        open.connections.insert(id, (address, Arc::clone(&state)));
        Some(Connection(Arc::new(Counted { id, state, open: Arc::clone(&self.open) })))
    }

    pub(super) fn close_longest_waiting(&self) {
        lock(&self.open).close(Instant::now(), |_| true);
    }
}

impl Open {
    /// Closes the connection that has waited longest: first among those that wait for a request,
    /// then among those whose client is slow with a body.
    fn close(&mut self, now: Instant, among: impl Fn(IpAddr) -> bool) -> bool {
        let candidates = self.connections.iter().filter(|(_, (address, _))| among(*address));
        let waiting = candidates.filter_map(|(id, (_, state))| {
            let waits = lock(&state.waits);
            let stalled = waits.body.into_iter().chain(waits.response).min();
            let stalled = stalled.filter(|since| now.duration_since(*since) >= STALLED);
            let since = waits.head.map(|since| (0, since)).or(stalled.map(|since| (1, since)))?;
            Some((since, *id))
        });
        let Some((_, id)) = waiting.min() else { return false };
        if let Some((_, state)) = self.connections.remove(&id) {
            state.closed.cancel();
        }
        true
    }
}

impl Connection {
    /// Cancelled when the connection must close.
    pub(super) fn closed(&self) -> CancellationToken {
        self.0.state.closed.clone()
    }

    pub(super) fn head_received(&self) {
        self.waits().head = None;
    }

    pub(super) fn response_sent(&self) {
        self.waits().head = Some(Instant::now());
    }

    pub(super) fn waits_for_body(&self, waits: bool) {
        self.waits().body = waits.then(Instant::now);
    }

    pub(super) fn waits_for_reader(&self, waits: bool) {
        self.waits().response = waits.then(Instant::now);
    }

    fn waits(&self) -> MutexGuard<'_, Waits> {
        lock(&self.0.state.waits)
    }
}

/// What counts as one address: a user of this machine has all of 127.0.0.0/8, and a network is
/// assigned at least a /64 of IPv6.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) if address.is_loopback() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const OTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2));

    fn is_closed(connection: &Connection) -> bool {
        connection.closed().is_cancelled()
    }

    #[test]
    fn the_connection_that_has_waited_longest_for_a_request_is_closed() {
        let connections = Connections::new(3, 3);
        let first = connections.add(HERE).unwrap();
        first.head_received();
        let second = connections.add(HERE).unwrap();
        let third = connections.add(HERE).unwrap();
        first.response_sent();
        let fourth = connections.add(OTHER).unwrap();
        assert!(is_closed(&second) && !is_closed(&first) && !is_closed(&third));
        drop(fourth);
        connections.add(HERE).unwrap();
        assert!(!is_closed(&third), "there is room again");
    }

    #[test]
    fn a_connection_is_refused_if_all_others_are_busy_and_a_stalled_one_is_closed() {
        let connections = Connections::new(2, 2);
        let later = || connections.add_at(OTHER, Instant::now() + STALLED);
        let [first, second] = [(); 2].map(|()| connections.add(HERE).unwrap());
        first.head_received();
        second.head_received();
        second.waits_for_body(true);
        assert!(connections.add(OTHER).is_none());
        let third = later().unwrap();
        assert!(is_closed(&second) && !is_closed(&first));
        third.head_received();
        first.waits_for_reader(true);
        first.waits_for_reader(false);
        assert!(later().is_none(), "its client reads again");
    }

    #[test]
    fn one_address_cannot_take_the_connections_of_others() {
        let connections = Connections::new(4, 2);
        let other = connections.add(OTHER).unwrap();
        let mine = ["127.0.0.1", "127.0.0.2", "::ffff:127.0.0.3"].map(|address| {
            let connection = connections.add(address.parse().unwrap());
            connection.inspect(Connection::head_received)
        });
        assert!(mine[1].is_some() && mine[2].is_none());
        assert!(!is_closed(&other));
        assert!(connections.add(OTHER).is_some());
    }

    #[test]
    fn addresses_of_one_network_count_as_one() {
        let of = |address: &str| network(address.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::2"));
        assert_ne!(of("2001:db8:0:1::1"), of("2001:db8::2"));
        assert_ne!(of("10.0.0.1"), of("10.0.0.2"));
    }
}
