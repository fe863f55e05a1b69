//! Adds a third service as CONTRIBUTING describes: an entry in `spcs.toml`, a spec and an image.

use serde_json::Value;

use crate::project::changed;
use crate::sandbox::Sandbox;

/// What `spcs.toml` says about it, also in the golden tests.
const ENTRY: &str = include_str!("../third_service/spcs.toml");
const SPEC: &str = include_str!("../third_service/attu.yaml");

fn add_attu(sandbox: &Sandbox) {
    fs_err::create_dir_all(sandbox.path("images/attu")).expect("a directory for the image");
    let config = sandbox.read("spcs.toml") + "\n" + ENTRY + "after = [\"milvus\"]\n";
    for (file, text) in [
        ("spcs.toml", config.as_str()),
        ("specs/attu.yaml", SPEC),
        ("images/attu/Dockerfile", "FROM scratch\nCOPY . /\n"),
    ] {
        fs_err::write(sandbox.path(file), text).expect("a file of the new service");
    }
}

fn json(sandbox: &Sandbox, arguments: &[&str]) -> Value {
    sandbox.xtask(&[arguments, &["--format", "json"]].concat()).code(0).json()
}

#[test]
fn a_third_service_is_deployed_and_cleaned_and_open_still_opens_the_notebook() {
    let sandbox = Sandbox::new();
    sandbox.xtask(&["deploy"]).code(0);
    let notebook = json(&sandbox, &["open"])["url"].clone();
    add_attu(&sandbox);
    sandbox.xtask(&["lint"]).code(0);

    let plan = sandbox.xtask(&["plan"]).code(0).stdout;
    assert!(plan.contains("+ create    compute pool ATTU_COMPUTE_POOL"), "{plan}");
    let deployed = json(&sandbox, &["deploy"]);
    assert_eq!(
        changed(&deployed),
        [
            "build:attu",
            "push:attu",
            "put:attu",
            "service:attu",
            "sql:bootstrap/060_compute_pool.sql:attu",
            "sql:services/020_service_role.sql:attu",
        ]
    );
    sandbox.xtask(&["deploy"]).code(0).says("nothing changed");

    let status = json(&sandbox, &["status"]);
    let attu = &status["services"][0];
    assert_eq!((&attu["key"], &attu["state"]["status"]), (&"attu".into(), &"RUNNING".into()));
    let own = attu["endpoints"][0]["ingress_url"].as_str().expect("an ingress URL");
    let log = json(&sandbox, &["logs", "attu"]);
    assert_eq!(log["service"], "MILVUS_DEMO.PUBLIC.ATTU");

    // Every command still reports the notebook's URL.
    for shown in [&deployed, &status, &json(&sandbox, &["open"]), &json(&sandbox, &["endpoints"])] {
        assert_eq!(shown["url"], notebook);
        assert!(!notebook.as_str().unwrap().contains(own));
    }
    // Verify fails, as the simulated service serves no notebook, but it uses the right URL.
    let verify = sandbox.xtask(&["verify"]);
    let place = format!("running TestMilvus.ipynb at {}", notebook.as_str().unwrap());
    assert!(verify.stderr.contains(&place), "{}", verify.stderr);

    let cleaned = sandbox.xtask(&["clean", "--yes"]).code(0);
    let cleaned = cleaned.says("service MILVUS_DEMO.PUBLIC.ATTU");
    let _ = cleaned.says("compute pool ATTU_COMPUTE_POOL");
    let again = sandbox.xtask(&["clean"]).code(0);
    let _ = again.says("nothing to do");
}
