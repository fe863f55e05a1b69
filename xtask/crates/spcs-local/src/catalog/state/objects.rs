//! Objects: found, added, replaced and taken away.

use std::sync::Arc;

use super::{ObjectKey, State};
use crate::catalog::grant::Target;
use crate::kind::{Kind, Object, Outside, ServiceRecord};

impl State {
    /// The object of this kind and full name.
    pub(crate) fn find(&self, kind: Kind, path: &[String]) -> Option<&Object> {
        self.objects.get(&(kind, path.to_vec()))
    }

    /// An object of the account itself, by name.
    pub(crate) fn account_object(&self, kind: Kind, name: &str) -> Option<&Object> {
        self.objects.get(&(kind, vec![name.to_owned()]))
    }

    /// All of one kind, by full name.
    pub(crate) fn all(&self, kind: Kind) -> impl Iterator<Item = &Object> {
        self.below(kind, &[])
    }

    /// All of one kind whose full names begin like this, by full name.
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

    /// What a role owns.
    pub(crate) fn owned_by<'a>(&'a self, role: &str) -> impl Iterator<Item = &'a Object> + use<'a> {
        self.indexes.owned.under(role).filter_map(|key| self.objects.get(key))
    }

    /// The user who logs in under this name, in any case.
    pub(crate) fn user_by_login(&self, login: &str) -> Option<&Object> {
        let mut users = self.indexes.logins.under(&login.to_ascii_lowercase());
        users.find_map(|key| self.objects.get(key))
    }

    /// Adds an object, or replaces the one of the same kind and full name.
    pub(crate) fn put(&mut self, object: Object) {
        let key = (object.kind(), object.path.clone());
        self.take_object(&key);
        // A new object of the name owns what may be left of the old one.
        self.leaving.take(&key);
        self.indexes.owned.add(&object.owner, key.clone());
        if let Some(login) = login(&object) {
            self.indexes.logins.add(&login, key.clone());
        }
        self.objects.put(key, object);
    }

    /// Takes away an object, all that it contains and every grant on either or to it.
    /// Returns what went.
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
                Kind::Role => self.forget_role(object.name()),
                Kind::User => self.forget_user(object.name()),
                Kind::Service => self.forget_service(&object.path),
                _ => {}
            }
            if object.kind().facts().outside != Outside::Nothing {
                self.leaving.put(key, ());
            }
            Some(Arc::unwrap_or_clone(object))
        };
        gone.into_iter().filter_map(take).collect()
    }

    fn take_object(&mut self, key: &ObjectKey) -> Option<Arc<Object>> {
        let object = self.objects.take(key)?;
        self.indexes.owned.remove(&object.owner, key);
        if let Some(login) = login(&object) {
            self.indexes.logins.remove(&login, key);
        }
        Some(object)
    }

    /// Gives all that a role owns to another.
    pub(crate) fn hand_over(&mut self, from: &str, to: &str) {
        let objects: Vec<Object> = self.owned_by(from).cloned().collect();
        for mut object in objects {
            to.clone_into(&mut object.owner);
            self.put(object);
        }
    }

    /// What was dropped and may not be gone yet outside the catalog.
    pub(crate) fn leaving(&self) -> impl Iterator<Item = &(Kind, Vec<String>)> {
        self.leaving.iter().map(|(key, ())| key)
    }

    /// Notes that all of a dropped object is gone.
    pub(crate) fn has_left(&mut self, kind: Kind, path: &[String]) {
        self.leaving.take(&(kind, path.to_vec()));
    }
}

/// What a user logs in with, in lower case.
fn login(object: &Object) -> Option<String> {
    let is_user = object.kind() == Kind::User;
    is_user.then(|| object.shown_or_name("LOGIN_NAME").to_ascii_lowercase())
}
