//! Settings that podman needs on unusual machines. Two conditions break its defaults, and both can
//! be read from /proc: cgroups in hybrid mode, which crun does not support, and root without
//! CAP_SYS_RESOURCE, which cannot raise resource limits as podman does. On other machines, podman's
//! settings are not changed.

use std::io;
use std::path::Path;

use toml::{Table, Value};

/// The bit of CAP_SYS_RESOURCE in a capability set.
const CAP_SYS_RESOURCE: u32 = 24;

/// The maximum for the limits: podman lowers its own limits before it starts a container, and then
/// refuses a value close to the machine's limit.
const MAX_LIMIT: u64 = 32768;

/// The properties of the machine that determine the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Machine {
    hybrid_cgroups: bool,
    /// The hard limits of open files and processes, if root cannot raise them.
    fixed_limits: Option<(u64, u64)>,
}

/// The environment variables that podman needs. A CONTAINERS_CONF set by the user takes precedence.
pub(super) fn environment(work_dir: &Path) -> io::Result<Vec<(String, String)>> {
    if std::env::var_os("CONTAINERS_CONF").is_some() {
        return Ok(Vec::new());
    }
    let read = |path: &str| fs_err::read_to_string(path).unwrap_or_default();
    let machine =
        inspect(&read("/proc/self/mounts"), &read("/proc/self/status"), &read("/proc/self/limits"));
    let Some(needed) = settings(machine) else { return Ok(Vec::new()) };
    tracing::debug!(?machine, "podman needs settings of its own here");
    // CONTAINERS_CONF replaces the system's configuration files, so merge their content first.
    let mut all = Table::new();
    for file in ["/usr/share/containers/containers.conf", "/etc/containers/containers.conf"] {
        if let Ok(table) = read(file).parse::<Table>() {
            overlay(&mut all, table);
        }
    }
    overlay(&mut all, needed);
    fs_err::create_dir_all(work_dir)?;
    let file = std::path::absolute(work_dir)?.join("containers.conf");
    let text = format!("# written by cargo xtask for this machine; rewritten when needed\n{all}");
    if fs_err::read_to_string(&file).ok().as_deref() != Some(&text) {
        let mut fresh = tempfile::NamedTempFile::new_in(work_dir)?;
        io::Write::write_all(&mut fresh, text.as_bytes())?;
        fresh.persist(&file)?;
    }
    Ok(vec![("CONTAINERS_CONF".to_owned(), file.display().to_string())])
}

fn inspect(mounts: &str, status: &str, limits: &str) -> Machine {
    let kinds = || mounts.lines().filter_map(|line| line.split(' ').nth(2));
    let hybrid_cgroups =
        kinds().any(|kind| kind == "cgroup") && kinds().any(|kind| kind == "cgroup2");
    let field = |name: &str| {
        status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim).unwrap_or_default()
    };
    let root = field("Uid:").split_whitespace().nth(1) == Some("0");
    let may_raise =
        u64::from_str_radix(field("CapEff:"), 16).is_ok_and(|set| set >> CAP_SYS_RESOURCE & 1 == 1);
    let hard = |name: &str| {
        let line = limits.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    };
    let bounded = |name: &str| hard(name).unwrap_or(4096).min(MAX_LIMIT);
    let fixed_limits = (root && !may_raise && !status.is_empty())
        .then(|| (bounded("Max open files"), bounded("Max processes")));
    Machine { hybrid_cgroups, fixed_limits }
}

/// The settings for a machine; `None` if podman's defaults work.
fn settings(machine: Machine) -> Option<Table> {
    let mut containers = Table::new();
    let mut engine = Table::new();
    if machine.hybrid_cgroups {
        engine.insert("runtime".to_owned(), Value::from("runc"));
        containers.insert("cgroupns".to_owned(), Value::from("host"));
    }
    if let Some((files, processes)) = machine.fixed_limits {
        let limits =
            vec![format!("nofile={files}:{files}"), format!("nproc={processes}:{processes}")];
        containers.insert("default_ulimits".to_owned(), Value::from(limits));
    }
    let mut all = Table::new();
    for (name, table) in [("containers", containers), ("engine", engine)] {
        if !table.is_empty() {
            all.insert(name.to_owned(), Value::Table(table));
        }
    }
    (!all.is_empty()).then_some(all)
}

fn overlay(under: &mut Table, over: Table) {
    for (name, value) in over {
        match (under.get_mut(&name), value) {
            (Some(Value::Table(under)), Value::Table(over)) => overlay(under, over),
            (_, value) => {
                under.insert(name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: &str = "Max processes             70000                80000                processes\n\
                          Max open files            1024                 20000                files\n";

    #[test]
    fn an_ordinary_machine_needs_no_settings() {
        let mounts = "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n";
        let root = "Uid:\t0\t0\t0\t0\nCapEff:\t000001ffffffffff\n";
        let user = "Uid:\t1000\t1000\t1000\t1000\nCapEff:\t0000000000000000\n";
        assert_eq!(settings(inspect(mounts, root, LIMITS)), None);
        assert_eq!(settings(inspect(mounts, user, LIMITS)), None);
        assert_eq!(settings(inspect("", "", "")), None, "a system without /proc");
    }

    #[test]
    fn hybrid_cgroups_need_runc_and_restricted_root_needs_lower_limits() {
        let mounts = "cgroup /sys/fs/cgroup/cpu cgroup rw 0 0\n\
                      cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n";
        let status = "Uid:\t0\t0\t0\t0\nCapEff:\t000001fffeffffff\n";
        let mut all: Table = "[engine]\nruntime = 'crun'\nevents_logger = 'file'".parse().unwrap();
        overlay(&mut all, settings(inspect(mounts, status, LIMITS)).unwrap());
        let expected: Table = "[engine]\nruntime = 'runc'\nevents_logger = 'file'\n\
            [containers]\ncgroupns = 'host'\n\
            default_ulimits = ['nofile=20000:20000', 'nproc=32768:32768']"
            .parse()
            .unwrap();
        assert_eq!(all, expected);
    }
}
