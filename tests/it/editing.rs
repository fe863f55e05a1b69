//! Edits of `spcs.toml`: those that deploy applies and those that it refuses.

use crate::sandbox::Sandbox;

/// The lines of the plan that describe changes, with runs of spaces collapsed.
fn planned(sandbox: &Sandbox) -> Vec<String> {
    let plan = sandbox.xtask(&["plan"]).code(0).stdout;
    let is_change = |line: &&str| line.starts_with(['+', '~', '>', '-']);
    plan.lines()
        .filter(is_change)
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

#[test]
fn both_services_can_run_in_one_pool() {
    let sandbox = Sandbox::new();
    sandbox.edit("spcs.toml", "pool = \"jupyter\"", "pool = \"milvus\"");
    let config = sandbox.read("spcs.toml");
    let (start, end) =
        (config.find("\n[pools.jupyter]").unwrap(), config.find("# The key is").unwrap());
    sandbox.edit("spcs.toml", &config[start..end], "");
    sandbox.xtask(&["deploy"]).code(0);
    sandbox.xtask(&["deploy"]).code(0).says("nothing changed");
    // The platform shows which pool a service runs in, and a service cannot move to another pool.
    sandbox.edit("spcs.toml", "name = \"MILVUS_COMPUTE_POOL\"", "name = \"ANOTHER_POOL\"");
    let refused = sandbox.xtask(&["deploy"]).code(3).without_data();
    let refused = refused
        .says("service MILVUS_DEMO.PUBLIC.JUPYTER runs in the compute pool MILVUS_COMPUTE_POOL");
    refused.says("cannot move to ANOTHER_POOL").says("hint: restore the old pool");
    sandbox.edit("spcs.toml", "name = \"ANOTHER_POOL\"", "name = \"MILVUS_COMPUTE_POOL\"");
    sandbox.xtask(&["clean", "--yes"]).code(0);
}

#[test]
fn edited_settings_are_altered_once() {
    let sandbox = Sandbox::new();
    sandbox.xtask(&["deploy"]).code(0);
    sandbox.edit(
        "spcs.toml",
        "network_rule = \"MILVUS_EGRESS_RULE\"",
        "network_rule = \"OTHER_RULE\"",
    );
    sandbox.edit(
        "spcs.toml",
        "name = \"JUPYTER_COMPUTE_POOL\"",
        "name = \"JUPYTER_COMPUTE_POOL\"\nauto_suspend = 600",
    );
    assert_eq!(
        planned(&sandbox),
        [
            "~ alter settings of compute pool JUPYTER_COMPUTE_POOL sql/bootstrap/060_compute_pool.sql:14",
            "+ create network rule MILVUS_DEMO.PUBLIC.OTHER_RULE sql/bootstrap/130_network_rule.sql:6",
            "~ alter settings of external access integration MILVUS_EGRESS_EAI sql/bootstrap/140_external_access.sql:11",
        ]
    );
    sandbox.xtask(&["deploy"]).code(0);
    sandbox.xtask(&["deploy"]).code(0).says("nothing changed");
    sandbox.xtask(&["clean", "--yes"]).code(0);
}

#[test]
fn a_service_can_be_renamed_only_after_clean() {
    let sandbox = Sandbox::new();
    let (old, new) = ("name = \"MILVUS\"", "name = \"VECTOR_STORE\"");
    sandbox.xtask(&["deploy"]).code(0);
    sandbox.edit("spcs.toml", old, new);
    let refused = sandbox.xtask(&["deploy"]).code(3).without_data();
    let refused = refused.says("the service MILVUS_DEMO.PUBLIC.MILVUS belongs to this deployment");
    refused.says("hint: a service cannot be renamed");
    sandbox.edit("spcs.toml", new, old);
    sandbox.xtask(&["clean", "--yes"]).code(0);
    sandbox.edit("spcs.toml", old, new);
    sandbox.xtask(&["deploy"]).code(0);
    sandbox.xtask(&["deploy"]).code(0).says("nothing changed");
    sandbox.xtask(&["clean", "--yes"]).code(0);
}
