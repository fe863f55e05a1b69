//! Tests of the role hierarchy, of changes, and of the file.

use super::*;
use crate::access::Identity;
use crate::kind::user::ADMIN;
use crate::kind::{Data, Kind, Object, user, warehouse};

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

fn warehouse(name: &str) -> Object {
    let held = Data::Warehouse(warehouse::Data { suspended: false });
    Object::new(held, vec![name.to_owned()], "SYSADMIN", 1)
}

fn has(catalog: &Catalog, name: &str) -> bool {
    catalog.read(|state| state.account_object(Kind::Warehouse, name).is_some())
}

fn add(catalog: &Catalog, name: &str) {
    let added = catalog.change(|state| {
        state.put(warehouse(name));
        Ok(())
    });
    added.unwrap();
}

#[test]
fn a_failed_change_is_discarded_and_a_successful_one_is_persistent() {
    let directory = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(directory.path(), "secret").unwrap();
    let refused = catalog.change(|state| {
        state.put(warehouse("W"));
        Err::<(), _>(SqlError::exists("W"))
    });
    assert!(refused.is_err() && !has(&catalog, "W"));
    add(&catalog, "W");
    catalog.close();
    let again = Catalog::open(directory.path(), "other").unwrap();
    assert!(has(&again, "W"));
    again.close();
    let bytes = fs_err::read(directory.path().join(FILE)).unwrap();
    assert!(!bytes.windows(6).any(|part| part == b"secret"), "the catalog contains the password");
    again.read(|state| {
        let Data::User(user) = &state.account_object(Kind::User, ADMIN).unwrap().data else {
            panic!("no user")
        };
        let hash = user.password.clone().unwrap();
        assert!(hash.matches("secret") && !hash.matches("other"));
    });
}

#[test]
fn a_failed_write_changes_neither_memory_nor_file() {
    let directory = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(directory.path(), "secret").unwrap();
    let fault = rusqlite::Connection::open(directory.path().join(FILE)).unwrap();
    fault
        .execute_batch(
            "CREATE TRIGGER fault BEFORE INSERT ON records WHEN NEW.key LIKE '%LAST%'
             BEGIN SELECT RAISE(ABORT, 'the disk is on fire'); END",
        )
        .unwrap();
    let two = |state: &mut State| {
        state.put(warehouse("FIRST"));
        state.put(warehouse("LAST"));
        Ok(())
    };
    let error = catalog.change_then(two, |()| panic!("called after a failed write")).err().unwrap();
    assert!(error.message.contains("the disk is on fire"), "{}", error.message);
    assert!(!has(&catalog, "FIRST") && !has(&catalog, "LAST"));
    add(&catalog, "OTHER");
    fault.execute_batch("DROP TRIGGER fault").unwrap();
    catalog.close();
    let again = Catalog::open(directory.path(), "secret").unwrap();
    assert!(has(&again, "OTHER") && !has(&again, "FIRST") && !has(&again, "LAST"));
}

#[test]
fn a_truncated_commit_is_read_completely_or_not_at_all() {
    let directory = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(directory.path(), "secret").unwrap();
    let log = directory.path().join(format!("{FILE}-wal"));
    let before = fs_err::metadata(&log).unwrap().len();
    let many = |state: &mut State| {
        (0..100).for_each(|number| state.put(warehouse(&format!("W{number}"))));
        Ok(())
    };
    catalog.change(many).unwrap();
    let file = fs_err::read(directory.path().join(FILE)).unwrap();
    let whole = fs_err::read(&log).unwrap();
    let after = u64::try_from(whole.len()).unwrap();
    assert!(after > before + 4 * 4096, "the change spans several pages");
    let cuts = (before..after).step_by(1500).chain([after]);
    for cut in cuts {
        let killed = tempfile::tempdir().unwrap();
        fs_err::write(killed.path().join(FILE), &file).unwrap();
        let part = &whole[..usize::try_from(cut).unwrap()];
        fs_err::write(killed.path().join(format!("{FILE}-wal")), part).unwrap();
        let again = Catalog::open(killed.path(), "secret").unwrap();
        let count = again.read(|state| state.all(Kind::Warehouse).count());
        assert_eq!(count, if cut == after { 100 } else { 0 }, "cut at {cut} of {after}");
    }
}

#[test]
fn readers_see_a_change_after_it_is_written_and_followed_up() {
    let directory = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(directory.path(), "secret").unwrap();
    std::thread::scope(|scope| {
        let reader = catalog.change_then(
            |state| {
                state.put(warehouse("W"));
                assert!(!has(&catalog, "W"), "readers do not see an unfinished change");
                Ok(())
            },
            |()| {
                let reader = scope.spawn(|| has(&catalog, "W"));
                std::thread::sleep(std::time::Duration::from_millis(50));
                assert!(!reader.is_finished(), "a reader must wait for the follow-up");
                reader
            },
        );
        assert!(reader.unwrap().join().unwrap());
    });
}

