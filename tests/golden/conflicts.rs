//! Conflicts with the target's state, and the user's password.

use spcs_plan::{
    Change, ObjectKind, Observed, Plan, SqlSet, StepId, UserPassword, deploy, run_sql,
};

use crate::sources::{desired, is_unchanged};
use crate::target::fully_deployed;

/// A fully deployed target on which one object belongs to others.
fn with_foreign(kind: ObjectKind, name: &str) -> Observed {
    let mut observed = fully_deployed(&desired());
    let object = observed.objects.iter_mut().find(|o| o.kind == kind && o.name == name).unwrap();
    object.comment = "the analysts'".to_owned();
    observed
}

fn refused(result: Result<Plan, spcs_plan::Error>) -> String {
    let error = result.unwrap_err();
    format!("{error}\n\nhint: {}", error.hint().unwrap())
}

/// The steps that set the password.
fn password_steps(plan: &Plan) -> Vec<(String, Change)> {
    let steps = plan
        .steps
        .iter()
        .filter(|step| matches!(step.id, StepId::Sql { set: SqlSet::Password, .. }));
    steps.map(|step| (step.id.to_string(), step.change)).collect()
}

#[test]
fn a_foreign_user_is_used_only_if_its_password_was_passed_in() {
    let desired = desired();
    let observed = with_foreign(ObjectKind::User, "MILVUS_USER");
    for unknown in [UserPassword::Unknown, UserPassword::Fresh, UserPassword::Kept] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(refused(deploy(&desired, &observed, unknown)), @r"
            sql/bootstrap/040_user.sql:5: the user `MILVUS_USER` exists but does not belong to this deployment: its comment is `the analysts'`

            hint: set SPCS_USER_PASSWORD to this user's password to use the existing user, or choose another `user` in [deployment] of spcs.toml
            ");
        }
    }
    let plan = deploy(&desired, &observed, UserPassword::Given).unwrap();
    assert!(is_unchanged(&plan) && !plan.sends_secret(), "{plan}");
}

#[test]
fn the_password_of_a_foreign_user_is_never_set() {
    let desired = desired();
    let observed = with_foreign(ObjectKind::User, "MILVUS_USER");
    for password in [UserPassword::Given, UserPassword::Fresh] {
        let refused = refused(run_sql(&desired, &observed, password, "password"));
        assert!(refused.contains("the user `MILVUS_USER` exists"), "{refused}");
    }
}

#[test]
fn nothing_is_granted_to_a_foreign_role() {
    let desired = desired();
    let observed = with_foreign(ObjectKind::Role, "MILVUS_ROLE");
    insta::assert_snapshot!(refused(deploy(&desired, &observed, UserPassword::Given)), @r"
    sql/bootstrap/020_roles.sql:5: the role `MILVUS_ROLE` exists but does not belong to this deployment: its comment is `the analysts'`

    hint: choose another name for it in [deployment] of spcs.toml, or drop the role if it is no longer needed: everyone who holds it would receive the grants of this deployment
    ");
    assert!(run_sql(&desired, &observed, UserPassword::Given, "services").is_err());
}

#[test]
fn an_existing_user_gets_only_a_newly_generated_password() {
    let desired = desired();
    let there = fully_deployed(&desired);
    for password in [UserPassword::Given, UserPassword::Kept, UserPassword::Unknown] {
        let plan = deploy(&desired, &there, password).unwrap();
        assert!(is_unchanged(&plan) && !plan.sends_secret(), "{plan}");
    }
    let reset = [("sql:password/010_user_password.sql".to_owned(), Change::Alter)];
    for plan in [
        deploy(&desired, &there, UserPassword::Fresh).unwrap(),
        run_sql(&desired, &there, UserPassword::Fresh, "bootstrap").unwrap(),
        run_sql(&desired, &there, UserPassword::Unknown, "password").unwrap(),
    ] {
        assert_eq!(password_steps(&plan), reset, "{plan}");
        assert!(plan.sends_secret());
    }
    // A missing user is created with the password.
    let plan = deploy(&desired, &Observed::default(), UserPassword::Fresh).unwrap();
    assert_eq!(password_steps(&plan), []);
    assert!(plan.sends_secret());
}

#[test]
fn moving_a_service_to_another_pool_is_refused() {
    let desired = desired();
    let mut observed = fully_deployed(&desired);
    let jupyter = observed.services.get_mut("MILVUS_DEMO.PUBLIC.JUPYTER").unwrap();
    jupyter.compute_pool = "MILVUS_COMPUTE_POOL".to_owned();
    insta::assert_snapshot!(refused(deploy(&desired, &observed, UserPassword::Kept)), @r"
    spcs.toml: the service MILVUS_DEMO.PUBLIC.JUPYTER runs in the compute pool MILVUS_COMPUTE_POOL and cannot move to JUPYTER_COMPUTE_POOL

    hint: restore the old pool, run `cargo xtask clean`, then make the change
    ");
}

#[test]
fn changing_the_family_of_a_pool_is_refused() {
    let desired = desired();
    let mut observed = fully_deployed(&desired);
    observed.pools.get_mut("MILVUS_COMPUTE_POOL").unwrap().instance_family = "CPU_X64_L".to_owned();
    insta::assert_snapshot!(refused(deploy(&desired, &observed, UserPassword::Kept)), @r"
    spcs.toml: the compute pool MILVUS_COMPUTE_POOL has the instance family CPU_X64_L, which cannot be changed to CPU_X64_S

    hint: restore the old `family`, or run `cargo xtask clean` and deploy again
    ");
}

#[test]
fn renaming_a_running_service_is_refused() {
    let desired = desired();
    let mut observed = fully_deployed(&desired);
    let milvus = observed.services.remove("MILVUS_DEMO.PUBLIC.MILVUS").unwrap();
    observed.services.insert("MILVUS_DEMO.PUBLIC.OLD_NAME".to_owned(), milvus);
    insta::assert_snapshot!(refused(deploy(&desired, &observed, UserPassword::Kept)), @r"
    spcs.toml: the service MILVUS_DEMO.PUBLIC.OLD_NAME belongs to this deployment, but spcs.toml does not list it

    hint: a service cannot be renamed: restore its entry and run `cargo xtask clean`, or drop it with its data: `DROP SERVICE MILVUS_DEMO.PUBLIC.OLD_NAME FORCE`
    ");
    let clean = spcs_plan::clean(&desired, &observed).to_string();
    let kept = "kept: contains service MILVUS_DEMO.PUBLIC.OLD_NAME, which spcs.toml does not list";
    assert!(clean.contains(kept), "{clean}");
}
