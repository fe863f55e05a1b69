//! What `clean` drops and what it keeps.

use spcs_plan::{
    Change, ObjectKind, Observed, ObservedObject, ObservedService, SqlSet, StepId, clean,
};

use crate::sources::{desired, is_unchanged};
use crate::target::fully_deployed;

fn foreign(kind: ObjectKind, name: &str) -> ObservedObject {
    ObservedObject { kind, name: name.to_owned(), comment: String::new(), properties: [].into() }
}

fn drops_database() -> StepId {
    let file = "060_database.sql".to_owned();
    StepId::Sql { set: SqlSet::Teardown, file, entry: None }
}

#[test]
fn every_created_object_is_dropped() {
    let desired = desired();
    insta::assert_snapshot!("clean", clean(&desired, &fully_deployed(&desired)).to_string());
}

#[test]
fn an_empty_target_has_nothing_to_drop() {
    assert!(is_unchanged(&clean(&desired(), &Observed::default())));
}

#[test]
fn foreign_objects_and_their_containers_are_kept() {
    let desired = desired();
    let mut observed = fully_deployed(&desired);
    // A foreign table in the database, a foreign service in a pool, a foreign warehouse with our name.
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
fn a_database_with_foreign_objects_is_kept() {
    let desired = desired();
    for kind in [ObjectKind::Procedure, ObjectKind::Task, ObjectKind::Secret] {
        let mut observed = fully_deployed(&desired);
        observed.objects.push(foreign(kind, "MILVUS_DEMO.PUBLIC.LOAD"));
        let plan = clean(&desired, &observed);
        let database = plan.steps.iter().find(|step| step.id == drops_database());
        let database = database.unwrap();
        assert_eq!(database.change, Change::Unchanged);
        let kept = format!("contains {kind} MILVUS_DEMO.PUBLIC.LOAD");
        assert!(plan.to_string().contains(&kept), "{plan}");
    }
}

#[test]
fn a_database_with_only_the_public_schema_is_dropped() {
    let desired = desired();
    let mut observed = fully_deployed(&desired);
    observed.objects.push(foreign(ObjectKind::Schema, "MILVUS_DEMO.PUBLIC"));
    let plan = clean(&desired, &observed);
    let database = plan.steps.iter().find(|step| step.id == drops_database()).unwrap();
    assert_eq!(database.change, Change::Drop);
}

#[test]
fn objects_of_another_deployment_are_kept() {
    let desired = desired();
    let mut observed = fully_deployed(&desired);
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
