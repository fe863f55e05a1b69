//! Finds, adds, replaces and removes objects.

use std::sync::Arc;

use super::{ObjectKey, State};
use crate::catalog::grant::Target;
use crate::kind::{Kind, Object, ServiceRecord};

impl State {
    /// The object of a kind with a full name.
    pub(crate) fn find(&self, kind: Kind, path: &[String]) -> Option<&Object> {
        self.objects.get(&(kind, path.to_vec()))
    }

    /// An account-level object by name.
    pub(crate) fn account_object(&self, kind: Kind, name: &str) -> Option<&Object> {
        self.objects.get(&(kind, vec![name.to_owned()]))
    }

    /// All objects of a kind, ordered by full name.
    pub(crate) fn all(&self, kind: Kind) -> impl Iterator<Item = &Object> {
        self.below(kind, &[])
    }

    /// All objects of a kind whose full names start with a prefix, ordered by full name.
    pub(crate) fn below<'a>(
        &'a self,
        kind: Kind,
        prefix: &[String],
    ) -> impl Iterator<Item = &'a Object> + use<'a> {
        let prefix = prefix.to_vec();
        let from = self.objects.from((kind, prefix.clone()));
        from.map(|(_, object)| object)
            .take_while(move |object| object.kind() == kind && object.path.starts_with(&prefix))
    }

    /// All services with their records.
    pub(crate) fn services(&self) -> impl Iterator<Item = (&Object, &ServiceRecord)> {
        self.all(Kind::Service).filter_map(|object| Some((object, object.service()?)))
    }

    /// The objects that a role owns.
    pub(crate) fn owned_by<'a>(&'a self, role: &str) -> impl Iterator<Item = &'a Object> + use<'a> {
        self.indexes.owned.get(role).filter_map(|key| self.objects.get(key))
    }

    /// The user with a login name, ignoring case.
    pub(crate) fn user_by_login(&self, login: &str) -> Option<&Object> {
        let mut users = self.indexes.logins.get(&login.to_ascii_lowercase());
        users.find_map(|key| self.objects.get(key))
    }

    /// Adds an object, or replaces the one with the same kind and full name.
    pub(crate) fn put(&mut self, object: Object) {
        let key = (object.kind(), object.path.clone());
        self.take_object(&key);
        self.indexes.owned.add(&object.owner, key.clone());
        if let Some(login) = login(&object) {
            self.indexes.logins.add(&login, key.clone());
        }
        self.objects.put(key, object);
    }

    /// Removes an object, the objects in it, and all grants on or to them. Returns the removed
    /// objects.
    pub(crate) fn remove(&mut self, kind: Kind, path: &[String]) -> Vec<Object> {
        let mut gone: Vec<ObjectKey> = vec![(kind, path.to_vec())];
        if kind.facts().is_container {
            let inner = Kind::ALL.iter().copied().filter(|inner| inner.depth() > path.len());
            gone.extend(inner.flat_map(|inner| {
                self.below(inner, path).map(move |object| (inner, object.path.clone()))
            }));
        }
        let take = |key: ObjectKey| {
            let object = self.take_object(&key)?;
            self.revoke_all_on(&Target::of(&object));
            match object.kind() {
                Kind::Role => self.revoke_all_of_role(object.name()),
                Kind::User => self.revoke_all_of_user(object.name()),
                Kind::Service => self.revoke_all_of_service(&object.path),
                _ => {}
            }
            Some(Arc::unwrap_or_clone(object))
        };
        gone.into_iter().filter_map(take).collect()
    }

    fn take_object(&mut self, key: &ObjectKey) -> Option<Arc<Object>> {
        let object = self.objects.remove(key)?;
        self.indexes.owned.remove(&object.owner, key);
        if let Some(login) = login(&object) {
            self.indexes.logins.remove(&login, key);
        }
        Some(object)
    }

    /// Transfers the ownership of all objects from one role to another.
    pub(crate) fn transfer_ownership(&mut self, from: &str, to: &str) {
        let objects: Vec<Object> = self.owned_by(from).cloned().collect();
        for mut object in objects {
            to.clone_into(&mut object.owner);
            self.put(object);
        }
    }
}

/// A user's login name in lower case; `None` for other kinds.
fn login(object: &Object) -> Option<String> {
    let is_user = object.kind() == Kind::User;
    is_user.then(|| object.shown_or_name("LOGIN_NAME").to_ascii_lowercase())
}
