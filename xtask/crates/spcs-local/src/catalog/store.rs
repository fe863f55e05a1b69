//! The file that keeps the catalog: an SQLite database of one table, in which each object and
//! each grant is a row. A commit is on disk when it returns; one that fails changes nothing.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fs_err::OpenOptions;
use fs_err::os::unix::fs::OpenOptionsExt as _;
use rusqlite::{Connection, ErrorCode, OpenFlags, params};
use spcs_local_files::durable;

use super::error::OpenError;

/// The number of the format, in the file's `user_version`.
const FORMAT: i32 = 1;

/// Another process looks into the file for a moment when it asks whether services are kept.
const BUSY: Duration = Duration::from_secs(10);

/// The open file.
pub(super) struct Store(Connection);

/// A row as it was read.
pub(super) struct Record {
    pub(super) table: String,
    pub(super) key: String,
    pub(super) value: String,
}

/// A row to be written, or taken away where it has no value.
pub(super) struct Write {
    pub(super) table: &'static str,
    pub(super) key: String,
    pub(super) value: Option<String>,
}

impl Store {
    /// Makes a file with these rows: all of it or, when that fails, none.
    pub(super) fn create(file: &Path, rows: &[Write]) -> Result<Self, OpenError> {
        let draft = file.with_extension("draft");
        let failed = |source| OpenError::Io { source };
        // A log that is left of another file would be taken for the new one's.
        for left in [&draft, file].into_iter().flat_map(all_files) {
            remove(&left).map_err(failed)?;
        }
        // SQLite gives the files beside it the permissions of this one.
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        drop(options.open(&draft).map_err(failed)?);
        let mut store = Self(connect(&draft).map_err(|error| named(file, error))?);
        store.fill(rows).map_err(|error| named(file, error))?;
        // Closed, it is one file again, which can be moved.
        store.0.close().map_err(|(_, error)| named(file, error))?;
        durable::rename(&draft, file).map_err(failed)?;
        Ok(Self(connect(file).map_err(|error| named(file, error))?))
    }

    fn fill(&mut self, rows: &[Write]) -> rusqlite::Result<()> {
        self.0.pragma_update(None, "user_version", FORMAT)?;
        self.0.execute_batch(
            "CREATE TABLE records (
                 kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
                 PRIMARY KEY (kind, key)
             ) WITHOUT ROWID",
        )?;
        self.write(rows)
    }

    /// Opens a file that is there, and reads all of it.
    pub(super) fn open(file: &Path) -> Result<(Self, Vec<Record>), OpenError> {
        let read = || {
            let connection = connect(file)?;
            let format: i32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
            if format != FORMAT {
                return Ok(None);
            }
            let records = records(&connection)?;
            Ok(Some((Self(connection), records)))
        };
        match read() {
            Ok(Some(opened)) => Ok(opened),
            Ok(None) => Err(OpenError::OtherFormat { file: file.to_owned() }),
            Err(error) => Err(named(file, error)),
        }
    }

    /// Writes all of these rows, or none. They are on disk when this returns.
    pub(super) fn write(&mut self, rows: &[Write]) -> rusqlite::Result<()> {
        let transaction = self.0.transaction()?;
        {
            let mut put =
                transaction.prepare("INSERT OR REPLACE INTO records VALUES (?1, ?2, ?3)")?;
            let mut take =
                transaction.prepare("DELETE FROM records WHERE kind = ?1 AND key = ?2")?;
            for Write { table, key, value } in rows {
                match value {
                    Some(value) => put.execute(params![table, key, value])?,
                    None => take.execute(params![table, key])?,
                };
            }
        }
        transaction.commit()
    }
}

/// A database and what SQLite keeps beside it.
fn all_files(file: &Path) -> [PathBuf; 3] {
    ["", "-wal", "-shm"].map(|ending| {
        let mut name = file.as_os_str().to_owned();
        name.push(ending);
        name.into()
    })
}

fn remove(file: &Path) -> io::Result<()> {
    match fs_err::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn connect(file: &Path) -> rusqlite::Result<Connection> {
    // Without the flag that would make an empty database of a file that is missing.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(BUSY)?;
    // One write and one sync for each commit, and readers of other processes wait for nobody.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // macOS: a plain sync leaves the data in the drive's cache.
    connection.pragma_update(None, "fullfsync", true)?;
    Ok(connection)
}

fn records(connection: &Connection) -> rusqlite::Result<Vec<Record>> {
    let mut all = connection.prepare("SELECT kind, key, value FROM records")?;
    let rows = all.query_map([], |row| {
        Ok(Record { table: row.get(0)?, key: row.get(1)?, value: row.get(2)? })
    })?;
    rows.collect()
}

/// What an error of SQLite means for whoever opens the catalog.
fn named(file: &Path, error: rusqlite::Error) -> OpenError {
    let outside = [
        ErrorCode::CannotOpen,
        ErrorCode::DatabaseBusy,
        ErrorCode::DiskFull,
        ErrorCode::PermissionDenied,
        ErrorCode::ReadOnly,
        ErrorCode::SystemIoFailure,
    ];
    if error.sqlite_error_code().is_some_and(|code| outside.contains(&code)) {
        let text = format!("{}: {error}", file.display());
        return OpenError::Io { source: io::Error::other(text) };
    }
    OpenError::Broken { file: file.to_owned(), reason: error.to_string() }
}
