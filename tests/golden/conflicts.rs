//! What the target has that no plan may be made against, and the user's password.

use spcs_plan::{
    Change, ObjectKind, Observed, Plan, SqlSet, StepId, UserPassword, deploy, run_sql,
};

use crate::sources::{desired, is_unchanged};
use crate::target::everything_there;

/// Everything is there, but one object is somebody else's.
fn with_foreign(kind: ObjectKind, name: &str) -> Observed {
    let mut observed = everything_there(&desired());
    let object = observed.objects.iter_mut().find(|o| o.kind == kind && o.name == name).unwrap();
    object.comment = "the analysts'".to_owned();
    observed
}

fn refused(result: Result<Plan, spcs_plan::Error>) -> String {
    let error = result.unwrap_err();
    format!("{error}\n\nhint: {}", error.hint().unwrap())
}

/// What is done about the password, where anything is.
fn password_steps(plan: &Plan) -> Vec<(String, Change)> {
    let of_password = plan
        .steps
        .iter()
        .filter(|step| matches!(step.id, StepId::Sql { set: SqlSet::Password, .. }));
    of_password.map(|step| (step.id.to_string(), step.change)).collect()
}

#[test]
fn somebody_elses_user_is_let_in_only_when_their_password_was_given() {
    let desired = desired();
    let observed = with_foreign(ObjectKind::User, "MILVUS_USER");
    for unknown in [UserPassword::Unknown, UserPassword::Fresh, UserPassword::Kept] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(refused(deploy(&desired, &observed, unknown)), @r"
            sql/bootstrap/040_user.sql:5: the user `MILVUS_USER` is there and not of this deployment: its comment is `the analysts'`

            hint: set SPCS_USER_PASSWORD to this user's password to let the user in as it is, or choose another `user` in [deployment] of spcs.toml
            ");
        }
    }
    let plan = deploy(&desired, &observed, UserPassword::Given).unwrap();
    assert!(is_unchanged(&plan) && !plan.sends_secret(), "{plan}");
}

#[test]
fn somebody_elses_user_never_gets_a_password() {
    let desired = desired();
    let observed = with_foreign(ObjectKind::User, "MILVUS_USER");
    for password in [UserPassword::Given, UserPassword::Fresh] {
        let refused = refused(run_sql(&desired, &observed, password, "password"));
        assert!(refused.contains("the user `MILVUS_USER` is there"), "{refused}");
    }
}

#[test]
fn nothing_is_granted_to_somebody_elses_role() {
    let desired = desired();
    let observed = with_foreign(ObjectKind::Role, "MILVUS_ROLE");
    insta::assert_snapshot!(refused(deploy(&desired, &observed, UserPassword::Given)), @r"
    sql/bootstrap/020_roles.sql:5: the role `MILVUS_ROLE` is there and not of this deployment: its comment is `the analysts'`

    hint: choose another name for it in [deployment] of spcs.toml, or drop it if nobody needs it any more: whoever has it would get what the files grant
    ");
    assert!(run_sql(&desired, &observed, UserPassword::Given, "services").is_err());
}

#[test]
fn only_a_password_that_was_generated_anew_is_given_to_a_user_who_is_there() {
    let desired = desired();
    let there = everything_there(&desired);
    for password in [UserPassword::Given, UserPassword::Kept, UserPassword::Unknown] {
        let plan = deploy(&desired, &there, password).unwrap();
        assert!(is_unchanged(&plan) && !plan.sends_secret(), "{plan}");
    }
    let set = [("sql:password/010_user_password.sql".to_owned(), Change::Alter)];
    for plan in [
        deploy(&desired, &there, UserPassword::Fresh).unwrap(),
        run_sql(&desired, &there, UserPassword::Fresh, "bootstrap").unwrap(),
        run_sql(&desired, &there, UserPassword::Unknown, "password").unwrap(),
    ] {
        assert_eq!(password_steps(&plan), set, "{plan}");
        assert!(plan.sends_secret());
    }
    // A user who is not there is created with it.
    let plan = deploy(&desired, &Observed::default(), UserPassword::Fresh).unwrap();
    assert_eq!(password_steps(&plan), []);
    assert!(plan.sends_secret());
}

#[test]
fn a_service_is_not_moved_to_another_pool() {
    let desired = desired();
    let mut observed = everything_there(&desired);
    let jupyter = observed.services.get_mut("MILVUS_DEMO.PUBLIC.JUPYTER").unwrap();
    jupyter.compute_pool = "MILVUS_COMPUTE_POOL".to_owned();
    insta::assert_snapshot!(refused(deploy(&desired, &observed, UserPassword::Kept)), @r"
    spcs.toml: the service MILVUS_DEMO.PUBLIC.JUPYTER runs in the compute pool MILVUS_COMPUTE_POOL and cannot move to JUPYTER_COMPUTE_POOL

    hint: name the old pool again, run `cargo xtask clean`, and edit then
    ");
}

#[test]
fn a_pool_keeps_its_family() {
    let desired = desired();
    let mut observed = everything_there(&desired);
    observed.pools.get_mut("MILVUS_COMPUTE_POOL").unwrap().instance_family = "CPU_X64_L".to_owned();
    insta::assert_snapshot!(refused(deploy(&desired, &observed, UserPassword::Kept)), @r"
    spcs.toml: the compute pool MILVUS_COMPUTE_POOL is of the family CPU_X64_L and cannot become CPU_X64_S

    hint: give `family` its old value, or run `cargo xtask clean` and deploy again
    ");
}

#[test]
fn a_service_that_runs_is_not_renamed() {
    let desired = desired();
    let mut observed = everything_there(&desired);
    let milvus = observed.services.remove("MILVUS_DEMO.PUBLIC.MILVUS").unwrap();
    observed.services.insert("MILVUS_DEMO.PUBLIC.OLD_NAME".to_owned(), milvus);
    insta::assert_snapshot!(refused(deploy(&desired, &observed, UserPassword::Kept)), @r"
    spcs.toml: the service MILVUS_DEMO.PUBLIC.OLD_NAME is of this deployment, and spcs.toml does not name it

    hint: a service cannot be renamed: name it again and run `cargo xtask clean`, or drop it with its data: `DROP SERVICE MILVUS_DEMO.PUBLIC.OLD_NAME FORCE`
    ");
    let clean = spcs_plan::clean(&desired, &observed).to_string();
    let kept = "kept: service MILVUS_DEMO.PUBLIC.OLD_NAME is in it, and spcs.toml does not name it";
    assert!(clean.contains(kept), "{clean}");
}