/// Makes many pseudo-random changes and compares the state in memory, including indexes, with the
/// state read from the file.
#[test]
fn the_state_in_the_file_equals_the_state_in_memory() {
    let directory = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(directory.path(), "secret").unwrap();
    let mut seed = 7_usize;
    let mut next = move |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    for _ in 0..300 {
        let (what, name) = (next(9), format!("N{}", next(5)));
        let (role, other) = (format!("R{}", next(4)), format!("R{}", next(4)));
        let stage = vec![format!("D{}", next(3)), "S".to_owned(), name.clone()];
        let service = vec!["D0".to_owned(), "S".to_owned(), name.clone()];
        let on = Target::Object(Kind::Stage, stage.clone());
        let to = if next(2) == 0 { Grantee::Role(other) } else { Grantee::User(name.clone()) };
        catalog
            .change(|state| {
                let granted_by = role.clone();
                match what {
                    0 => state.put(Object::new(Data::Stage(()), stage, &role, 1)),
                    1 => state.put(Object::new(Data::Role(()), vec![role], &granted_by, 1)),
                    2 => {
                        let held = Data::User(user::Data { password: None });
                        state.put(Object::new(held, vec![name], &role, 1));
                    }
                    3 => drop(state.remove(Kind::Database, &stage[..1])),
                    4 => drop(state.remove(Kind::Role, &[role])),
                    5 => drop(state.remove(Kind::Service, &service)),
                    6 => state.grant_privilege(PrivilegeGrant {
                        privilege: "READ".to_owned(),
                        on,
                        role,
                        grant_option: false,
                        granted_by,
                        created: 1,
                    }),
                    7 => state.grant_role(RoleGrant { role, to, granted_by, created: 1 }),
                    _ => state.grant_service_role(ServiceRoleGrant {
                        service,
                        service_role: "ALL".to_owned(),
                        role,
                        granted_by,
                        created: 1,
                    }),
                }
                Ok(())
            })
            .unwrap();
    }
    let kept = catalog.read(|state| format!("{state:#?}"));
    catalog.close();
    let again = Catalog::open(directory.path(), "secret").unwrap();
    let read = again.read(|state| format!("{state:#?}"));
    let other = read.lines().zip(kept.lines()).find(|(read, kept)| read != kept);
    assert!(other.is_none() && read.len() == kept.len(), "{other:?}");
}

#[test]
fn the_inherited_roles_change_with_each_role_grant_but_not_with_a_failed_change() {
    let directory = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(directory.path(), "secret").unwrap();
    let inherits = || {
        let admin = Identity::User(ADMIN.to_owned());
        let roles = catalog.read(|state| state.actor(&admin, "ACCOUNTADMIN", true).roles);
        roles.contains("R")
    };
    let grant = |state: &mut State| {
        state.grant_role(RoleGrant {
            role: "R".to_owned(),
            to: Grantee::Role("SYSADMIN".to_owned()),
            granted_by: "R".to_owned(),
            created: 1,
        });
    };
    assert!(!inherits());
    let refused = catalog.change(|state| {
        grant(state);
        assert!(state.inherited(&["SYSADMIN".to_owned()]).contains("R"));
        Err::<(), _>(SqlError::exists("R"))
    });
    assert!(refused.is_err() && !inherits());
    catalog
        .change(|state| {
            grant(state);
            Ok(())
        })
        .unwrap();
    assert!(inherits());
    catalog
        .change(|state| {
            state.revoke_role("R", &Grantee::Role("SYSADMIN".to_owned()));
            Ok(())
        })
        .unwrap();
    assert!(!inherits());
}

#[test]
fn a_privilege_is_found_with_many_roles_and_few_grants_and_the_other_way_round() {
    let directory = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(directory.path(), "secret").unwrap();
    let on = Target::Object(Kind::Stage, vec!["D".to_owned(), "S".to_owned(), "T".to_owned()]);
    let many: Vec<String> = (0..50).map(|number| format!("R{number}")).collect();
    let grant = |role: &str, privilege: &str| {
        let on = on.clone();
        let (role, privilege) = (role.to_owned(), privilege.to_owned());
        let granted = catalog.change(|state| {
            let (grant_option, granted_by, created) = (false, String::new(), 1);
            state.grant_privilege(PrivilegeGrant {
                privilege,
                on,
                role,
                grant_option,
                granted_by,
                created,
            });
            Ok(())
        });
        granted.unwrap();
    };
    let holds = |roles: &[String], privilege: &str| {
        let roles = roles.iter().cloned().collect();
        catalog.read(|state| state.holds(&roles, privilege, &on))
    };
    assert!(!holds(&many, "READ"));
    grant("R7", "READ");
    assert!(holds(&many, "READ") && !holds(&many, "WRITE"), "many roles, one grant");
    assert!(!holds(&many[8..], "READ"));
    for role in &many[10..] {
        grant(role, "WRITE");
    }
    assert!(holds(&many[40..41], "WRITE"), "one role, many grants");
    assert!(!holds(&many[7..8], "WRITE") && !holds(&many[40..], "READ"));
}
