//! A platform with objects that a role may not see.

use std::collections::BTreeMap;

use spcs_local_files::Id;

use super::run;
use crate::access::Identity;
use crate::catalog::{Grantee, Namespace, PrivilegeGrant, RoleGrant, State, Target};
use crate::config::{PlatformConfig, RuntimeChoice, Timing};
use crate::execute::Executor;
use crate::kind::{Data, Kind, Object, ServiceRecord};
use crate::platform::{Platform, start};
use crate::session::{SessionState, TransferShape};
use crate::sql::Value;

/// The ends of the names of objects that the role may not see, and of names that no object has.
pub(super) const HIDDEN: &str = "QQH";
pub(super) const ABSENT: &str = "QQA";

/// A platform with a user of three roles: LOW may use a database and its schema, MAKER may create
/// services there, and KEEPER anything.
pub(super) struct World {
    pub(super) platform: Platform,
    _directory: tempfile::TempDir,
}

impl World {
    pub(super) async fn new() -> World {
        let directory = tempfile::tempdir().unwrap();
        let (state_dir, timing) = (directory.path().to_owned(), Timing::default());
        let config = PlatformConfig { state_dir, port: 0, runtime: RuntimeChoice::Fake, timing };
        let world = World { platform: start(config).await.unwrap(), _directory: directory };
        let admin = world.session("ADMIN", "ACCOUNTADMIN");
        run(
            &admin,
            "CREATE USER someone; CREATE ROLE owned; CREATE ROLE low; CREATE ROLE maker;
             CREATE ROLE keeper; GRANT OWNERSHIP ON ROLE owned TO ROLE low; USE ROLE SYSADMIN;
             CREATE DATABASE d; USE ROLE ACCOUNTADMIN",
        )
        .await;
        for role in ["low", "maker", "keeper"] {
            let grants = format!(
                "GRANT ROLE {role} TO USER someone; GRANT USAGE ON DATABASE d TO ROLE {role};
                 GRANT USAGE ON SCHEMA d.public TO ROLE {role}"
            );
            run(&admin, &grants).await;
        }
        run(
            &admin,
            "GRANT CREATE SERVICE ON SCHEMA d.public TO ROLE maker;
             GRANT ALL ON DATABASE d TO ROLE keeper; GRANT ALL ON SCHEMA d.public TO ROLE keeper",
        )
        .await;
        for kind in Kind::creatable() {
            let account = kind.depth() == 1;
            if account {
                let label = kind.label();
                run(&admin, &format!("GRANT CREATE {label} ON ACCOUNT TO ROLE keeper")).await;
            }
            let mut object = object(kind, path(kind, "MINE"), "LOW");
            if kind.facts().property("ENABLED").is_some() {
                object.properties.insert("ENABLED".to_owned(), Value::Boolean(true));
            }
            world.change(|state| state.put(object));
        }
        let pool = Target::Object(Kind::ComputePool, path(Kind::ComputePool, "MINE"));
        world.change(|state| state.grant_privilege(grant("USAGE", pool, "MAKER")));
        world
    }

