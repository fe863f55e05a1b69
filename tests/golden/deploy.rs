//! Deployment plans for targets in different states.

use std::collections::BTreeMap;

use spcs_plan::{
    Action, Change, Desired, ImageState, ObjectKind, Observed, ObservedObject, Plan, Planned,
    PlannedStatement, Reason, SqlSet, StepId, Subject, UserPassword,
};

use crate::sources::{MILVUS, TestProject, built, desired, is_unchanged, project};
use crate::target::fully_deployed;

/// The lines of a plan that change something.
fn changes(plan: &Plan) -> String {
    let kept = |line: &&str| !line.starts_with('=') && !line.starts_with('.');
    plan.to_string().lines().filter(kept).collect::<Vec<_>>().join("\n")
}

fn deploy(desired: &Desired, observed: &Observed) -> Plan {
    spcs_plan::deploy(desired, observed, UserPassword::Kept).unwrap()
}

fn sent(plan: &Plan) -> Vec<&str> {
    let mut sent = Vec::new();
    for step in &plan.steps {
        if let Action::Sql { statements, .. } = &step.action {
            let kept = statements.iter().filter(|s| s.change != Change::Unchanged);
            sent.extend(kept.map(|statement| statement.text.as_str()));
        }
    }
    sent
}

/// Whether a step depends on another, directly or indirectly.
fn depends_on(plan: &Plan, step: &str, other: &str) -> bool {
    let needs: BTreeMap<String, Vec<String>> = plan
        .steps
        .iter()
        .map(|s| (s.id.to_string(), s.needs.iter().map(StepId::to_string).collect()))
        .collect();
    let mut open = vec![step];
    while let Some(id) = open.pop() {
        if id == other {
            return true;
        }
        open.extend(needs[id].iter().map(String::as_str));
    }
    false
}

/// The statements of a service whose images are built.
fn known_statements<'p>(plan: &'p Plan, key: &str) -> &'p [PlannedStatement] {
    let id = StepId::Service(key.to_owned());
    match plan.steps.iter().find(|step| step.id == id).map(|step| &step.action) {
        Some(Action::Service { statements: Planned::Known(statements), .. }) => statements,
        other => panic!("the statements of `{key}` are not planned: {other:?}"),
    }
}

fn never_built() -> Desired {
    spcs_plan::desired(&project(), "local", &BTreeMap::new()).unwrap()
}

#[test]
fn everything_is_created_on_an_empty_target() {
    insta::assert_snapshot!("plan_fresh", deploy(&never_built(), &Observed::default()).to_string());
}

#[test]
fn the_plan_for_an_account_equals_the_local_plan() {
    let desired = spcs_plan::desired(&project(), "snowflake", &BTreeMap::new()).unwrap();
    let account = deploy(&desired, &Observed::default());
    let local = deploy(&never_built(), &Observed::default());
    assert_eq!(account.target, "snowflake");
    assert_eq!(account.steps, local.steps);
}

#[test]
fn nothing_is_sent_to_a_fully_deployed_target() {
    let desired = desired();
    let plan = deploy(&desired, &fully_deployed(&desired));
    assert_eq!(changes(&plan), "Plan for local: 32 unchanged");
    assert!(is_unchanged(&plan));
    assert_eq!(sent(&plan), Vec::<&str>::new());
}

#[test]
fn a_changed_spec_is_put_and_its_service_altered_and_nothing_else() {
    let before = desired();
    let mut observed = fully_deployed(&before);
    let milvus = observed.services.get_mut("MILVUS_DEMO.PUBLIC.MILVUS").unwrap();
    milvus.spec_digest = Some("0123456789abcdef".to_owned());
    observed.staged.remove(&before.services["milvus"].spec.as_ref().unwrap().file_name);
    insta::assert_snapshot!("plan_changed_spec", changes(&deploy(&before, &observed)));

    let plan = deploy(&before, &observed);
    let sent: Vec<(usize, Change)> = known_statements(&plan, "milvus")
        .iter()
        .filter(|s| s.change != Change::Unchanged)
        .map(|s| (s.line, s.change))
        .collect();
    assert_eq!(sent, [(4, Change::Run), (17, Change::Alter)], "USE ROLE and one ALTER SERVICE");
}

