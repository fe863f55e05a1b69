//! The instance families of compute pools.

/// An instance family.
pub(crate) struct Family {
    pub(crate) name: &'static str,
    pub(crate) vcpu: u32,
    pub(crate) memory_gib: u32,
    /// The name, count and memory in GiB.
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

/// The valid values of INSTANCE_FAMILY.
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