    /// A session with one role.
    pub(super) fn session(&self, user: &str, role: &str) -> Executor {
        let account = self.platform.account();
        let (database, schema) = (Some("D".to_owned()), Some("PUBLIC".to_owned()));
        let state = SessionState {
            identity: Identity::User(user.to_owned()),
            role: role.to_owned(),
            secondary: false,
            namespace: Namespace { database, schema },
            warehouse: None,
            parameters: Default::default(),
            last_query: None,
        };
        let session = account.sessions.open(state, TransferShape::Token);
        Executor { account, session }
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut State)) {
        let changed = self.platform.account().catalog.change(|state| {
            change(state);
            Ok(())
        });
        changed.unwrap();
    }

    /// Adds objects that the roles may not see: of every kind, in each of its places.
    pub(super) fn hide(&self) {
        self.change(|state| {
            state.put(object(Kind::Database, vec![format!("DB_{HIDDEN}")], "SYSADMIN"));
            for database in ["D".to_owned(), format!("DB_{HIDDEN}")] {
                let path = vec![database, format!("SC_{HIDDEN}")];
                state.put(object(Kind::Schema, path, "SYSADMIN"));
            }
            for kind in Kind::creatable().filter(|kind| !kind.facts().is_visible_to_all) {
                for place in places(kind, HIDDEN) {
                    state.put(object(kind, place, "SYSADMIN"));
                }
            }
            let user = path(Kind::User, HIDDEN).remove(0);
            state.grant_role(RoleGrant {
                role: "SYSADMIN".to_owned(),
                to: Grantee::User(user),
                granted_by: "SECURITYADMIN".to_owned(),
                created: 0,
            });
        });
    }

    /// Grants all privileges on the objects whose containers the roles may not see: they are of no
    /// use without these.
    pub(super) fn grant_what_is_out_of_reach(&self) {
        self.change(|state| {
            for kind in Kind::creatable() {
                for place in places(kind, HIDDEN).into_iter().skip(1) {
                    let on = Target::Object(kind, place);
                    for privilege in kind.privileges() {
                        state.grant_privilege(grant(&privilege, on.clone(), "LOW"));
                    }
                }
            }
        });
    }
}

/// The end of a full name of a kind's objects: `STAGE_QQH`.
pub(super) fn name(kind: Kind, end: &str) -> String {
    format!("{}_{end}", kind.words().replace(' ', "_"))
}

/// A full name in the database and schema that the roles may use.
pub(super) fn path(kind: Kind, end: &str) -> Vec<String> {
    let outer = ["D", "PUBLIC"].map(str::to_owned);
    outer.into_iter().take(kind.depth() - 1).chain([name(kind, end)]).collect()
}

/// Full names in containers that the roles may use, and in containers that they may not see.
pub(super) fn places(kind: Kind, end: &str) -> Vec<Vec<String>> {
    let mut all = vec![path(kind, end)];
    if kind.depth() > 1 {
        let outer = [format!("DB_{end}"), format!("SC_{end}")];
        let outer = outer.into_iter().take(kind.depth() - 1);
        all.push(outer.chain([name(kind, end)]).collect());
    }
    if kind.depth() > 2 {
        all.push(vec!["D".to_owned(), format!("SC_{end}"), name(kind, end)]);
    }
    all
}

pub(super) fn object(kind: Kind, path: Vec<String>, owner: &str) -> Object {
    let data = match kind {
        Kind::Service => Data::Service(Box::new(service())),
        _ => kind.new_data(0).unwrap_or_else(|| panic!("say here what a new {kind:?} is")),
    };
    let mut object = Object::new(data, path, owner, 0);
    if kind == Kind::ComputePool {
        let family = Value::Word("CPU_X64_XS".to_owned());
        object.properties.insert("INSTANCE_FAMILY".to_owned(), family);
        object.properties.insert("MIN_NODES".to_owned(), Value::Number(1));
        object.properties.insert("MAX_NODES".to_owned(), Value::Number(1));
    }
    object
}

pub(super) fn service() -> ServiceRecord {
    let spec = "spec: { containers: [{ name: main, image: /d/public/r/i:1 }] }";
    ServiceRecord {
        schema: Id::random(),
        pool: name(Kind::ComputePool, HIDDEN),
        spec: spcs_local_spec::parse(spec).unwrap(),
        spec_digest: String::new(),
        images: BTreeMap::new(),
        stages: BTreeMap::new(),
        suspended: false,
        resumed: None,
        suspended_on: None,
        endpoints: Vec::new(),
        roles: BTreeMap::from([("ALL_ENDPOINTS_USAGE".to_owned(), Vec::new())]),
        host_seed: String::new(),
    }
}

fn grant(privilege: &str, on: Target, role: &str) -> PrivilegeGrant {
    PrivilegeGrant {
        privilege: privilege.to_owned(),
        on,
        role: role.to_owned(),
        grant_option: false,
        granted_by: "SYSADMIN".to_owned(),
        created: 0,
    }
}
