//! Resource quantities: `memory: 512Mi`, `cpu: 500m`, block sizes in `Gi`.

use crate::error::SpecError;
use crate::fields::{Field, Fields};

/// The resource requests and limits of a container.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Resources {
    /// Requests, with SPCS's defaults filled in.
    pub requests: Amounts,
    /// Limits; without one, a container can use the whole node.
    pub limits: Amounts,
}

/// Amounts of memory and CPU.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Amounts {
    /// Bytes.
    pub memory: Option<u64>,
    /// Cores.
    pub cpu: Option<f64>,
}

/// SPCS's default requests.
const DEFAULT_CPU: f64 = 0.5;
const DEFAULT_MEMORY: u64 = 512 << 20;

pub(crate) fn read(field: Option<Field>) -> Result<Resources, SpecError> {
    let Some(field) = field else { return Ok(Resources::default().with_defaults()) };
    let mut fields = field.mapping()?;
    let requests = amounts(fields.take("requests"))?;
    let limits_field = fields.take("limits");
    let (path, line) = limits_field
        .as_ref()
        .map_or_else(Default::default, |field| (field.path.clone(), field.node.line));
    let limits = amounts(limits_field)?;
    fields.finish()?;
    let exceeds = |name: &str| SpecError {
        line,
        path: path.clone(),
        message: format!("{path}.{name} is less than the requested {name}"),
    };
    if let (Some(request), Some(limit)) = (requests.memory, limits.memory)
        && request > limit
    {
        return Err(exceeds("memory"));
    }
    if let (Some(request), Some(limit)) = (requests.cpu, limits.cpu)
        && request > limit
    {
        return Err(exceeds("cpu"));
    }
    Ok(Resources { requests, limits }.with_defaults())
}

impl Resources {
    /// A missing request is the larger of the default and the limit.
    fn with_defaults(mut self) -> Resources {
        let memory = self.limits.memory.map_or(DEFAULT_MEMORY, |limit| limit.max(DEFAULT_MEMORY));
        let cpu = self.limits.cpu.map_or(DEFAULT_CPU, |limit| limit.max(DEFAULT_CPU));
        self.requests.memory.get_or_insert(memory);
        self.requests.cpu.get_or_insert(cpu);
        self
    }
}

fn amounts(field: Option<Field>) -> Result<Amounts, SpecError> {
    let Some(field) = field else { return Ok(Amounts::default()) };
    let mut fields: Fields = field.mapping()?;
    let memory = fields.take("memory").map(|field| memory(&field)).transpose()?;
    let cpu = fields.take("cpu").map(|field| cpu(&field)).transpose()?;
    fields.reject(&["nvidia.com/gpu"])?;
    fields.finish()?;
    Ok(Amounts { memory, cpu })
}

/// A memory size with one of the units M, Mi, G, Gi.
pub(crate) fn memory(field: &Field) -> Result<u64, SpecError> {
    let text = field.text()?;
    let units = [("Mi", 1 << 20), ("Gi", 1 << 30), ("M", 1_000_000), ("G", 1_000_000_000)];
    let bytes = units.into_iter().find_map(|(unit, factor)| {
        let number: f64 = text.strip_suffix(unit)?.parse().ok()?;
        (number.is_finite() && number > 0.0).then_some((number * f64::from(factor)) as u64)
    });
    bytes.ok_or_else(|| {
        field.error(format!(
            "{} has the invalid quantity '{text}': a number with one of the units M, Mi, G, Gi",
            field.path
        ))
    })
}

fn cpu(field: &Field) -> Result<f64, SpecError> {
    let text = field.text()?;
    let cores = match text.strip_suffix('m') {
        Some(milli) => milli.parse::<f64>().ok().map(|milli| milli / 1000.0),
        None => text.parse::<f64>().ok(),
    };
    cores.filter(|cores| cores.is_finite() && *cores > 0.0).ok_or_else(|| {
        field.error(format!(
            "{} has the invalid quantity '{text}': a number of cores, e.g. 0.5 or 500m",
            field.path
        ))
    })
}

/// The size of a block volume, in whole GiB.
pub(crate) fn block_size(field: &Field) -> Result<u64, SpecError> {
    let text = field.text()?;
    let size = text.strip_suffix("Gi").and_then(|number| number.parse::<u64>().ok());
    size.filter(|size| (1..=16384).contains(size)).map(|size| size << 30).ok_or_else(|| {
        field.error(format!(
            "{} has the invalid size '{text}': block storage takes whole Gi, e.g. 10Gi",
            field.path
        ))
    })
}
