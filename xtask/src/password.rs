//! The password of the deployment's user: from the environment, from a private file, or generated
//! into that file when the user is created. It is never printed or passed as an argument.

use std::fs::DirBuilder;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use anyhow::{Context as _, Result};
use spcs_apply::error::Kind;
use spcs_apply::secret::{Secret, Secrets};
use spcs_plan::{Plan, UserPassword};

use crate::failure::Failure;

/// The environment variable, which takes precedence over the file.
pub(crate) const VARIABLE: &str = "SPCS_USER_PASSWORD";

/// The value that the variable had when this program started.
static GIVEN: OnceLock<Option<Given>> = OnceLock::new();

/// What the variable contained.
enum Given {
    Text(Secret),
    NotUnicode,
}

/// A password and its location.
#[derive(Clone)]
pub(crate) struct Password {
    pub(crate) value: Secret,
    pub(crate) place: Place,
    /// Whether it was generated and not sent yet. An existing user may have another password.
    pub(crate) fresh: bool,
}

/// Where a password is kept.
#[derive(Clone)]
pub(crate) enum Place {
    Environment,
    File(PathBuf),
}

/// Takes the password out of the environment, so that no child process inherits it: engines, their
/// builds, tools, the browser. Must be called before this program starts a thread.
#[expect(unsafe_code, reason = "the only way to remove a variable from the process")]
pub(crate) fn take_from_environment() {
    GIVEN.get_or_init(|| {
        let value = std::env::var_os(VARIABLE)?;
        // SAFETY: `main` calls this first, so no other thread can read the environment meanwhile.
        unsafe { std::env::remove_var(VARIABLE) };
        Some(value.to_str().map_or(Given::NotUnicode, |text| Given::Text(Secret::new(text))))
    });
}

/// Finds the password that was in the environment, or else the one in the file.
pub(crate) fn find(file: &Path) -> Result<Option<Password>> {
    if let Some(Some(given)) = GIVEN.get() {
        let Given::Text(value) = given else {
            let message = format!("the variable {VARIABLE} is not valid UTF-8");
            return Err(Failure::new(Kind::Input, message).into());
        };
        let place = Place::Environment;
        let value = checked(value.expose(), &format!("the variable {VARIABLE}"))?;
        return Ok(Some(Password { value, place, fresh: false }));
    }
    let mode = match fs_err::metadata(file) {
        Ok(data) => data.permissions().mode() & 0o777,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    if mode & 0o077 != 0 {
        let message = format!(
            "the password file `{}` can be read by others: its mode is {mode:04o}",
            file.display()
        );
        return Err(Failure::new(Kind::Input, message)
            .hint(format!("chmod 600 {}", file.display()))
            .into());
    }
    let text = fs_err::read_to_string(file)?;
    let value =
        checked(text.trim_end_matches(['\r', '\n']), &format!("the file `{}`", file.display()))?;
    let fresh = marker(file).exists();
    Ok(Some(Password { value, place: Place::File(file.to_owned()), fresh }))
}

/// The state of the password as a plan needs it.
pub(crate) fn known(found: Option<&Password>) -> UserPassword {
    match found {
        None => UserPassword::Unknown,
        Some(Password { place: Place::Environment, .. }) => UserPassword::Given,
        Some(Password { fresh: true, .. }) => UserPassword::Fresh,
        Some(_) => UserPassword::Kept,
    }
}

/// The password for a plan. Generates one if the plan needs it and none exists.
pub(crate) fn for_plan(
    plan: &Plan,
    found: Option<Password>,
    file: &Path,
) -> Result<Option<Password>> {
    match found {
        None if plan.sends_secret() => generate(file).map(Some),
        found => Ok(found),
    }
}

/// Generates a password and stores it in the file.
fn generate(file: &Path) -> Result<Password> {
    // 244 random bits. The prefix satisfies policies that require several character classes.
    let value = format!("Mv1-{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
    let folder = file.parent().unwrap_or(Path::new("."));
    // By default this is the local platform's directory. One that exists keeps its mode: it may be
    // the project's own.
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("making the directory `{}`", folder.display()))?;
    // The marker comes first: without it, the password would count as already set.
    fs_err::write(marker(file), "")?;
    // Written atomically and never readable by others: temporary files have mode 0600.
    let mut draft = tempfile::NamedTempFile::new_in(folder)?;
    draft.write_all(format!("{value}\n").as_bytes())?;
    draft.as_file().sync_all()?;
    match draft.persist_noclobber(file) {
        Ok(_) => {
            let place = Place::File(file.to_owned());
            Ok(Password { value: Secret::new(&value), place, fresh: true })
        }
        // Another run has generated a password in the meantime: both runs send that one.
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => {
            let found = find(file)?;
            found.with_context(|| format!("reading the password in `{}`", file.display()))
        }
        Err(error) => Err(error.error).with_context(|| format!("writing `{}`", file.display())),
    }
}

impl Password {
    /// The secret values for the markers in statements.
    pub(crate) fn secrets(&self) -> Secrets {
        Secrets::none().with(spcs_plan::secret::USER_PASSWORD, self.value.clone())
    }

    /// Records, when it is called, that the user now has this password.
    pub(crate) fn mark_when_sent(&self) -> Arc<dyn Fn() + Send + Sync> {
        let password = self.clone();
        Arc::new(move || password.mark_set())
    }

    fn mark_set(&self) {
        let (true, Place::File(file)) = (self.fresh, &self.place) else { return };
        match fs_err::remove_file(marker(file)) {
            // Another run that sent the same password may have recorded it.
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(%error, "cannot record that the password is set; the next run sets it again");
            }
            _ => {}
        }
    }
}

/// The marker file next to a generated password; it exists until the user has the password.
fn marker(file: &Path) -> PathBuf {
    file.with_extension("fresh")
}

fn checked(value: &str, place: &str) -> Result<Secret> {
    if value.is_empty() || value.chars().any(char::is_control) {
        let message = format!("the user's password in {place} is empty or has control characters");
        return Err(Failure::new(Kind::Input, message)
            .hint(
                "write it on one line, or remove it: a password is generated when the user is created",
            )
            .into());
    }
    Ok(Secret::new(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_password_is_private_and_is_found_again() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("local/user_password");
        let made = generate(&file).unwrap();
        assert_eq!(known(Some(&made)), UserPassword::Fresh);
        assert_eq!(fs_err::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let found = find(&file).unwrap().unwrap();
        assert!(found.fresh, "not marked as set yet");
        found.mark_set();
        assert_eq!(known(find(&file).unwrap().as_ref()), UserPassword::Kept);
        assert_eq!(found.value.expose(), made.value.expose());
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("user_password");
        fs_err::write(&file, "secret\n").unwrap();
        fs_err::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        let error = find(&file).err().unwrap();
        assert!(error.to_string().contains("its mode is 0644"), "{error}");
    }
}
