//! Runs `nft`, the program that changes the kernel's rules.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use spcs_local_files::durable;

/// Directories of `nft` that a user's PATH may lack.
const DIRECTORIES: [&str; 2] = ["/usr/sbin", "/sbin"];

/// How to run `nft`.
#[derive(Debug, Clone)]
pub struct Nft {
    /// The words before the arguments: the program, after what runs it in another namespace.
    pub words: Vec<OsString>,
    pub env: Vec<(String, String)>,
}

/// Puts a ruleset in force. It is written to a file first: if this process is killed, nft must not
/// read the first half of a ruleset.
pub fn apply(nft: &Nft, file: &Path, ruleset: &str) -> io::Result<()> {
    durable::replace(file, ruleset.as_bytes())?;
    run(nft.command()?.arg("--file").arg(file).stdin(Stdio::null()))
}

/// Checks that the kernel would accept a ruleset.
pub fn check(nft: &Nft, ruleset: &str) -> io::Result<()> {
    let (reader, mut writer) = io::pipe()?;
    // A pipe holds 64 KiB, more than the rulesets that are checked.
    writer.write_all(ruleset.as_bytes())?;
    drop(writer);
    run(nft.command()?.args(["--check", "--file", "-"]).stdin(reader))
}

/// Deletes the tables with this name, if they exist.
pub fn delete(nft: &Nft, table: &str) -> io::Result<()> {
    let both = ["inet", "bridge"].map(|family| {
        // Deleting a table that does not exist is an error; declaring one that exists is not.
        format!("table {family} {table}; delete table {family} {table};")
    });
    run(nft.command()?.arg(both.concat()).stdin(Stdio::null()))
}

/// The program, if it is installed.
pub fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let directories = std::env::split_paths(&path).chain(DIRECTORIES.map(PathBuf::from));
    directories.map(|directory| directory.join("nft")).find(|program| program.is_file())
}

impl Nft {
    /// `nft` in this process's namespace.
    pub fn here(program: PathBuf) -> Nft {
        Nft { words: vec![program.into()], env: Vec::new() }
    }

    fn command(&self) -> io::Result<Command> {
        let [program, arguments @ ..] = self.words.as_slice() else {
            return Err(io::Error::other("no program"));
        };
        let mut command = Command::new(program);
        command.args(arguments).envs(self.env.iter().map(|(name, value)| (name, value)));
        Ok(command)
    }
}

fn run(command: &mut Command) -> io::Result<()> {
    // In a process group of its own, so that a kill of the platform's group does not reach it.
    let output = command.process_group(0).output()?;
    if output.status.success() {
        return Ok(());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    let first = stderr.lines().map(str::trim).find(|line| !line.is_empty());
    Err(io::Error::other(format!("nft failed: {}", first.unwrap_or("no message"))))
}
