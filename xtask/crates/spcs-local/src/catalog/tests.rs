//! The hierarchy of roles, and what survives on disk.

use super::*;
use crate::access::Identity;
use crate::kind::user::ADMIN;
use crate::kind::{Data, Kind, Object, warehouse};

#[test]
fn the_administrator_inherits_every_system_role() {
    let directory = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(directory.path(), "secret").unwrap();
    let admin = Identity::User(ADMIN.to_owned());
    catalog.read(|state| {
        let actor = state.actor(&admin, "ACCOUNTADMIN", false);
        for role in ["SYSADMIN", "SECURITYADMIN", "USERADMIN", "PUBLIC"] {
            assert!(actor.roles.contains(role), "{role}");
        }
        assert!(!state.actor(&admin, "SYSADMIN", false).roles.contains("USERADMIN"));
        assert!(state.actor(&admin, "SYSADMIN", true).roles.contains("USERADMIN"));
    });
}

#[test]
fn a_failed_change_leaves_nothing_and_a_made_one_is_read_back() {
    let directory = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(directory.path(), "secret").unwrap();
    let add = |state: &mut State| {
        let held = warehouse::Data { suspended: false };
        state.objects.push(Object::new(Data::Warehouse(held), vec!["W".into()], "SYSADMIN", 1));
    };
    let refused = catalog.change(|state| {
        add(state);
        Err::<(), _>(SqlError::exists("W"))
    });
    assert!(refused.is_err());
    assert!(catalog.read(|state| state.account_object(Kind::Warehouse, "W").is_none()));
    catalog
        .change(|state| {
            add(state);
            Ok(())
        })
        .unwrap();
    let again = Catalog::open(directory.path(), "other").unwrap();
    assert!(again.read(|state| state.account_object(Kind::Warehouse, "W").is_some()));
    let text = std::fs::read_to_string(directory.path().join("catalog.json")).unwrap();
    assert!(!text.contains("secret"), "the password is in the catalog");
    again.read(|state| {
        let Data::User(user) = &state.account_object(Kind::User, ADMIN).unwrap().data else {
            panic!("no user")
        };
        let hash = user.password.clone().unwrap();
        assert!(hash.matches("secret") && !hash.matches("other"));
    });
}
