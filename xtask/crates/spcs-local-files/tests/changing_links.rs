//! A service that exchanges a directory of its stage for a link while the platform uses the path.

#![allow(clippy::unwrap_used, reason = "a test fails on an unexpected error")]

use std::io::{Read as _, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use spcs_local_files::{FilePath, Id, Stage, StageOwner, Stages};

const READS: usize = 4000;
const WRITES: usize = 1000;
const LISTINGS: usize = 500;
const SECRET: &str = "a file outside of the stage";

/// A stage with a directory `d`, and a directory outside with a file of the same name.
struct Attack {
    directory: tempfile::TempDir,
    stages: Stages,
    id: Id,
}

impl Attack {
    fn new() -> Attack {
        let directory = tempfile::tempdir().unwrap();
        let stages = Stages::at(directory.path().join("stages"));
        stages.prepare().unwrap();
        let attack = Attack { directory, stages, id: Id::random() };
        let stage = attack.stages.create(&attack.id).unwrap();
        place(&attack.stages, &stage, "d/file", "inside").unwrap();
        fs_err::create_dir(attack.outside()).unwrap();
        fs_err::write(attack.outside().join("file"), SECRET).unwrap();
        let private = std::fs::Permissions::from_mode(0o600);
        fs_err::set_permissions(attack.outside().join("file"), private).unwrap();
        symlink(attack.outside(), attack.path("link")).unwrap();
        attack
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.stages.directory(&self.id).join(name)
    }

    fn outside(&self) -> std::path::PathBuf {
        self.directory.path().join("outside")
    }

    /// Exchanges `d` and the link again and again while `work` runs.
    fn during(&self, work: impl FnOnce(&Stage)) {
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let [real, link] = ["d", "link"].map(|name| self.path(name));
                while !done.load(Ordering::Relaxed) {
                    renameat_with(CWD, &real, CWD, &link, RenameFlags::EXCHANGE).unwrap();
                }
            });
            work(&self.stages.stage(&self.id).unwrap().unwrap());
            done.store(true, Ordering::Relaxed);
        });
    }

    fn names_outside(&self) -> Vec<String> {
        let entries = fs_err::read_dir(self.outside()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

fn path(text: &str) -> FilePath {
    FilePath::parse(text).unwrap()
}

fn place(stages: &Stages, stage: &Stage, at: &str, text: &str) -> std::io::Result<bool> {
    let upload = stages.upload()?;
    (&mut upload.file()).write_all(text.as_bytes())?;
    stage.place(upload, &path(at), false)
}

#[test]
fn no_read_leaves_the_stage() {
    let attack = Attack::new();
    attack.during(|stage| {
        let (file, mut found) = (path("d/file"), 0);
        for _ in 0..READS {
            // An error or a missing file is right while the link is there.
            let Ok(Some(mut opened)) = stage.file(&file) else { continue };
            let mut text = String::new();
            opened.read_to_string(&mut text).unwrap();
            assert_eq!(text, "inside");
            found += 1;
        }
        assert!(found > 0, "the file was never there");
    });
}

#[test]
fn no_write_and_no_deletion_leaves_the_stage() {
    let attack = Attack::new();
    attack.during(|stage| {
        let mut placed = 0;
        for number in 0..WRITES {
            let name = format!("d/{number}");
            if place(&attack.stages, stage, &name, "x").is_ok() {
                placed += 1;
            }
            // Both fail while the link is there.
            let _ = stage.remove(&path("d/file"));
        }
        assert!(placed > 0, "nothing was ever written");
    });
    assert_eq!(attack.names_outside(), ["file"]);
}

#[test]
fn no_listing_and_no_change_of_the_owner_leaves_the_stage() {
    let attack = Attack::new();
    let secret = attack.outside().join("file");
    attack.during(|stage| {
        for _ in 0..LISTINGS {
            for file in stage.files().unwrap() {
                assert_ne!(file.size, SECRET.len() as u64, "{file:?}");
            }
            stage.set_owner(StageOwner::Everyone).unwrap();
        }
    });
    assert_eq!(mode(&secret), 0o600);
    assert_eq!(mode(&attack.outside()) & 0o022, 0, "others may not write");
}

fn mode(path: &Path) -> u32 {
    fs_err::metadata(path).unwrap().permissions().mode() & 0o777
}
