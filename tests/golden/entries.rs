//! Services and pools in `spcs.toml`: their settings and their effect on the plan.

use std::collections::BTreeMap;

use spcs_plan::{
    Change, Desired, Error, ImageState, Observed, Reason, SqlFile, StepId, UserPassword, deploy,
};

use crate::sources::{MILVUS, TEST_SPEC, TestProject, demo, with_config};
use crate::target::fully_deployed;

/// A third service, also of the tests that deploy it.
const ATTU: &str = include_str!("../third_service/spcs.toml");
const ATTU_SPEC: &str = include_str!("../third_service/attu.yaml");

fn built(images: &[&str]) -> BTreeMap<String, ImageState> {
    let built = || ImageState::Built { digest: MILVUS.to_owned() };
    images.iter().map(|image| ((*image).to_owned(), built())).collect()
}

/// The demo with the additional service.
fn with_attu(config: &str) -> Result<Desired, Error> {
    let project = with_config(config, &[("specs/attu.yaml", ATTU_SPEC)])?;
    spcs_plan::desired(&project, "local", &built(&["attu", "jupyter", "milvus"]))
}

fn error_text(result: Result<Desired, Error>) -> String {
    let error = result.unwrap_err();
    format!("{error}\n\nhint: {}", error.hint().unwrap_or_default())
}

#[test]
fn a_third_service_needs_only_entries_and_changes_no_other_statement() {
    let desired = with_attu(&(demo() + ATTU)).unwrap();
    let before = with_config(&demo(), &[]).unwrap();
    let before = spcs_plan::desired(&before, "local", &built(&["jupyter", "milvus"])).unwrap();
    let (added, others): (Vec<SqlFile>, Vec<SqlFile>) = desired
        .sets
        .clone()
        .into_values()
        .flatten()
        .partition(|file| file.entry.as_deref() == Some("attu"));
    assert_eq!(others, before.sets.into_values().flatten().collect::<Vec<_>>());
    let added: Vec<&str> = added.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(
        added,
        [
            "sql/bootstrap/060_compute_pool.sql",
            "sql/services/010_service.sql",
            "sql/services/020_service_role.sql",
            "sql/teardown/010_service.sql",
            "sql/teardown/020_compute_pool.sql",
        ]
    );
}

