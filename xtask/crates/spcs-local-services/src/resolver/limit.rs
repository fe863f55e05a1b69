//! A limit of what is done for clients at the same time.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(super) struct Limit {
    total: usize,
    of_client: usize,
    /// The number of permits of each client that has any.
    taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// Counts until it is dropped.
pub(super) struct Permit {
    client: IpAddr,
    taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Limit {
    pub(super) fn new(total: usize, of_client: usize) -> Limit {
        Limit { total, of_client, taken: Arc::default() }
    }

    /// A permit, unless the client or all clients together have as many as they may have.
    pub(super) fn permit(&self, client: IpAddr) -> Option<Permit> {
        let mut taken = lock(&self.taken);
        let of_client = taken.get(&client).copied().unwrap_or(0);
        if of_client >= self.of_client || taken.values().sum::<usize>() >= self.total {
            return None;
        }
        taken.insert(client, of_client + 1);
        Some(Permit { client, taken: Arc::clone(&self.taken) })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut taken = lock(&self.taken);
        match taken.get_mut(&self.client) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                taken.remove(&self.client);
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_client_takes_the_permits_of_all() {
        let limit = Limit::new(3, 2);
        let client = |last: u8| IpAddr::from([10, 0, 0, last]);
        let first = [limit.permit(client(1)), limit.permit(client(1))];
        assert!(first.iter().all(Option::is_some) && limit.permit(client(1)).is_none());
        let other = limit.permit(client(2));
        assert!(other.is_some() && limit.permit(client(3)).is_none(), "the limit of all");
        drop(first);
        assert!(limit.permit(client(1)).is_some());
        drop(other);
        assert!(lock(&limit.taken).is_empty(), "forgets clients");
    }
}
