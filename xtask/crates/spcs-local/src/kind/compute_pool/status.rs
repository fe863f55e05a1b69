//! The status of a compute pool.

use super::Data;
use crate::clock::{self, Millis};
use crate::kind::{Kind, Lookup, Object};

/// The status that SHOW and DESCRIBE COMPUTE POOL print.
pub(crate) struct PoolStatus {
    pub(crate) state: &'static str,
    pub(crate) services: usize,
    pub(crate) active_nodes: i64,
    pub(crate) idle_nodes: i64,
    pub(crate) target_nodes: i64,
    pub(crate) message: String,
}

/// The status at the time `now`.
pub(crate) fn status(pool: &Object, data: &Data, lookup: &dyn Lookup, now: Millis) -> PoolStatus {
    let all = lookup.all(Kind::Service).into_iter().filter_map(Object::service);
    let of_pool: Vec<_> = all.filter(|record| record.pool == pool.name()).collect();
    let services = of_pool.len();
    let running = of_pool.iter().any(|record| !record.suspended);
    let minimum = pool.number("MIN_NODES");
    let without_nodes = |state, message: &str| PoolStatus {
        state,
        services,
        active_nodes: 0,
        idle_nodes: 0,
        target_nodes: if state == "SUSPENDED" { 0 } else { minimum },
        message: message.to_owned(),
    };
    if data.suspended {
        return without_nodes("SUSPENDED", "Compute pool is suspended");
    }
    if !clock::left(data.resumed, lookup.pool_start(), now).is_zero() {
        let minutes = (now.saturating_sub(data.resumed)) / 60_000;
        let message = format!("Compute pool is starting for last {minutes} minutes");
        return without_nodes("STARTING", &message);
    }
    let active = if running { minimum.max(1) } else { 0 };
    PoolStatus {
        state: if running { "ACTIVE" } else { "IDLE" },
        services,
        active_nodes: active,
        idle_nodes: minimum - active.min(minimum),
        target_nodes: minimum,
        message: format!("Compute pool is {}", if running { "active" } else { "idle" }),
    }
}