#[test]
fn open_and_verify_use_the_endpoints_of_spcs_toml() {
    let desired = with_attu(&(demo() + ATTU)).unwrap();
    for endpoint in [desired.opened.unwrap(), desired.verified.unwrap()] {
        let endpoint = (endpoint.name.as_str(), endpoint.endpoint.as_str());
        assert_eq!(endpoint, ("MILVUS_DEMO.PUBLIC.JUPYTER", "jupyter"));
    }
    let open = |value: &str| {
        let notebook = "open = { service = \"jupyter\", endpoint = \"jupyter\" }";
        error_text(with_attu(&(demo().replace(notebook, value) + ATTU)))
    };
    insta::assert_snapshot!(open("open = { service = \"atu\", endpoint = \"attu\" }"), @r"
    spcs.toml:50: there is no service `atu`

    hint: choose one of attu, jupyter, milvus
    ");
    insta::assert_snapshot!(open("open = { service = \"attu\", endpoint = \"web\" }"), @r"
    spcs.toml:50: the service `attu` has no public endpoint `web`

    hint: choose one of attu
    ");
    insta::assert_snapshot!(open("open = { service = \"milvus\", endpoint = \"milvus\" }"), @r"
    spcs.toml:50: the service `milvus` has no public endpoint `milvus`

    hint: add one with `public: true` to its spec
    ");
}

#[test]
fn a_pool_and_a_service_with_similar_keys_are_distinguished() {
    let more = r#"
[pools.web_service]
name = "OTHER_POOL"
family = "CPU_X64_XS"
min_nodes = 1
max_nodes = 1

[services.other]
name = "OTHER"
spec = "specs/web.yaml"
pool = "web_service"
"#;
    let desired = TestProject::new().more_config(more).desired().unwrap();
    let texts = |set: &str, entry: &str| {
        let files = desired.sets[set].iter().filter(|file| file.entry.as_deref() == Some(entry));
        files.map(|file| file.statements[1].text.clone()).collect::<Vec<_>>()
    };
    let pool = "CREATE COMPUTE POOL IF NOT EXISTS OTHER_POOL";
    assert_eq!(texts("bootstrap", "web_service"), [pool]);
    let [web] = &texts("services", "web")[..] else {
        panic!("exactly one file creates the service")
    };
    assert!(web.contains("IN COMPUTE POOL WEB_POOL"), "{web}");
}

#[test]
fn services_can_share_a_spec_and_set_different_variables() {
    let spec = format!("{TEST_SPEC}        ROLE: <% role %>\n        PORT: '<% port %>'\n");
    let own = |role: &str, port: u16| {
        format!("pool = \"web\"\nvariables = {{ role = \"{role}\", port = {port} }}\n")
    };
    let query = "[services.query]\nname = \"QUERY\"\nspec = \"specs/web.yaml\"\n";
    let small = |query_variables: &str| {
        let small = TestProject::new().config("pool = \"web\"\n", &own("proxy", 19530));
        small.spec(&spec).more_config(&format!("{query}{query_variables}"))
    };
    let desired = small(&own("querynode", 21123)).desired().unwrap();
    let text = |service: &str| desired.services[service].spec.clone().unwrap().text;
    assert!(text("web").contains("ROLE: proxy\n        PORT: '19530'"), "{}", text("web"));
    assert!(text("query").contains("ROLE: querynode\n        PORT: '21123'"), "{}", text("query"));
    let missing = small("pool = \"web\"\n").error();
    assert!(missing.starts_with("specs/web.yaml:8: unknown variable `port`"), "{missing}");
    let unused = own("querynode", 21123).replace("port =", "prot = 1, port =");
    insta::assert_snapshot!(small(&unused).error(), @r"
    spcs.toml:32: `specs/web.yaml` does not use `<% prot %>`

    hint: use it there, or remove it from the service's variables
    ");
    let reserved = own("querynode", 21123).replace("port =", "spec_digest = 1, port =");
    insta::assert_snapshot!(small(&reserved).error(), @"spcs.toml:32: the variable `spec_digest` is already defined");
}

#[test]
fn a_service_has_minimum_and_maximum_instances() {
    let spec = "spec = \"specs/web.yaml\"";
    let file = "-- Settings.\n-- role: <% system_role %>\n-- for each: service\nUSE ROLE <% system_role %>;\nALTER SERVICE D.S.X SET MIN_INSTANCES = <% min_instances %> MAX_INSTANCES = <% max_instances %>;\n";
    let set = |instances: &str| {
        let small = TestProject::new().config(spec, &format!("{spec}\n{instances}"));
        small.sql("services/020_settings.sql", file)
    };
    for (instances, expected) in
        [("", "1 1"), ("min_instances = 2", "2 2"), ("max_instances = 3", "1 3")]
    {
        let desired = set(instances).desired().unwrap();
        let text = &desired.sets["services"].last().unwrap().statements[1].text;
        let (min, max) = expected.split_once(' ').unwrap();
        let wanted = format!("MIN_INSTANCES = {min} MAX_INSTANCES = {max}");
        assert!(text.ends_with(&wanted), "{text}");
    }
    insta::assert_snapshot!(set("min_instances = 2\nmax_instances = 1").error(), @"spcs.toml:20: service `web` needs 1 <= min_instances <= max_instances, not 2 and 1");
}

#[test]
fn a_service_starts_after_its_dependencies_are_ready() {
    let config = demo() + &ATTU.replace("name = \"ATTU\"", "name = \"ATTU\"\nafter = [\"milvus\"]");
    let desired = with_attu(&config).unwrap();
    let plan = deploy(&desired, &Observed::default(), UserPassword::Kept).unwrap();
    let at = |id: &StepId| plan.steps.iter().position(|step| step.id == *id).unwrap();
    let needs = |service: &str| &plan.steps[at(&StepId::Service(service.to_owned()))].needs;
    let ready = StepId::Ready("milvus".to_owned());
    assert!(needs("attu").contains(&ready));
    assert!(!needs("jupyter").contains(&ready));
    for (step, id) in plan.steps.iter().flat_map(|step| step.needs.iter().map(move |id| (step, id)))
    {
        assert!(at(id) < at(&step.id), "{} comes before {id}", step.id);
    }
    let clean = spcs_plan::clean(&desired, &fully_deployed(&desired)).to_string();
    let dropped = |name: &str| clean.find(&format!("service MILVUS_DEMO.PUBLIC.{name}")).unwrap();
    assert!(
        dropped("ATTU") < dropped("MILVUS"),
        "services are dropped in reverse start order:\n{clean}"
    );
}

#[test]
fn an_invalid_start_order_is_refused() {
    let after = |attu: &str, milvus: &str| {
        let attu = ATTU.replace("name = \"ATTU\"", &format!("name = \"ATTU\"\nafter = [{attu}]"));
        let milvus = format!("name = \"MILVUS\"\nafter = [{milvus}]");
        error_text(with_attu(&(demo().replace("name = \"MILVUS\"", &milvus) + &attu)))
    };
    insta::assert_snapshot!(after("\"jupyter\",\n  \"etcd\"", ""), @r"
    spcs.toml:128: there is no service `etcd`

    hint: choose one of attu, jupyter, milvus
    ");
    insta::assert_snapshot!(after("\"jupyter\", \"milvus\"", "\"attu\""), @r"
    spcs.toml:127: services wait for each other: attu after milvus after attu

    hint: remove one of them from an `after`
    ");
    insta::assert_snapshot!(after("\"attu\"", ""), @r"
    spcs.toml:127: services wait for each other: attu after attu

    hint: remove one of them from an `after`
    ");
}

#[test]
fn egress_is_removed_from_a_service_when_spcs_toml_turns_it_off() {
    let with = |egress: &str| with_attu(&(demo() + ATTU + egress)).unwrap();
    let mut observed = fully_deployed(&with("egress = true\n"));
    let attu = observed.services.get_mut("MILVUS_DEMO.PUBLIC.ATTU").unwrap();
    let granted = attu.properties["external_access_integrations"].clone();
    assert_eq!(granted, "MILVUS_EGRESS_EAI");
    let plan = deploy(&with("egress = false\n"), &observed, UserPassword::Kept).unwrap();
    let step =
        plan.steps.iter().find(|step| step.id == StepId::Service("attu".to_owned())).unwrap();
    assert_eq!((step.change, &step.reason), (Change::Alter, &Reason::SettingsDiffer));
    let open = deploy(&with(""), &observed, UserPassword::Kept).unwrap_err();
    insta::assert_snapshot!(format!("{open}\n\nhint: {}", open.hint().unwrap()), @r"
    spcs.toml: the service MILVUS_DEMO.PUBLIC.ATTU has egress through MILVUS_EGRESS_EAI, but spcs.toml does not set `egress` for it

    hint: add `egress = false` to [services.attu] to remove it, or `egress = true` to keep it
    ");
}
