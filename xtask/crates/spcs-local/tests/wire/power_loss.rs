//! A loss of power: only what reached the disk is left. The platform runs on a file system in an
//! image file; a copy of the image has what was written to the disk and not what was only cached.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::client::{Client, text};
use crate::killed::Process;

/// A file system in an image file, mounted. Unmounted on drop.
struct Disk {
    image: PathBuf,
    mounted: PathBuf,
}

impl Disk {
    /// Formats an image. `None` if this machine or user cannot mount one.
    fn new(directory: &Path) -> Option<Disk> {
        let image = directory.join("disk");
        fs_err::File::create(&image).unwrap().set_len(256 << 20).unwrap();
        run("mkfs.ext4", &["-q", "-F", image.to_str().unwrap()])?;
        Disk::mount(image, directory.join("mounted"))
    }

    /// Mounts an image. The file system itself writes nothing for five minutes, orders no data
    /// before metadata, and does not guess what should be synced.
    fn mount(image: PathBuf, mounted: PathBuf) -> Option<Disk> {
        fs_err::create_dir(&mounted).unwrap();
        let options = "loop,commit=300,data=writeback,noauto_da_alloc";
        run("mount", &["-o", options, image.to_str().unwrap(), mounted.to_str().unwrap()])?;
        Some(Disk { image, mounted })
    }

    fn state_dir(&self) -> PathBuf {
        self.mounted.join("state")
    }

    /// What a loss of power leaves at this moment.
    fn cut(&self, process: &Process, copy: &Path) {
        fs_err::write(self.mounted.join("cached"), CACHED).unwrap();
        let pid = process.id().to_string();
        run("kill", &["-STOP", &pid]).expect("kill");
        let copied =
            run("cp", &["--sparse=always", self.image.to_str().unwrap(), copy.to_str().unwrap()]);
        run("kill", &["-CONT", &pid]).expect("kill");
        copied.expect("a copy of the disk");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        run("umount", &["--lazy", self.mounted.to_str().unwrap()]);
    }
}

/// A file that is never synced.
const CACHED: &str = "not on the disk";

fn run(program: &str, arguments: &[&str]) -> Option<()> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let failed = || eprintln!("{program}: {}", String::from_utf8_lossy(&output.stderr).trim());
    if !output.status.success() {
        failed();
    }
    output.status.success().then_some(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_a_loss_of_power() {
    let directory = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::new(directory.path()) else {
        eprintln!("skipped: mounting a file system in an image needs root and mkfs.ext4");
        return;
    };
    let process = Process::start(&disk.state_dir()).await;
    let client = Client::admin_of(&process.status).await;
    let copy = |number: usize| directory.path().join(format!("copy-{number}"));

    client.run("CREATE DATABASE d; CREATE STAGE s; CREATE IMAGE REPOSITORY r").await;
    disk.cut(&process, &copy(0));
    client.put("@s/new/folder", "file", "first").await;
    disk.cut(&process, &copy(1));
    client.put("@s/new/folder", "file", "second one").await;
    disk.cut(&process, &copy(2));
    let digest = client.push_quickly("d/public/r/i").await;
    disk.cut(&process, &copy(3));
    client.run("CREATE OR REPLACE STAGE s COMMENT = 'new'; CREATE ROLE last").await;
    disk.cut(&process, &copy(4));
    drop(process);
    drop(disk);

    for (number, size) in [None, Some("5"), Some("10"), Some("10"), None].into_iter().enumerate() {
        let mounted = directory.path().join(format!("mounted-{number}"));
        let disk = Disk::mount(copy(number), mounted).expect("the copy is a file system");
        let cached = fs_err::read_to_string(disk.mounted.join("cached")).unwrap_or_default();
        assert_ne!(cached, CACHED, "{number}: the copy has what was only cached");
        let process = Process::start(&disk.state_dir()).await;
        let client = Client::admin_of(&process.status).await;
        let listed = client.rows("LS @d.public.s").await;
        let sizes = listed.first().map(|file| text(file, "size").to_owned());
        assert_eq!(sizes.as_deref(), size, "{number}: the file on the stage");
        let images = client.rows("SHOW IMAGES IN IMAGE REPOSITORY d.public.r").await;
        let digests: Vec<_> = images.iter().map(|image| text(image, "digest")).collect();
        let pushed = if number >= 3 { vec![digest.as_str()] } else { Vec::new() };
        assert_eq!(digests, pushed, "{number}: the image");
        let last = client.rows("SHOW ROLES LIKE 'last'").await.len();
        assert_eq!(last, usize::from(number == 4), "{number}: the last statement");
        drop(process);
        drop(disk);
    }
}
