//! The part of a kind's definition that does not depend on the type of its data.

use super::service::ServiceRecord;
use super::{Kind, Object};
use crate::access::Identity;
use crate::sql::property::Property;

/// Facts about a kind, which the code of the statements uses.
pub(crate) struct Facts {
    /// The SQL name, e.g. `COMPUTE POOL`.
    pub(crate) words: &'static str,
    /// The name in SHOW, if it is not the plural of `words`.
    pub(crate) plural: Option<&'static str>,
    /// The name in privileges, in SHOW GRANTS and in messages, if it is not `words`. Kinds with
    /// the same label share a namespace.
    pub(crate) label: Option<&'static str>,
    /// The name in the message of CREATE, if it is not derived from the label.
    pub(crate) created_as: Option<&'static str>,
    /// The number of parts of a full name.
    pub(crate) depth: usize,
    pub(crate) creation: Creation,
    /// Whether it contains objects of the next depth.
    pub(crate) is_container: bool,
    /// The objects that CREATE creates in it.
    pub(crate) contents: fn(&Object) -> Vec<Object>,
    /// Whether the name becomes part of a path or host name, which ignores case. Such a name must
    /// not need quotes.
    pub(crate) plain_name: bool,
    /// Whether every session sees all objects of the kind.
    pub(crate) is_visible_to_all: bool,
    /// Whether it can own objects. When it is dropped, the role that drops it becomes their owner.
    pub(crate) is_owner: bool,
    /// The privileges on it, except OWNERSHIP and the CREATE privileges of a container.
    pub(crate) privileges: &'static [&'static str],
    pub(crate) properties: &'static [Property],
    /// The privilege that ALTER … SET and UNSET require.
    pub(crate) alter_privilege: &'static str,
    /// The other forms of ALTER.
    pub(crate) verbs: &'static [(&'static str, Verb)],
    /// The word that may follow the name in DROP.
    pub(crate) drop_word: Option<DropWord>,
    /// What its objects have outside the catalog.
    pub(crate) external_data: ExternalData,
    /// The part of the session that USE sets to an object of the kind.
    pub(crate) session: Option<SessionPart>,
    /// For a kind whose objects can log in.
    pub(crate) login: Option<Login>,
    /// Whether SHOW accepts STARTS WITH and LIMIT.
    pub(crate) is_paged: bool,
    /// The kind that SHOW accepts after IN, in addition to databases and schemas.
    pub(crate) shown_in: Option<Kind>,
    /// Words that SHOW accepts after the plural and ignores.
    pub(crate) show_words: Option<&'static str>,
    /// Whether a service uses the object of this name, and so is redeployed when it changes.
    pub(crate) used_by: Option<fn(&Object, &ServiceRecord, &str) -> bool>,
}

/// The forms of CREATE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Creation {
    /// None: the kind can only be listed.
    Never,
    /// Without OR REPLACE.
    Plain,
    /// With OR REPLACE.
    Replace,
    /// With OR REPLACE and OR ALTER.
    ReplaceOrAlter,
}

/// The actions of ALTER other than SET and UNSET.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Suspend,
    Resume,
    /// Drops the services of a compute pool.
    StopAll,
    Refresh,
    /// Followed by a new specification.
    Specification,
}

impl Verb {
    /// The privilege that the action requires.
    pub(crate) fn privilege(self) -> &'static str {
        match self {
            Verb::Refresh => "WRITE",
            _ => "OPERATE",
        }
    }
}

/// A word that may follow the name in DROP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DropWord {
    /// FORCE, which permits the loss of data.
    Force,
    /// CASCADE, which is the default.
    Cascade,
}

/// What an object has outside the catalog. It is deleted when the object is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExternalData {
    None,
    Containers,
    Files,
    Images,
}

/// The part of a session that USE sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SessionPart {
    Role,
    Warehouse,
    Database,
    Schema,
}

/// How an object of a kind logs in.
pub(crate) struct Login {
    pub(crate) identity: fn(&[String]) -> Identity,
    /// The properties that it may set on itself.
    pub(crate) own_properties: &'static [&'static str],
    /// Whether it is not allowed to log in.
    pub(crate) is_disabled: fn(&Object) -> bool,
}

impl Facts {
    /// The defaults for an account-level kind: CREATE OR REPLACE and a comment.
    pub(super) const fn of(words: &'static str) -> Self {
        Self {
            words,
            plural: None,
            label: None,
            created_as: None,
            depth: 1,
            creation: Creation::Replace,
            is_container: false,
            contents: |_| Vec::new(),
            plain_name: false,
            is_visible_to_all: false,
            is_owner: false,
            privileges: &[],
            properties: &[Property::COMMENT],
            alter_privilege: "MODIFY",
            verbs: &[],
            drop_word: None,
            external_data: ExternalData::None,
            session: None,
            login: None,
            is_paged: true,
            shown_in: None,
            show_words: None,
            used_by: None,
        }
    }

    /// The defaults for a kind in a schema.
    pub(super) const fn in_schema(words: &'static str) -> Self {
        Self { depth: 3, ..Self::of(words) }
    }

    pub(crate) fn property(&self, name: &str) -> Option<&'static Property> {
        self.properties.iter().find(|property| property.name == name)
    }
}

impl Kind {
    /// The SQL name.
    pub(crate) fn words(self) -> &'static str {
        self.facts().words
    }

    /// The name in SHOW.
    pub(crate) fn plural(self) -> String {
        let words = self.words();
        match (self.facts().plural, words.strip_suffix('Y')) {
            (Some(plural), _) => plural.to_owned(),
            (None, Some(stem)) => format!("{stem}IES"),
            (None, None) => format!("{words}S"),
        }
    }

    /// The name in privileges, in SHOW GRANTS and in messages about them.
    pub(crate) fn label(self) -> &'static str {
        self.facts().label.unwrap_or(self.words())
    }

    /// The name in messages, e.g. `Image Repository`.
    pub(crate) fn title(self) -> String {
        let capital = |word: &str| word[..1].to_owned() + &word[1..].to_lowercase();
        self.label().split(' ').map(capital).collect::<Vec<_>>().join(" ")
    }

    /// The number of parts of a full name.
    pub(crate) fn depth(self) -> usize {
        self.facts().depth
    }

    /// The kinds that can be created, altered, dropped, described and granted on.
    pub(crate) fn creatable() -> impl Iterator<Item = Kind> {
        Self::ALL.iter().copied().filter(|kind| kind.facts().creation != Creation::Never)
    }

    /// The kinds with a label.
    pub(crate) fn with_label(label: &str) -> Vec<Kind> {
        Self::creatable().filter(|kind| kind.label() == label).collect()
    }
}
