//! The processes of ended builds: the engine, which goes on if this program is killed, and the
//! programs of RUN, which go on if the engine is killed.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use duct::cmd;

use crate::child;

/// How often processes are searched. Killed processes disappear within milliseconds; each search
/// finds those that were started during the previous one.
const SEARCHES: usize = 100;

/// Kills the processes that have this variable in their environment, those in whose mount namespace
/// something below a folder named `folder` is mounted, and everything that they have started.
pub(super) fn kill(variable: &str, folder: &str) {
    for _ in 0..SEARCHES {
        let found = find(variable, folder);
        if found.is_empty() {
            return;
        }
        child::kill_with_descendants(&found);
        std::thread::sleep(Duration::from_millis(20));
    }
    tracing::warn!("processes of an ended build go on");
}

/// Makes the OCI runtimes forget the containers whose files are in this folder. Their state is
/// outside of the engine's store.
pub(super) fn forget(folder: &Path) {
    let bundles = fs_err::read_dir(folder).into_iter().flatten().flatten();
    let names = bundles.map(|bundle| bundle.file_name().to_string_lossy().into_owned());
    for name in names.filter(|name| name.starts_with("buildah")) {
        for runtime in ["runc", "crun"].into_iter().filter_map(|it| which::which(it).ok()) {
            let call = cmd(runtime, ["delete", "--force", &format!("buildah-{name}")]).stdin_null();
            // Only one of the runtimes knows the container.
            let _ = child::output(&child::own_process_group(&call));
        }
    }
}

fn find(variable: &str, folder: &str) -> BTreeSet<u32> {
    let own_mounts = fs_err::read_link("/proc/self/ns/mnt").ok();
    let all = fs_err::read_dir("/proc").into_iter().flatten().flatten();
    let found = all.filter_map(|entry| {
        let number = entry.file_name().to_str()?.parse().ok()?;
        let path = entry.path();
        let environment = fs_err::read(path.join("environ")).unwrap_or_default();
        let has_variable = environment.split(|byte| *byte == 0).any(|it| it == variable.as_bytes());
        let in_container = || {
            let mounts = fs_err::read_link(path.join("ns/mnt")).ok();
            let text = fs_err::read_to_string(path.join("mountinfo")).unwrap_or_default();
            mounts.is_some() && mounts != own_mounts && mounts_from(&text, folder)
        };
        (has_variable || in_container()).then_some(number)
    });
    found.collect()
}

/// Whether something below a folder of this name is mounted at a place outside of it, as in a
/// container. The engine's own mounts are inside of the folder.
fn mounts_from(mountinfo: &str, folder: &str) -> bool {
    let part = format!("/{folder}/");
    mountinfo.lines().any(|line| {
        let mut fields = line.split(' ').skip(3);
        let (Some(root), Some(place)) = (fields.next(), fields.next()) else { return false };
        root.contains(&part) && !place.contains(&part)
    })
}

#[cfg(test)]
mod tests {
    use super::mounts_from;

    #[test]
    fn a_build_is_recognized_by_what_is_mounted_from_its_folder() {
        let own = "118 114 254:0 /p/builds/one/buildah8/hosts /etc/hosts rw - ext4 /dev/vda rw\n";
        let bundle = "9 1 254:0 /p/builds/one/x /p/builds/one/x rw - ext4 /dev/vda rw\n";
        assert!(mounts_from(own, "one"));
        assert!(!mounts_from(own, "two"));
        assert!(!mounts_from(bundle, "one"));
    }
}