#[test]
fn a_changed_image_is_built_and_pushed_and_only_its_service_altered() {
    let observed = fully_deployed(&desired());
    let reason = "images/jupyter/TestMilvus.ipynb changed".to_owned();
    let mut images = built();
    images.insert("jupyter".to_owned(), ImageState::Stale { reason });
    let changed = spcs_plan::desired(&project(), "local", &images).unwrap();
    insta::assert_snapshot!("plan_changed_image", changes(&deploy(&changed, &observed)));
}

#[test]
fn a_changed_configuration_is_altered_in_place() {
    let desired = desired();
    let mut observed = fully_deployed(&desired);
    observed.pools.get_mut("MILVUS_COMPUTE_POOL").unwrap().max_nodes = 3;
    observed.pools.get_mut("JUPYTER_COMPUTE_POOL").unwrap().auto_suspend_secs = Some(60);
    for object in &mut observed.objects {
        for (column, value) in [
            ("size", "Medium"),
            ("value_list", "example.org:443"),
            ("allowed_network_rules", "MILVUS_DEMO.PUBLIC.OLD_RULE"),
        ] {
            if let Some(property) = object.properties.get_mut(column) {
                *property = value.to_owned();
            }
        }
    }
    let jupyter = observed.services.get_mut("MILVUS_DEMO.PUBLIC.JUPYTER").unwrap();
    jupyter.properties.remove("external_access_integrations");
    jupyter.properties.insert("min_instances".to_owned(), "1".to_owned());
    insta::assert_snapshot!("plan_changed_configuration", changes(&deploy(&desired, &observed)));
}

#[test]
fn host_lists_that_differ_only_by_swapped_name_parts_are_different() {
    let hosts = "[egress]\nhosts = [\"us-west.example:443\", \"eu-east.example:443\"]\n";
    let rule = "ALTER NETWORK RULE DEMO.PUBLIC.RULE SET VALUE_LIST = (<% egress_hosts %>);";
    let desired = TestProject::new().more_config(hosts).statement(rule).desired().unwrap();
    let change = |seen: &str| {
        let rule = ObservedObject {
            kind: ObjectKind::NetworkRule,
            name: "DEMO.PUBLIC.RULE".to_owned(),
            comment: desired.owner_comment.clone(),
            properties: [("value_list".to_owned(), seen.to_owned())].into(),
        };
        let plan = deploy(&desired, &Observed { objects: vec![rule], ..Observed::default() });
        plan.steps
            .into_iter()
            .find(|step| {
                step.subject == Subject::File("sql/bootstrap/010_one.sql".to_owned(), None)
            })
            .unwrap()
            .change
    };
    assert_eq!(change("us-east.example:443,eu-west.example:443"), Change::Alter);
    assert_eq!(change("['eu-east.example:443', 'us-west.example:443']"), Change::Unchanged);
}

#[test]
fn foreign_objects_are_used_and_not_changed() {
    let desired = desired();
    let mut observed = fully_deployed(&desired);
    observed.pools.get_mut("MILVUS_COMPUTE_POOL").unwrap().comment = String::new();
    observed.pools.get_mut("MILVUS_COMPUTE_POOL").unwrap().max_nodes = 9;
    let milvus = observed.services.get_mut("MILVUS_DEMO.PUBLIC.MILVUS").unwrap();
    milvus.comment = "mine".to_owned();
    milvus.spec_digest = None;
    let plan = deploy(&desired, &observed);
    assert!(is_unchanged(&plan), "{plan}");
    let milvus = StepId::Service("milvus".to_owned());
    let service = plan.steps.iter().find(|step| step.id == milvus).unwrap();
    assert_eq!(service.reason, Reason::UsedAsIs);
    assert!(known_statements(&plan, "milvus").iter().all(|s| s.change == Change::Unchanged));
}

