//! What is taken away, and what is not.

use spcs_plan::{
    Change, ObjectKind, Observed, ObservedObject, ObservedService, SqlSet, StepId, clean,
};

use crate::sources::{desired, is_unchanged};
use crate::target::everything_there;

fn foreign(kind: ObjectKind, name: &str) -> ObservedObject {
    ObservedObject { kind, name: name.to_owned(), comment: String::new(), properties: [].into() }
}

fn drops_database() -> StepId {
    let file = "060_database.sql".to_owned();
    StepId::Sql { set: SqlSet::Teardown, file, entry: None }
}

#[test]
fn all_that_was_made_is_dropped() {
    let desired = desired();
    insta::assert_snapshot!("clean", clean(&desired, &everything_there(&desired)).to_string());
}

#[test]
fn on_a_fresh_target_there_is_nothing_to_drop() {
    assert!(is_unchanged(&clean(&desired(), &Observed::default())));
}

#[test]
fn what_belongs_to_others_stays_and_keeps_what_it_is_in() {
    let desired = desired();
    let mut observed = everything_there(&desired);
    // Somebody's table in the database, somebody's service in a pool, somebody's warehouse of the name.
    observed.objects.push(foreign(ObjectKind::Schema, "MILVUS_DEMO.PUBLIC"));
    observed.objects.push(foreign(ObjectKind::Table, "MILVUS_DEMO.PUBLIC.ORDERS"));
    let warehouse = observed.objects.iter_mut().find(|o| o.kind == ObjectKind::Warehouse).unwrap();
    warehouse.comment = "the analysts'".to_owned();
    let service = ObservedService {
        compute_pool: "JUPYTER_COMPUTE_POOL".to_owned(),
        ..ObservedService::default()
    };
    observed.services.insert("OTHER.PUBLIC.WEB".to_owned(), service);
    insta::assert_snapshot!("clean_with_foreign_objects", clean(&desired, &observed).to_string());
}

#[test]
fn whatever_somebody_made_in_the_database_keeps_it() {
    let desired = desired();
    for kind in [ObjectKind::Procedure, ObjectKind::Task, ObjectKind::Secret] {
        let mut observed = everything_there(&desired);
        observed.objects.push(foreign(kind, "MILVUS_DEMO.PUBLIC.LOAD"));
        let plan = clean(&desired, &observed);
        let database = plan.steps.iter().find(|step| step.id == drops_database());
        let database = database.unwrap();
        assert_eq!(database.change, Change::Unchanged);
        let resident = format!("{kind} MILVUS_DEMO.PUBLIC.LOAD is in it");
        assert!(plan.to_string().contains(&resident), "{plan}");
    }
}

#[test]
fn the_public_schema_alone_does_not_keep_the_database() {
    let desired = desired();
    let mut observed = everything_there(&desired);
    observed.objects.push(foreign(ObjectKind::Schema, "MILVUS_DEMO.PUBLIC"));
    let plan = clean(&desired, &observed);
    let database = plan.steps.iter().find(|step| step.id == drops_database()).unwrap();
    assert_eq!(database.change, Change::Drop);
}

#[test]
fn a_deployment_of_another_name_is_not_ours() {
    let desired = desired();
    let mut observed = everything_there(&desired);
    for object in &mut observed.objects {
        object.comment = object.comment.replace("milvus_demo", "milvus_test");
    }
    observed.pools.clear();
    observed.services.clear();
    assert!(is_unchanged(&clean(&desired, &observed)));
}

#[test]
fn the_ingress_integration_is_never_dropped() {
    let drops_integration = |file: &spcs_plan::SqlFile| {
        file.statements.iter().any(|s| s.text.contains("SNOWSERVICES_INGRESS"))
    };
    assert!(!desired().sets["teardown"].iter().any(drops_integration));
}
