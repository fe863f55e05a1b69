//! Why a step or a statement changes something, or does not.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::observed;
use crate::sql::ObjectKind;

/// Why a step or a statement changes something, or does not. The text is only for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// A USE statement, which the following statements need.
    ChangesSession,
    /// A DROP in a file outside `sql/teardown`.
    FileDrops,
    /// A statement that is always sent.
    AlwaysRuns,
    /// The object does not exist.
    Missing,
    /// The object does not exist yet, and an earlier file creates it.
    CreatedEarlier,
    /// The same file creates the object with these settings.
    SetOnCreation,
    /// The object exists.
    Exists,
    /// The object exists and does not belong to this deployment.
    UsedAsIs,
    /// A privilege is missing.
    NotGranted,
    /// All privileges are granted.
    Granted,
    /// No target shows a password, so it cannot be compared.
    PasswordNotShown,
    /// A setting differs from its desired value.
    SettingsDiffer,
    /// All settings have their desired value.
    SettingsMatch,
    /// The service runs a spec without a digest.
    RunsSpecWithoutDigest,
    /// The service runs the spec with this digest.
    RunsSpec(String),
    /// The service runs the desired spec.
    RunsDesiredSpec,
    /// The pool or service is suspended.
    Suspended,
    /// The pool or service is not suspended.
    NotSuspended,
    /// The object belongs to this deployment.
    Ours,
    /// `clean` does not drop the object.
    Kept(Kept),
    /// The purpose of the file, from its first line.
    Purpose(String),
    /// The image is built and has this tag.
    Built(String),
    /// The image must be built, for this reason.
    Stale(String),
    /// The image is pushed after it is built.
    PushedWhenBuilt,
    /// The image is in the repository.
    InRepository,
    /// The image is not in the repository.
    NotInRepository,
    /// The compute pool has this state.
    PoolState(String),
    /// The compute pool does not exist yet.
    PoolStarting,
    /// The spec file is on the stage.
    Staged(String),
    /// The spec file is not on the stage.
    NotStaged(String),
    /// Depends on the digests of these images, which are not built yet.
    Deferred(Vec<String>),
    /// Waits for the instances of a service.
    UntilReady,
    /// Waits for the URLs of endpoints.
    UntilUrls,
}

/// Why `clean` does not drop an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// It does not belong to this deployment: this is its comment.
    Foreign(String),
    /// It contains an object that does not belong to this deployment.
    ContainsForeign(ObjectKind, String),
    /// It contains a service of this deployment that `spcs.toml` does not list.
    ContainsUnlistedService(String),
}

impl Reason {
    /// Whether the reason adds nothing to the change and the place in the file.
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
            Self::ChangesSession => "needed by the following statements",
            Self::FileDrops => "dropped by the file",
            Self::AlwaysRuns => "always runs",
            Self::Missing => "does not exist",
            Self::CreatedEarlier => "created by an earlier file",
            Self::SetOnCreation => "set on creation",
            Self::Exists => "exists",
            Self::UsedAsIs => "used as is: does not belong to this deployment",
            Self::NotGranted => "not granted",
            Self::Granted => "already granted",
            Self::PasswordNotShown => "the current password is not visible",
            Self::SettingsDiffer => "settings differ",
            Self::SettingsMatch => "settings match",
            Self::RunsSpecWithoutDigest => "runs a spec without a digest",
            Self::RunsSpec(digest) => return write!(f, "runs spec {digest}"),
            Self::RunsDesiredSpec => "runs the desired spec",
            Self::Suspended => "is suspended",
            Self::NotSuspended => "is not suspended",
            Self::Ours => "belongs to this deployment",
            Self::Kept(kept) => return kept.fmt(f),
            Self::Purpose(text) | Self::Stale(text) => text,
            Self::Built(tag) => return write!(f, "built as {tag}"),
            Self::PushedWhenBuilt => "after the build, unless already in the repository",
            Self::InRepository => "in the repository",
            Self::NotInRepository => "not in the repository",
            Self::PoolState(state) => return write!(f, "is {state}"),
            Self::PoolStarting => "until its nodes are up",
            Self::Staged(file) => return write!(f, "{file} is staged"),
            Self::NotStaged(file) => return write!(f, "{file} is not staged"),
            Self::Deferred(images) => {
                return write!(f, "decided after the build of {}", images.join(", "));
            }
            Self::UntilReady => "until every instance is ready",
            Self::UntilUrls => "until they have URLs",
        })
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Foreign(comment) => {
                let comment = observed::foreign_comment(comment);
                write!(f, "kept, does not belong to this deployment: {comment}")
            }
            Self::ContainsForeign(kind, name) => {
                write!(f, "kept: contains {kind} {name}, which does not belong to this deployment")
            }
            Self::ContainsUnlistedService(service) => {
                write!(f, "kept: contains service {service}, which spcs.toml does not list")
            }
        }
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}
