//! Compute pools: the families of machines there are, and what state a pool is in.

use std::time::Duration;

use super::object::Object;
use super::state::State;
use crate::clock::Millis;

/// A family of machines.
pub(crate) struct Family {
    pub(crate) name: &'static str,
    pub(crate) vcpu: u32,
    pub(crate) memory_gib: u32,
    pub(crate) gpu: Option<(&'static str, u32, u32)>,
}

const fn family(name: &'static str, vcpu: u32, memory_gib: u32) -> Family {
    Family { name, vcpu, memory_gib, gpu: None }
}

const fn gpus(
    name: &'static str,
    vcpu: u32,
    memory_gib: u32,
    gpu: &'static str,
    count: u32,
    gpu_memory_gib: u32,
) -> Family {
    Family { name, vcpu, memory_gib, gpu: Some((gpu, count, gpu_memory_gib)) }
}

/// The families that INSTANCE_FAMILY may name.
pub(crate) const FAMILIES: [Family; 14] = [
    family("CPU_X64_XS", 1, 6),
    family("CPU_X64_S", 3, 13),
    family("CPU_X64_M", 6, 28),
    family("CPU_X64_SL", 14, 54),
    family("CPU_X64_L", 28, 116),
    family("HIGHMEM_X64_S", 6, 58),
    family("HIGHMEM_X64_M", 28, 240),
    family("HIGHMEM_X64_SL", 92, 654),
    family("HIGHMEM_X64_L", 124, 984),
    gpus("GPU_NV_S", 6, 27, "NVIDIA A10G", 1, 24),
    gpus("GPU_NV_M", 44, 178, "NVIDIA A10G", 4, 24),
    gpus("GPU_NV_L", 92, 1112, "NVIDIA A100", 8, 40),
    gpus("GPU_NV_XS", 3, 26, "NVIDIA T4", 1, 16),
    gpus("GPU_NV_SM", 32, 225, "NVIDIA A10G", 1, 24),
];

/// What SHOW and DESCRIBE COMPUTE POOL say about it.
pub(crate) struct PoolState {
    pub(crate) state: &'static str,
    pub(crate) services: usize,
    pub(crate) active_nodes: i64,
    pub(crate) idle_nodes: i64,
    pub(crate) target_nodes: i64,
    pub(crate) message: String,
}

impl State {
    /// The pool's state at this moment.
    pub(crate) fn pool_state(&self, pool: &Object, now: Millis, start: Duration) -> PoolState {
        let of_pool =
            |(_, record): &(&Object, &super::object::ServiceRecord)| record.pool == pool.name();
        let services = self.services().filter(of_pool).count();
        let running = self.services().filter(of_pool).filter(|(_, r)| !r.suspended).count();
        let minimum = pool.number("MIN_NODES", 1);
        let (suspended, resumed) =
            pool.pool.as_ref().map_or((false, 0), |record| (record.suspended, record.resumed));
        let quiet = |state, message: &str| PoolState {
            state,
            services,
            active_nodes: 0,
            idle_nodes: 0,
            target_nodes: if state == "SUSPENDED" { 0 } else { minimum },
            message: message.to_owned(),
        };
        if suspended {
            return quiet("SUSPENDED", "Compute pool is suspended");
        }
        if now < ready_at(resumed, start) {
            let minutes = (now.saturating_sub(resumed)) / 60_000;
            let message = format!("Compute pool is starting for last {minutes} minutes");
            return quiet("STARTING", &message);
        }
        let active = if running > 0 { minimum.max(1) } else { 0 };
        PoolState {
            state: if running > 0 { "ACTIVE" } else { "IDLE" },
            services,
            active_nodes: active,
            idle_nodes: minimum - active.min(minimum),
            target_nodes: minimum,
            message: if running > 0 {
                "Compute pool is active".to_owned()
            } else {
                "Compute pool is idle".to_owned()
            },
        }
    }
}

/// When a pool that was resumed then has its node.
pub(crate) fn ready_at(resumed: Millis, start: Duration) -> Millis {
    resumed + u64::try_from(start.as_millis()).unwrap_or(u64::MAX / 2)
}