#[test]
fn an_interrupted_deploy_is_completed() {
    let desired = desired();
    let mut observed = fully_deployed(&desired);
    observed.services.clear();
    observed.staged.clear();
    observed.grants.retain(|grant| grant.on != "SERVICE ROLE");
    observed.images.get_mut("milvus").unwrap().clear();
    insta::assert_snapshot!("plan_interrupted", changes(&deploy(&desired, &observed)));
}

#[test]
fn an_image_is_pushed_again_if_its_tag_has_another_digest() {
    let desired = desired();
    let mut observed = fully_deployed(&desired);
    let other = MILVUS.replace("ffff", "0000");
    observed.images.get_mut("milvus").unwrap().insert("aaaaaaaaaaaa".to_owned(), other);
    let plan = deploy(&desired, &observed);
    let push = plan.steps.iter().find(|step| step.id == StepId::Push("milvus".to_owned())).unwrap();
    assert_eq!(push.change, Change::Push);
}

#[test]
fn steps_depend_only_on_what_they_need() {
    let plan = deploy(&never_built(), &Observed::default());
    for (step, other) in [
        ("push:milvus", "build:milvus"),
        ("push:milvus", "sql:bootstrap/100_image_repository.sql"),
        ("put:milvus", "sql:bootstrap/110_stages.sql"),
        ("service:milvus", "pool:milvus"),
        ("service:milvus", "push:milvus"),
        ("service:jupyter", "sql:bootstrap/140_external_access.sql"),
        ("sql:services/020_service_role.sql:jupyter", "service:jupyter"),
        ("ready:milvus", "service:milvus"),
    ] {
        assert!(depends_on(&plan, step, other), "{step} must depend on {other}");
    }
    for (step, other) in [
        ("build:jupyter", "build:milvus"),
        ("sql:bootstrap/140_external_access.sql", "build:milvus"),
        ("push:milvus", "pool:milvus"),
        ("push:milvus", "sql:bootstrap/110_stages.sql"),
        ("put:milvus", "push:milvus"),
        ("service:jupyter", "service:milvus"),
        ("endpoints:jupyter", "ready:milvus"),
    ] {
        assert!(!depends_on(&plan, step, other), "{step} must not depend on {other}");
    }
}

#[test]
fn every_step_comes_after_those_it_needs() {
    let plan = deploy(&never_built(), &Observed::default());
    let mut seen: Vec<&StepId> = Vec::new();
    for step in &plan.steps {
        assert!(step.needs.iter().all(|id| seen.contains(&id)), "{step:?}");
        assert!(!seen.contains(&&step.id), "duplicate step {}", step.id);
        seen.push(&step.id);
    }
}

#[test]
fn a_suspended_pool_is_waited_for_only_after_its_service_resumes_it() {
    let desired = desired();
    let mut observed = fully_deployed(&desired);
    observed.pools.get_mut("MILVUS_COMPUTE_POOL").unwrap().state = "SUSPENDED".to_owned();
    observed.services.get_mut("MILVUS_DEMO.PUBLIC.MILVUS").unwrap().status = "SUSPENDED".to_owned();
    let plan = deploy(&desired, &observed);
    assert!(depends_on(&plan, "pool:milvus", "service:milvus"));
    assert!(changes(&plan).contains("is suspended"), "{plan}");
}

