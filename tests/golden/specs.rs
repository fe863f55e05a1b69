//! Digests of specs: which changes roll a service and which do not.

use crate::sources::{JUPYTER, TEST_SPEC, TestProject, digests, project};

fn digest(spec: &str) -> String {
    let desired = TestProject::new().spec(spec).desired().unwrap();
    desired.services["web"].spec.clone().unwrap().spec_digest
}

#[test]
fn comments_order_and_formatting_do_not_change_the_digest() {
    let other = "# A comment.\nspec:\n  containers:\n    - env: { SPCS_SPEC_DIGEST: \"<% spec_digest %>\" }\n      image: '<% web_image %>'\n      name: \"web\"\n";
    assert_eq!(digest(TEST_SPEC), digest(other));
}

#[test]
fn a_changed_value_changes_the_digest() {
    let other = format!("{TEST_SPEC}        X: '1'\n");
    assert_ne!(digest(TEST_SPEC), digest(&other));
}

#[test]
fn a_changed_image_changes_the_spec_of_its_service_only() {
    let spec = |service: &str, digests: &std::collections::BTreeMap<String, String>| {
        spcs_plan::render_spec(&project(), "local", service, digests).unwrap().file_name
    };
    let mut other = digests();
    other.insert("jupyter".to_owned(), JUPYTER.replace("1111", "9999"));
    assert_ne!(spec("jupyter", &digests()), spec("jupyter", &other));
    assert_eq!(spec("milvus", &digests()), spec("milvus", &other));
}

#[test]
fn the_digest_in_a_spec_equals_the_one_in_its_file_name() {
    let spec = spcs_plan::render_spec(&project(), "local", "milvus", &digests()).unwrap();
    assert!(spec.text.contains(&format!("SPCS_SPEC_DIGEST: \"{}\"", spec.spec_digest)));
    assert_eq!(spec.file_name, format!("milvus-{}.yaml", spec.spec_digest));
}

#[test]
fn a_spec_is_not_rendered_if_its_image_is_not_built() {
    let mut some = digests();
    some.remove("milvus");
    let error = spcs_plan::render_spec(&project(), "local", "milvus", &some).unwrap_err();
    assert_eq!(error.to_string(), "specs/milvus.yaml: the image `milvus` is not built");
    assert_eq!(error.hint(), Some("build it with `cargo xtask build`"));
    assert!(spcs_plan::render_spec(&project(), "local", "jupyter", &some).is_ok());
}

#[test]
fn the_host_of_a_service_is_its_dns_name() {
    let spec = format!("{TEST_SPEC}        SELF: http://<% web_host %>:8080\n");
    let desired = TestProject::new().config("\"WEB\"", "\"MY_WEB\"").spec(&spec).desired().unwrap();
    let text = &desired.services["web"].spec.as_ref().unwrap().text;
    assert!(text.contains("SELF: http://my-web:8080"), "{text}");
}
