//! Roles.

use super::Kind;
use super::column::{Column, comment, created_on, name, number, owner, text};
use super::definition::{Definition, Item};
use super::facts::{Creation, Facts, SessionPart};
use crate::access::Identity;
use crate::rows::{cell, yes};

/// A role has no data.
pub(super) type Data = ();

pub(super) static KIND: Definition<Data> = Definition {
    columns: COLUMNS,
    ..Definition::of(
        Facts {
            creation: Creation::ReplaceOrAlter,
            is_visible_to_all: true,
            is_owner: true,
            session: Some(SessionPart::Role),
            ..Facts::of("ROLE")
        },
        Some(|_| ()),
    )
};

const COLUMNS: &[Column<Data>] = &[
    created_on(),
    name(),
    text("is_default", |it| yes(is_default(it))),
    text("is_current", |it| yes(it.lookup.is_current(it.object))),
    text("is_inherited", |it| {
        yes(!it.lookup.is_current(it.object) && it.lookup.inherits(it.object.name()))
    }),
    number("assigned_to_users", |it| cell(it.lookup.role_counts(it.object.name()).to_users)),
    number("granted_to_roles", |it| cell(it.lookup.role_counts(it.object.name()).to_roles)),
    number("granted_roles", |it| cell(it.lookup.role_counts(it.object.name()).held)),
    owner(),
    comment(),
];

/// Whether this is the default role of the session's user.
fn is_default(it: &Item<'_, Data>) -> bool {
    let Identity::User(user) = it.lookup.identity() else { return false };
    let user = it.lookup.account_object(Kind::User, user);
    let role = user.and_then(|user| user.reference("DEFAULT_ROLE"));
    role.is_some_and(|role| role.last() == it.object.name())
}