#[test]
fn a_service_is_unchanged_only_if_its_spec_and_settings_match() {
    let desired = desired();
    let mut observed = fully_deployed(&desired);
    let decided = |observed: &Observed| {
        let plan = deploy(&desired, observed);
        let jupyter = StepId::Service("jupyter".to_owned());
        let step = plan.steps.into_iter().find(|step| step.id == jupyter).unwrap();
        (step.change, step.reason)
    };
    const JUPYTER: &str = "MILVUS_DEMO.PUBLIC.JUPYTER";
    assert_eq!(decided(&observed), (Change::Unchanged, Reason::RunsDesiredSpec));
    let running = observed.services.get_mut(JUPYTER).unwrap();
    running.status = "SUSPENDED".to_owned();
    assert_eq!(decided(&observed), (Change::Alter, Reason::Suspended));
    let running = observed.services.get_mut(JUPYTER).unwrap();
    running.properties.insert("max_instances".to_owned(), "4".to_owned());
    assert_eq!(decided(&observed), (Change::Alter, Reason::SettingsDiffer));
    observed.services.get_mut(JUPYTER).unwrap().spec_digest = None;
    assert_eq!(decided(&observed), (Change::Alter, Reason::RunsSpecWithoutDigest));
    observed.services.remove(JUPYTER);
    assert_eq!(decided(&observed), (Change::Create, Reason::Missing));
}

#[test]
fn selecting_a_phase_keeps_only_its_steps() {
    let plan = deploy(&never_built(), &Observed::default());
    let push = plan.select(|step| matches!(step.id, StepId::Push(_)));
    let ids: Vec<String> = push.steps.iter().map(|step| step.id.to_string()).collect();
    assert_eq!(ids, ["push:jupyter", "push:milvus"]);
    assert!(push.steps.iter().all(|step| step.needs.is_empty()));
}

#[test]
fn the_json_of_a_step_omits_data_needed_only_for_execution() {
    let plan = deploy(&desired(), &Observed::default());
    let json = |id: StepId| {
        let step = plan.steps.iter().find(|step| step.id == id).unwrap();
        serde_json::to_string(step).unwrap()
    };
    insta::assert_snapshot!(json(StepId::Build("jupyter".to_owned())), @r#"{"id":"build:jupyter","needs":[],"change":"unchanged","subject":"image jupyter","reason":"built as 111111111111","action":{"do":"build","image":"jupyter"}}"#);
    insta::assert_snapshot!(json(StepId::Put("jupyter".to_owned())), @r#"{"id":"put:jupyter","needs":["build:jupyter","sql:bootstrap/110_stages.sql"],"change":"put","subject":"spec of service MILVUS_DEMO.PUBLIC.JUPYTER","reason":"jupyter-ebdff30f3573b12e.yaml is not staged","action":{"do":"put","service":"jupyter"}}"#);
    insta::assert_snapshot!(json(StepId::Service("jupyter".to_owned())), @r#"{"id":"service:jupyter","needs":["push:jupyter","put:jupyter","pool:jupyter","sql:bootstrap/140_external_access.sql"],"change":"create","subject":"service MILVUS_DEMO.PUBLIC.JUPYTER","reason":"does not exist","action":{"do":"service","service":"jupyter"}}"#);
    let file = "080_database.sql".to_owned();
    let database = StepId::Sql { set: SqlSet::Bootstrap, file, entry: None };
    insta::assert_snapshot!(json(database), @r#"{"id":"sql:bootstrap/080_database.sql","needs":["sql:bootstrap/070_warehouse.sql"],"change":"create","subject":"sql/bootstrap/080_database.sql","reason":"The database of the deployment.","action":{"do":"sql","file":"sql/bootstrap/080_database.sql","role":"SYSADMIN","statements":[{"line":3,"text":"USE ROLE SYSADMIN","change":"run","summary":"session role sysadmin","reason":"needed by the following statements"},{"line":5,"text":"CREATE DATABASE IF NOT EXISTS MILVUS_DEMO\n  COMMENT = 'managed by cargo xtask, deployment milvus_demo'","change":"create","summary":"database MILVUS_DEMO","reason":"does not exist"}]}}"#);
}
