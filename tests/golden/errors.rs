//! Errors in the project's files: each has a file, a line and a hint.

mod sql;

use spcs_plan::Project;

use crate::sources::{TEST_SPEC, TestProject};

#[test]
fn an_unknown_key_is_reported_with_its_line() {
    insta::assert_snapshot!(TestProject::new().config("[images.web]", "[images.web]\ncontxt = \"x\"").error(), @"spcs.toml:18: unknown field `contxt`, expected one of `context`, `dockerfile`, `base`, `args`");
}

#[test]
fn an_invalid_identifier_is_refused() {
    insta::assert_snapshot!(TestProject::new().config("\"DEMO\"", "\"DEMO; DROP\"").error(), @"spcs.toml:3: `DEMO; DROP` is not a plain identifier: use letters, digits and underscores, and do not start with a digit");
}

#[test]
fn a_maximum_below_the_minimum_of_nodes_is_refused() {
    insta::assert_snapshot!(TestProject::new().config("max_nodes = 1", "max_nodes = 0").error(), @"spcs.toml:11: pool `web` needs 1 <= min_nodes <= max_nodes, not 1 and 0");
}

#[test]
fn a_service_in_an_unknown_pool_is_refused() {
    insta::assert_snapshot!(TestProject::new().config("pool = \"web\"", "pool = \"wob\"").error(), @"spcs.toml:20: service `web` uses the pool `wob`, which is not one of [pools]: web");
}

#[test]
fn a_role_that_cannot_own_services_is_refused() {
    insta::assert_snapshot!(TestProject::new().more_config("[roles]\nsystem = \"ACCOUNTADMIN\"\n").error(), @"spcs.toml:27: `ACCOUNTADMIN` cannot own services: choose another role for `system`");
}

#[test]
fn a_host_with_a_wildcard_is_refused() {
    insta::assert_snapshot!(TestProject::new().more_config("[egress]\nhosts = [\"*.example:443\"]\n").error(), @"spcs.toml:28: `*.example:443` is not a valid `host:port`: the host may contain letters, digits, dots and dashes, and no wildcards");
}

