//! Edits of `spcs.toml` that reach the target, and those that cannot.

use crate::sandbox::Sandbox;

/// Lines of what `plan` would do.
fn planned(sandbox: &Sandbox) -> Vec<String> {
    let plan = sandbox.xtask(&["plan"]).code(0).stdout;
    let does = |line: &&str| line.starts_with(['+', '~', '>', '-']);
    plan.lines()
        .filter(does)
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

#[test]
fn both_services_run_in_one_pool_when_they_name_it() {
    let sandbox = Sandbox::new();
    sandbox.edit("spcs.toml", "pool = \"jupyter\"", "pool = \"milvus\"");
    let pool = sandbox.read("spcs.toml");
    let (start, end) =
        (pool.find("\n[pools.jupyter]").unwrap(), pool.find("# The key is").unwrap());
    sandbox.edit("spcs.toml", &pool[start..end], "");
    sandbox.xtask(&["deploy"]).code(0);
    sandbox.xtask(&["deploy"]).code(0).says("nothing changed");
    // Where they run, the platform shows: a pool with a service of its own is in use by it.
    sandbox.edit("spcs.toml", "name = \"MILVUS_COMPUTE_POOL\"", "name = \"ANOTHER_POOL\"");
    let refused = sandbox.xtask(&["deploy"]).code(3).without_data();
    let refused = refused
        .says("service MILVUS_DEMO.PUBLIC.JUPYTER runs in the compute pool MILVUS_COMPUTE_POOL");
    refused.says("cannot move to ANOTHER_POOL").says("hint: restore the old pool");
    sandbox.edit("spcs.toml", "name = \"ANOTHER_POOL\"", "name = \"MILVUS_COMPUTE_POOL\"");
    sandbox.xtask(&["clean", "--yes"]).code(0);
}

#[test]
fn edited_settings_are_altered_and_then_as_the_files_ask() {
    let sandbox = Sandbox::new();
    sandbox.xtask(&["deploy"]).code(0);
    sandbox.edit(
        "spcs.toml",
        "network_rule = \"MILVUS_EGRESS_RULE\"",
        "network_rule = \"WAY_OUT\"",
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
            "+ create network rule MILVUS_DEMO.PUBLIC.WAY_OUT sql/bootstrap/130_network_rule.sql:6",
            "~ alter settings of external access integration MILVUS_EGRESS_EAI sql/bootstrap/140_external_access.sql:11",
        ]
    );
    sandbox.xtask(&["deploy"]).code(0);
    sandbox.xtask(&["deploy"]).code(0).says("nothing changed");
    sandbox.xtask(&["clean", "--yes"]).code(0);
}

#[test]
fn a_service_is_renamed_after_clean_and_not_before() {
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
