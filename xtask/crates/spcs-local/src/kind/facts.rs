//! What statements have to know of a kind, whatever its objects hold.

use super::service::ServiceRecord;
use super::{Kind, Object};
use crate::access::Identity;
use crate::sql::property::Property;

/// What holds for all objects of a kind.
pub(crate) struct Facts {
    /// How a statement writes it.
    pub(crate) words: &'static str,
    /// How SHOW writes it, where it is not the plural of its words.
    pub(crate) plural: Option<&'static str>,
    /// `granted_on` of SHOW GRANTS, and the kind in privileges and in messages about them, where
    /// it is not its words. Kinds with the same label share their names.
    pub(crate) label: Option<&'static str>,
    /// How the message of CREATE names it, where it is not the label.
    pub(crate) created_as: Option<&'static str>,
    /// How many parts its full name has.
    pub(crate) depth: usize,
    pub(crate) creation: Creation,
    /// Whether objects of the next depth are in it.
    pub(crate) is_container: bool,
    /// What CREATE makes along with it.
    pub(crate) contents: fn(&Object) -> Vec<Object>,
    /// Whether its name becomes part of a path or a host name, where case is lost. Such a name
    /// must not need quotes.
    pub(crate) plain_name: bool,
    /// Whether everyone knows of every object.
    pub(crate) is_known_to_all: bool,
    /// Whether objects belong to it: what it owned goes to the role that drops it.
    pub(crate) is_owner: bool,
    /// Privileges that can be granted on it, besides OWNERSHIP and CREATE of what it contains.
    pub(crate) privileges: &'static [&'static str],
    pub(crate) properties: &'static [Property],
    /// The privilege that ALTER … SET and UNSET need.
    pub(crate) alter_privilege: &'static str,
    /// What else ALTER takes after the name.
    pub(crate) verbs: &'static [(&'static str, Verb)],
    /// What may follow the name in DROP.
    pub(crate) drop_word: Option<DropWord>,
    /// What has to be cleared away when it is dropped.
    pub(crate) outside: Outside,
    /// The part of a session that can be one of it.
    pub(crate) session: Option<SessionPart>,
    /// For a kind that can log in.
    pub(crate) login: Option<Login>,
    /// Whether SHOW takes STARTS WITH and LIMIT.
    pub(crate) is_paged: bool,
    /// What SHOW can be narrowed to with IN, besides databases and schemas.
    pub(crate) shown_in: Option<Kind>,
    /// Words that may follow the plural in SHOW and change nothing here.
    pub(crate) show_words: Option<&'static str>,
    /// Whether a service uses the object of this name: it is deployed again when that changes.
    pub(crate) used_by: Option<fn(&Object, &ServiceRecord, &str) -> bool>,
}

/// Which forms of CREATE there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Creation {
    /// It can only be listed.
    Never,
    /// No OR REPLACE.
    Plain,
    /// With OR REPLACE.
    Replace,
    /// With OR REPLACE and OR ALTER.
    ReplaceOrAlter,
}

/// What ALTER does besides SET and UNSET.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Suspend,
    Resume,
    /// Drops the services of a compute pool.
    StopAll,
    Refresh,
    /// A new specification follows.
    Specification,
}

impl Verb {
    /// The privilege that it needs.
    pub(crate) fn privilege(self) -> &'static str {
        match self {
            Verb::Refresh => "WRITE",
            _ => "OPERATE",
        }
    }
}

/// What may follow the name in DROP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DropWord {
    /// Drops what could otherwise be lost by mistake.
    Force,
    /// Said and meant anyway.
    Cascade,
}

/// What an object has outside the catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outside {
    Nothing,
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

/// How an object logs in.
pub(crate) struct Login {
    pub(crate) identity: fn(&[String]) -> Identity,
    /// Properties that it may set of itself.
    pub(crate) own: &'static [&'static str],
    /// Whether it may not log in at present.
    pub(crate) is_closed: fn(&Object) -> bool,
}

impl Facts {
    /// A kind of the account with a comment, CREATE OR REPLACE and nothing special.
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
            is_known_to_all: false,
            is_owner: false,
            privileges: &[],
            properties: &[Property::COMMENT],
            alter_privilege: "MODIFY",
            verbs: &[],
            drop_word: None,
            outside: Outside::Nothing,
            session: None,
            login: None,
            is_paged: true,
            shown_in: None,
            show_words: None,
            used_by: None,
        }
    }

    /// A kind that lies in a schema.
    pub(super) const fn in_schema(words: &'static str) -> Self {
        Self { depth: 3, ..Self::of(words) }
    }

    /// A property that CREATE takes.
    pub(crate) fn property(&self, name: &str) -> Option<&'static Property> {
        self.properties.iter().find(|property| property.name == name)
    }
}

impl Kind {
    /// How a statement writes it.
    pub(crate) fn words(self) -> &'static str {
        self.facts().words
    }

    /// The plural of SHOW.
    pub(crate) fn plural(self) -> String {
        let words = self.words();
        match (self.facts().plural, words.strip_suffix('Y')) {
            (Some(plural), _) => plural.to_owned(),
            (None, Some(stem)) => format!("{stem}IES"),
            (None, None) => format!("{words}S"),
        }
    }

    /// The kind in privileges, in SHOW GRANTS and in messages about them.
    pub(crate) fn label(self) -> &'static str {
        self.facts().label.unwrap_or(self.words())
    }

    /// How messages name it, such as `Image Repository`.
    pub(crate) fn title(self) -> String {
        let capital = |word: &str| word[..1].to_owned() + &word[1..].to_lowercase();
        self.label().split(' ').map(capital).collect::<Vec<_>>().join(" ")
    }

    /// How many parts its full name has.
    pub(crate) fn depth(self) -> usize {
        self.facts().depth
    }

    /// The kinds that can be created, altered, dropped, described and granted on.
    pub(crate) fn made() -> impl Iterator<Item = Kind> {
        Self::ALL.iter().copied().filter(|kind| kind.facts().creation != Creation::Never)
    }

    /// The kinds that a label stands for.
    pub(crate) fn labelled(label: &str) -> Vec<Kind> {
        Self::made().filter(|kind| kind.label() == label).collect()
    }
}
