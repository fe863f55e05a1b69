//! The initial catalog: the system roles and an administrator.

use super::grant::{Grantee, PrivilegeGrant, RoleGrant, Target};
use super::state::State;
use crate::clock;
use crate::kind::user::{self, ADMIN};
use crate::kind::{Data, Kind, Object, account_privileges};
use crate::password::{self, PasswordHash};
use crate::sql::Value;

/// The initial state, with this password for the administrator.
pub(super) fn initial(password: &str) -> State {
    let now = clock::now();
    let mut state = State::new(&password::random()[..16]);
    for (role, comment) in [
        ("ACCOUNTADMIN", "Account administrator can manage all aspects of the account."),
        ("SECURITYADMIN", "Security administrator can manage security aspects of the account."),
        ("SYSADMIN", "System administrator can create and manage databases and warehouses."),
        ("USERADMIN", "User administrator can create and manage users and roles"),
        ("PUBLIC", "Public role is automatically available to every user in the account."),
    ] {
        let mut object = Object::new(Data::Role(()), vec![role.to_owned()], "", now);
        object.comment = comment.to_owned();
        state.put(object);
    }
    // Snowflake's own database, in which clients look for images first.
    for (data, path) in
        [(Data::Database(()), &["SNOWFLAKE"][..]), (Data::Schema(()), &["SNOWFLAKE", "IMAGES"])]
    {
        let path = path.iter().map(|part| (*part).to_owned()).collect();
        state.put(Object::new(data, path, "", now));
    }
    let mut grant = |role: &str, to: Grantee| {
        state.grant_role(RoleGrant {
            role: role.to_owned(),
            to,
            granted_by: String::new(),
            created: now,
        });
    };
    let role = |name: &str| Grantee::Role(name.to_owned());
    grant("SYSADMIN", role("ACCOUNTADMIN"));
    grant("SECURITYADMIN", role("ACCOUNTADMIN"));
    grant("USERADMIN", role("SECURITYADMIN"));
    grant("ACCOUNTADMIN", Grantee::User(ADMIN.to_owned()));
    for (role, privileges) in [
        ("ACCOUNTADMIN", account_privileges()),
        ("SECURITYADMIN", ["MANAGE GRANTS", "MONITOR SECURITY"].map(str::to_owned).to_vec()),
        ("USERADMIN", [Kind::User, Kind::Role].map(Kind::create_privilege).to_vec()),
        (
            "SYSADMIN",
            [Kind::Database, Kind::Warehouse, Kind::ComputePool]
                .map(Kind::create_privilege)
                .to_vec(),
        ),
    ] {
        for privilege in privileges {
            state.grant_privilege(PrivilegeGrant {
                privilege,
                on: Target::Account,
                role: role.to_owned(),
                grant_option: true,
                granted_by: String::new(),
                created: now,
            });
        }
    }
    let user = user::Data { password: Some(PasswordHash::new(password)) };
    let mut admin = Object::new(Data::User(user), vec![ADMIN.to_owned()], "USERADMIN", now);
    admin.properties.insert("DEFAULT_ROLE".to_owned(), Value::Word("ACCOUNTADMIN".to_owned()));
    state.put(admin);
    state
}