#[test]
fn an_invalid_port_is_refused() {
    let error = |port: &str| {
        TestProject::new()
            .config("kind = \"local\"", &format!("kind = \"local\"\nport = {port}"))
            .error()
    };
    insta::assert_snapshot!(error("0"), @r#"spcs.toml:27: invalid value: integer `0`, expected a port from 1 to 65535, or "auto""#);
    insta::assert_snapshot!(error("\"any\""), @r#"spcs.toml:27: invalid value: string "any", expected a port from 1 to 65535, or "auto""#);
    insta::assert_snapshot!(error("70000"), @r#"spcs.toml:27: invalid value: integer `70000`, expected a port from 1 to 65535, or "auto""#);
}

#[test]
fn a_key_of_another_kind_of_target_is_refused() {
    insta::assert_snapshot!(TestProject::new().more_config("[target.prod]\nkind = \"snowflake\"\nport = 1\n").error(), @"spcs.toml:27: `port` does not apply to a target of kind `snowflake`");
}

#[test]
fn a_shared_state_directory_is_refused() {
    for wrong in ["", ".", "..", "/", "a/../..", "./a"] {
        let state_dir = format!("kind = \"local\"\nstate_dir = \"{wrong}\"");
        let error = TestProject::new().config("kind = \"local\"", &state_dir).error();
        assert!(
            error.starts_with("spcs.toml:") && error.contains("without `.` and `..`"),
            "{error}"
        );
    }
}

#[test]
fn an_unknown_variable_is_reported_with_its_line() {
    insta::assert_snapshot!(TestProject::new().statement("SELECT\n  '<% databse %>';").error(), @r"
    sql/bootstrap/010_one.sql:5: unknown variable `databse`

    hint: define it in [variables] of spcs.toml, or use one of: account_role, data_stage, database, egress_hosts, egress_integration, endpoint_role, files_stage, ingress_integration, network_rule, owner_comment, repository, role, schema, security_role, specs_stage, system_role, target, user, user_password, user_role, warehouse, warehouse_auto_suspend, warehouse_size, web_host
    ");
}

#[test]
fn an_expression_in_a_template_is_refused() {
    insta::assert_snapshot!(TestProject::new().statement("SELECT '<% database ~ %>';").error(), @r"
    sql/bootstrap/010_one.sql:4: wrong use of `<% %>`: `database ~` is not a name

    hint: only plain names are allowed: `<% name %>`
    ");
}

#[test]
fn only_names_are_allowed_between_the_delimiters() {
    for wrong in ["database[:3]", "database|upper", "- database", "% database %", "'x'", "1", ""] {
        let error =
            TestProject::new().statement(&format!("SELECT 1;\nSELECT '<%{wrong}%>';")).error();
        assert!(error.starts_with("sql/bootstrap/010_one.sql:5: wrong use of `<% %>`"), "{error}");
    }
    let error = TestProject::new().statement("SELECT '<% database';").error();
    assert!(error.starts_with("sql/bootstrap/010_one.sql:4: wrong use of `<% %>`"), "{error}");
}

#[test]
fn an_unused_variable_is_refused() {
    insta::assert_snapshot!(TestProject::new().more_config("[variables]\nlimit = 3\n").error(), @r"
    spcs.toml:28: no template uses `<% limit %>`

    hint: use it in a file of sql/ or specs/, or remove it from spcs.toml
    ");
}

#[test]
fn an_unused_pool_is_refused() {
    let pool =
        "[pools.more]\nname = \"MORE\"\nfamily = \"CPU_X64_XS\"\nmin_nodes = 1\nmax_nodes = 1\n";
    insta::assert_snapshot!(TestProject::new().more_config(pool).error(), @r"
    spcs.toml:27: no service runs in the pool `more`

    hint: use it in a service, or remove [pools.more]
    ");
}

#[test]
fn a_variable_that_is_neither_number_nor_string_is_refused() {
    insta::assert_snapshot!(TestProject::new().more_config("[variables]\nlimit = true\n").error(), @"spcs.toml:28: expected a whole number or a string");
}

#[test]
fn an_image_without_a_value_for_every_kind_of_target_is_refused() {
    let base = "context = \"images/web\"\nbase = { local = \"debian\" }";
    insta::assert_snapshot!(TestProject::new().config("context = \"images/web\"", base).error(), @r#"spcs.toml:19: expected a string, or one per kind of target: { local = "…", snowflake = "…" }"#);
}

#[test]
fn a_variable_that_shadows_one_set_while_rendering_is_refused() {
    for name in ["target", "spec_digest", "web_image", "web_host", "spec_file", "service_pool"] {
        let error = TestProject::new().more_config(&format!("[variables]\n{name} = 3\n")).error();
        assert_eq!(error, format!("spcs.toml:28: the variable `{name}` is already defined"));
    }
}

#[test]
fn a_variable_that_shadows_a_built_in_one_is_refused() {
    insta::assert_snapshot!(TestProject::new().more_config("[variables]\ndatabase = 3\n").error(), @"spcs.toml:28: the variable `database` is already defined");
}

#[test]
fn invalid_yaml_in_a_spec_is_reported_with_its_line() {
    insta::assert_snapshot!(TestProject::new().spec("spec:\n  containers:\n    - name: [web\n      image: <% web_image %>\n").error(), @"specs/web.yaml:4: invalid YAML: illegal placement of ':' indicator at line 4, column 12");
}

#[test]
fn a_spec_with_an_unknown_image_is_refused() {
    insta::assert_snapshot!(TestProject::new().spec(&TEST_SPEC.replace("<% web_image %>", "nginx:latest # not <% web_image %>")).error(), @r"
    specs/web.yaml:4: container `web` runs `nginx:latest`, which is not an image of this deployment

    hint: use <% web_image %>, or add the image to [images] of spcs.toml
    ");
}

#[test]
fn a_spec_without_its_digest_is_refused() {
    insta::assert_snapshot!(TestProject::new().spec(&TEST_SPEC.replace("SPCS_SPEC_DIGEST", "OTHER")).error(), @r#"
    specs/web.yaml:2: no container has the environment variable `SPCS_SPEC_DIGEST`, which tells later runs which spec the service runs

    hint: add to `env`: SPCS_SPEC_DIGEST: "<% spec_digest %>"
    "#);
}

#[test]
fn a_service_that_no_file_creates_is_refused() {
    insta::assert_snapshot!(TestProject::new().without("services/010_service.sql").error(), @r"
    no file of sql/services creates the service `DEMO.PUBLIC.WEB`

    hint: add one with `CREATE SERVICE IF NOT EXISTS`, or remove [services.web] from spcs.toml
    ");
}

#[test]
fn a_pool_that_no_file_creates_is_refused() {
    insta::assert_snapshot!(TestProject::new().without("bootstrap/020_pool.sql").error(), @r"
    no file of sql/bootstrap creates the compute pool `WEB_POOL`

    hint: add one with `CREATE COMPUTE POOL IF NOT EXISTS`, or remove [pools.web] from spcs.toml
    ");
}

#[test]
fn an_unknown_target_is_reported_with_the_known_ones() {
    let error = spcs_plan::desired(&crate::sources::project(), "prod", &[].into()).unwrap_err();
    insta::assert_snapshot!(format!("{error}\n\nhint: {}", error.hint().unwrap()), @r"
    spcs.toml: there is no target `prod`

    hint: choose one of local, snowflake, or add [target.prod]
    ");
}

#[test]
fn a_folder_without_a_project_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = Project::read(folder.path()).unwrap_err();
    insta::assert_snapshot!(format!("{error}\n\nhint: {}", error.hint().unwrap()), @r"
    spcs.toml: cannot be read: No such file or directory (os error 2)

    hint: run this in the project's folder, or check the path in spcs.toml
    ");
}
