//! Adds, revokes and finds grants.

use super::State;
use super::roles::InheritedRoles;
use crate::catalog::grant::{Grantee, PrivilegeGrant, RoleGrant, ServiceRoleGrant, Target};

/// The smallest name, for the start of a range.
const NO_NAME: String = String::new();

impl State {
    /// All privileges on a target.
    pub(crate) fn privileges_on<'a>(
        &'a self,
        on: &'a Target,
    ) -> impl Iterator<Item = &'a PrivilegeGrant> {
        let from = self.privileges.from((on.clone(), NO_NAME, NO_NAME));
        from.map(|(_, grant)| grant).take_while(move |grant| grant.on == *on)
    }

    /// The privileges of one role on a target.
    pub(crate) fn privileges_on_of<'a>(
        &'a self,
        on: &'a Target,
        role: &'a str,
    ) -> impl Iterator<Item = &'a PrivilegeGrant> {
        let from = self.privileges.from((on.clone(), role.to_owned(), NO_NAME));
        from.map(|(_, grant)| grant).take_while(move |grant| grant.on == *on && grant.role == role)
    }

    /// All privileges of a role.
    pub(crate) fn privileges_of(&self, role: &str) -> impl Iterator<Item = &PrivilegeGrant> {
        self.indexes.privileges.get(role).filter_map(|key| self.privileges.get(key))
    }

    /// A role's grant of one privilege on a target.
    pub(crate) fn privilege(
        &self,
        on: &Target,
        privilege: &str,
        role: &str,
    ) -> Option<&PrivilegeGrant> {
        self.privileges.get(&(on.clone(), role.to_owned(), privilege.to_owned()))
    }

    /// Adds or replaces a grant.
    pub(crate) fn grant_privilege(&mut self, grant: PrivilegeGrant) {
        let key = (grant.on.clone(), grant.role.clone(), grant.privilege.clone());
        self.indexes.privileges.add(&grant.role, key.clone());
        self.privileges.put(key, grant);
    }

    pub(crate) fn revoke_privilege(&mut self, on: &Target, privilege: &str, role: &str) {
        let key = (on.clone(), role.to_owned(), privilege.to_owned());
        self.privileges.remove(&key);
        self.indexes.privileges.remove(role, &key);
    }

    /// Revokes all privileges on a target.
    pub(super) fn revoke_all_on(&mut self, on: &Target) {
        let grants: Vec<PrivilegeGrant> = self.privileges_on(on).cloned().collect();
        for grant in grants {
            self.revoke_privilege(&grant.on, &grant.privilege, &grant.role);
        }
    }

    /// The roles granted to a role or user.
    pub(crate) fn roles_granted_to<'a>(
        &'a self,
        to: &'a Grantee,
    ) -> impl Iterator<Item = &'a RoleGrant> {
        let from = self.roles.from((to.clone(), NO_NAME));
        from.map(|(_, grant)| grant).take_while(move |grant| grant.to == *to)
    }

    /// The grants of a role to roles and users.
    pub(crate) fn grants_of_role<'a>(
        &'a self,
        role: &'a str,
    ) -> impl Iterator<Item = &'a RoleGrant> {
        let grantees = self.indexes.grantees.get(role);
        grantees.filter_map(move |to| self.roles.get(&(to.clone(), role.to_owned())))
    }

    pub(crate) fn role_grant(&self, role: &str, to: &Grantee) -> Option<&RoleGrant> {
        self.roles.get(&(to.clone(), role.to_owned()))
    }

    pub(crate) fn grant_role(&mut self, grant: RoleGrant) {
        self.inherited_roles = InheritedRoles::default();
        self.indexes.grantees.add(&grant.role, grant.to.clone());
        self.roles.put((grant.to.clone(), grant.role.clone()), grant);
    }

    pub(crate) fn revoke_role(&mut self, role: &str, to: &Grantee) {
        self.inherited_roles = InheritedRoles::default();
        self.roles.remove(&(to.clone(), role.to_owned()));
        self.indexes.grantees.remove(role, to);
    }

    /// The grants of the service roles of a service.
    pub(crate) fn service_roles_on<'a>(
        &'a self,
        service: &'a [String],
    ) -> impl Iterator<Item = &'a ServiceRoleGrant> {
        let from = self.service_roles.from((service.to_vec(), NO_NAME, NO_NAME));
        from.map(|(_, grant)| grant).take_while(move |grant| grant.service == service)
    }

    /// The service roles granted to a role.
    pub(crate) fn service_roles_of(&self, role: &str) -> impl Iterator<Item = &ServiceRoleGrant> {
        self.indexes.service_roles.get(role).filter_map(|key| self.service_roles.get(key))
    }

    pub(crate) fn grant_service_role(&mut self, grant: ServiceRoleGrant) {
        let key = (grant.service.clone(), grant.service_role.clone(), grant.role.clone());
        self.indexes.service_roles.add(&grant.role, key.clone());
        self.service_roles.put(key, grant);
    }

    pub(crate) fn revoke_service_role(&mut self, service: &[String], name: &str, role: &str) {
        let key = (service.to_vec(), name.to_owned(), role.to_owned());
        self.service_roles.remove(&key);
        self.indexes.service_roles.remove(role, &key);
    }

    /// Revokes all grants of and to a dropped role.
    pub(super) fn revoke_all_of_role(&mut self, role: &str) {
        let privileges: Vec<PrivilegeGrant> = self.privileges_of(role).cloned().collect();
        for grant in privileges {
            self.revoke_privilege(&grant.on, &grant.privilege, role);
        }
        let to = Grantee::Role(role.to_owned());
        let held = self.grants_of_role(role).chain(self.roles_granted_to(&to));
        let roles: Vec<RoleGrant> = held.cloned().collect();
        for grant in roles {
            self.revoke_role(&grant.role, &grant.to);
        }
        let service_roles: Vec<ServiceRoleGrant> = self.service_roles_of(role).cloned().collect();
        for grant in service_roles {
            self.revoke_service_role(&grant.service, &grant.service_role, role);
        }
    }

    /// Revokes all roles of a dropped user.
    pub(super) fn revoke_all_of_user(&mut self, user: &str) {
        let to = Grantee::User(user.to_owned());
        let roles: Vec<RoleGrant> = self.roles_granted_to(&to).cloned().collect();
        for grant in roles {
            self.revoke_role(&grant.role, &to);
        }
    }

    /// Revokes all service roles of a dropped service.
    pub(super) fn revoke_all_of_service(&mut self, service: &[String]) {
        self.keep_service_roles(service, |_| false);
    }

    /// Revokes the service roles of a service for which `keep` is false.
    pub(crate) fn keep_service_roles(&mut self, service: &[String], keep: impl Fn(&str) -> bool) {
        let grants = self.service_roles_on(service).filter(|grant| !keep(&grant.service_role));
        let grants: Vec<ServiceRoleGrant> = grants.cloned().collect();
        for grant in grants {
            self.revoke_service_role(service, &grant.service_role, &grant.role);
        }
    }
}
