//! Why a step or a statement does something, or does nothing.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::observed;
use crate::sql::ObjectKind;

/// Why a step or a statement does what it does. Its text is for people only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// A USE, which the statements after it need.
    ChangesSession,
    /// A DROP of a file that is no teardown.
    FileDrops,
    /// A statement that is always sent.
    AlwaysRuns,
    /// The object does not exist.
    Missing,
    /// The object does not exist and is created before this statement.
    MissingBefore,
    /// The statement that creates the object sets this too.
    CreatedSo,
    /// The object exists.
    Exists,
    /// The object exists and belongs to somebody else.
    UsedAsItIs,
    /// A privilege is missing.
    NotGranted,
    /// All privileges are granted.
    Granted,
    /// A password can only be set: no target shows it.
    PasswordNotShown,
    /// A setting has another value.
    SettingsDiffer,
    /// All settings have their value.
    SettingsHold,
    /// The service runs a spec without a digest.
    RunsUnmarkedSpec,
    /// The service runs the spec with this digest.
    RunsSpec(String),
    /// The service runs the spec that is wanted.
    RunsWantedSpec,
    /// The pool or service is suspended.
    Suspended,
    /// The pool or service is not suspended.
    NotSuspended,
    /// The object belongs to this deployment.
    Ours,
    /// The object is not dropped.
    Kept(Kept),
    /// What the file is for, as its first line says.
    Purpose(String),
    /// The image is built and has this tag.
    Built(String),
    /// The image has to be built, for the reason that the build gives.
    Stale(String),
    /// The image is pushed when it is built.
    PushedWhenBuilt,
    /// The image is in the repository.
    InRepository,
    /// The image is not in the repository.
    NotInRepository,
    /// The compute pool has this state.
    PoolState(String),
    /// The compute pool does not exist yet.
    PoolStarts,
    /// The spec file is on the stage.
    Staged(String),
    /// The spec file is not on the stage.
    NotStaged(String),
    /// It depends on the digests of these images, which are not built yet.
    Deferred(Vec<String>),
    /// A wait for the instances of a service.
    UntilReady,
    /// A wait for the URLs of endpoints.
    UntilUrls,
}

/// Why `clean` does not drop an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// It belongs to somebody else: this is its comment.
    NotOurs(String),
    /// Somebody else's object is in it.
    Holds(ObjectKind, String),
    /// A service of this deployment that `spcs.toml` does not name is in it.
    HoldsUnnamed(String),
}

impl Reason {
    /// Whether it says no more than the change and the place in the file do.
    pub(super) fn is_implied(&self) -> bool {
        matches!(
            self,
            Self::Missing
                | Self::NotGranted
                | Self::Exists
                | Self::Granted
                | Self::SettingsDiffer
                | Self::Ours
        )
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ChangesSession => "for the statements after it",
            Self::FileDrops => "as the file says",
            Self::AlwaysRuns => "always runs",
            Self::Missing => "not there",
            Self::MissingBefore => "not there before",
            Self::CreatedSo => "created so",
            Self::Exists => "is there",
            Self::UsedAsItIs => "is there, used as it is: not of this deployment",
            Self::NotGranted => "not granted",
            Self::Granted => "is granted",
            Self::PasswordNotShown => "a password is not shown",
            Self::SettingsDiffer => "its settings differ",
            Self::SettingsHold => "is set so",
            Self::RunsUnmarkedSpec => "runs a spec without a digest",
            Self::RunsSpec(digest) => return write!(f, "runs the spec {digest}"),
            Self::RunsWantedSpec => "runs this spec",
            Self::Suspended => "is suspended",
            Self::NotSuspended => "is not suspended",
            Self::Ours => "of this deployment",
            Self::Kept(kept) => return kept.fmt(f),
            Self::Purpose(text) | Self::Stale(text) => text,
            Self::Built(tag) => return write!(f, "built as {tag}"),
            Self::PushedWhenBuilt => "when it is built, unless it is there by then",
            Self::InRepository => "is in the repository",
            Self::NotInRepository => "not in the repository",
            Self::PoolState(state) => return write!(f, "is {state}"),
            Self::PoolStarts => "until its nodes are up",
            Self::Staged(file) => return write!(f, "{file} is staged"),
            Self::NotStaged(file) => return write!(f, "{file} is not staged"),
            Self::Deferred(images) => {
                return write!(f, "decided when the image is built: {}", images.join(", "));
            }
            Self::UntilReady => "until every instance is ready",
            Self::UntilUrls => "until they have their URL",
        })
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOurs(comment) => {
                write!(f, "kept, not of this deployment: {}", observed::whose(comment))
            }
            Self::Holds(kind, name) => {
                write!(f, "kept: {kind} {name} is in it and not of this deployment")
            }
            Self::HoldsUnnamed(service) => {
                write!(f, "kept: service {service} is in it, and spcs.toml does not name it")
            }
        }
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}
