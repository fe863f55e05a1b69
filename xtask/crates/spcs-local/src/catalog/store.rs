//! The file of the catalog: an SQLite database with one table, in which each object and grant is a
//! row. Writes are atomic and durable.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fs_err::OpenOptions;
use fs_err::os::unix::fs::OpenOptionsExt as _;
use rusqlite::{Connection, ErrorCode, OpenFlags, params};
use spcs_local_files::durable;

use super::error::OpenError;

/// The version of the file format, stored in `user_version`.
const FORMAT: i32 = 2;

/// How long to wait for another process, which reads the file to check for services.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// The open file.
pub(super) struct Store(Connection);

/// A row of the table.
pub(super) struct Record {
    pub(super) table: String,
    pub(super) key: String,
    pub(super) value: String,
}

/// A row to write, or to delete if it has no value.
pub(super) struct Write {
    pub(super) table: &'static str,
    pub(super) key: String,
    pub(super) value: Option<String>,
}

impl Store {
    /// Creates a file with these rows. If that fails, no file exists.
    pub(super) fn create(file: &Path, rows: &[Write]) -> Result<Self, OpenError> {
        let draft = file.with_extension("draft");
        let failed = |source| OpenError::Io { source };
        // SQLite would apply the log of an old file to the new one.
        for left in [&draft, file].into_iter().flat_map(all_files) {
            remove(&left).map_err(failed)?;
        }
        // SQLite creates its other files with the permissions of this one.
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        drop(options.open(&draft).map_err(failed)?);
        let mut store = Self(connect(&draft).map_err(|error| open_error(file, error))?);
        store.fill(rows).map_err(|error| open_error(file, error))?;
        // Closing merges the log, so that a single file can be renamed.
        store.0.close().map_err(|(_, error)| open_error(file, error))?;
        durable::rename(&draft, file).map_err(failed)?;
        Ok(Self(connect(file).map_err(|error| open_error(file, error))?))
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

    /// Opens an existing file and reads all rows.
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
            Err(error) => Err(open_error(file, error)),
        }
    }

    /// Writes all rows in one transaction. They are on disk when this returns.
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

/// The files of an SQLite database.
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
    // Without SQLITE_OPEN_CREATE, so that a missing file is an error.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // One write and one sync for each commit, and readers in other processes are not blocked.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // On macOS, a plain fsync leaves the data in the drive's cache.
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

/// Converts an SQLite error: I/O problems, or else a broken file.
fn open_error(file: &Path, error: rusqlite::Error) -> OpenError {
    let io_errors = [
        ErrorCode::CannotOpen,
        ErrorCode::DatabaseBusy,
        ErrorCode::DiskFull,
        ErrorCode::PermissionDenied,
        ErrorCode::ReadOnly,
        ErrorCode::SystemIoFailure,
    ];
    if error.sqlite_error_code().is_some_and(|code| io_errors.contains(&code)) {
        let text = format!("{}: {error}", file.display());
        return OpenError::Io { source: io::Error::other(text) };
    }
    OpenError::Broken { file: file.to_owned(), reason: error.to_string() }
}
