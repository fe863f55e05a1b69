//! Mistakes in the project's files: each names its file and line, and says what to do.

mod sql;

use spcs_plan::Project;

use crate::sources::{SMALL_SPEC, Small};

#[test]
fn an_unknown_key_is_named_with_its_line() {
    insta::assert_snapshot!(Small::new().config("[images.web]", "[images.web]\ncontxt = \"x\"").error(), @"spcs.toml:18: unknown field `contxt`, expected one of `context`, `dockerfile`, `base`, `args`");
}

#[test]
fn a_name_that_is_no_identifier_is_refused() {
    insta::assert_snapshot!(Small::new().config("\"DEMO\"", "\"DEMO; DROP\"").error(), @"spcs.toml:3: `DEMO; DROP` is not a plain identifier: it needs letters, digits and underscores, and no digit first");
}

#[test]
fn node_counts_must_fit() {
    insta::assert_snapshot!(Small::new().config("max_nodes = 1", "max_nodes = 0").error(), @"spcs.toml:11: pool `web` needs 1 <= min_nodes <= max_nodes, not 1 and 0");
}

#[test]
fn a_service_in_an_unknown_pool_is_refused() {
    insta::assert_snapshot!(Small::new().config("pool = \"web\"", "pool = \"wob\"").error(), @"spcs.toml:20: service `web` names the pool `wob`, which is not in [pools]: web");
}

#[test]
fn a_role_that_may_not_own_services_is_refused() {
    insta::assert_snapshot!(Small::new().more_config("[roles]\nsystem = \"ACCOUNTADMIN\"\n").error(), @"spcs.toml:27: `ACCOUNTADMIN` may not own services: choose another role for `system`");
}

#[test]
fn a_host_with_a_wildcard_is_refused() {
    insta::assert_snapshot!(Small::new().more_config("[egress]\nhosts = [\"*.example:443\"]\n").error(), @"spcs.toml:28: `*.example:443` is not a `host:port` of a network rule: the host needs letters, digits, dots and dashes; wildcards are not supported");
}

#[test]
fn a_port_that_is_neither_a_number_of_one_nor_auto_is_refused() {
    let error = |port: &str| {
        Small::new().config("kind = \"local\"", &format!("kind = \"local\"\nport = {port}")).error()
    };
    insta::assert_snapshot!(error("0"), @r#"spcs.toml:27: invalid value: integer `0`, expected a port from 1 to 65535, or "auto""#);
    insta::assert_snapshot!(error("\"any\""), @r#"spcs.toml:27: invalid value: string "any", expected a port from 1 to 65535, or "auto""#);
    insta::assert_snapshot!(error("70000"), @r#"spcs.toml:27: invalid value: integer `70000`, expected a port from 1 to 65535, or "auto""#);
}

#[test]
fn a_key_of_the_other_kind_of_target_is_refused() {
    insta::assert_snapshot!(Small::new().more_config("[target.prod]\nkind = \"snowflake\"\nport = 1\n").error(), @"spcs.toml:27: `port` does not apply to a target of kind `snowflake`");
}

#[test]
fn a_state_directory_that_may_be_more_than_that_is_refused() {
    for wrong in ["", ".", "..", "/", "a/../..", "./a"] {
        let state_dir = format!("kind = \"local\"\nstate_dir = \"{wrong}\"");
        let error = Small::new().config("kind = \"local\"", &state_dir).error();
        assert!(
            error.starts_with("spcs.toml:") && error.contains("without `.` and `..`"),
            "{error}"
        );
    }
}

#[test]
fn an_unknown_variable_is_named_with_its_line() {
    insta::assert_snapshot!(Small::new().statement("SELECT\n  '<% databse %>';").error(), @r"
    sql/bootstrap/010_one.sql:5: unknown variable `databse`

    hint: define it in [variables] of spcs.toml, or use one of: account_role, data_stage, database, egress_hosts, egress_integration, endpoint_role, files_stage, ingress_integration, network_rule, owner_comment, repository, role, schema, security_role, specs_stage, system_role, target, user, user_password, user_role, warehouse, warehouse_auto_suspend, warehouse_size, web_host
    ");
}

#[test]
fn an_expression_is_not_a_name() {
    insta::assert_snapshot!(Small::new().statement("SELECT '<% database ~ %>';").error(), @r"
    sql/bootstrap/010_one.sql:4: wrong use of `<% %>`: `database ~` is not a name

    hint: only plain names are allowed: `<% name %>`
    ");
}

#[test]
fn nothing_but_a_name_stands_between_the_marks() {
    for wrong in ["database[:3]", "database|upper", "- database", "% database %", "'x'", "1", ""] {
        let error = Small::new().statement(&format!("SELECT 1;\nSELECT '<%{wrong}%>';")).error();
        assert!(error.starts_with("sql/bootstrap/010_one.sql:5: wrong use of `<% %>`"), "{error}");
    }
    let error = Small::new().statement("SELECT '<% database';").error();
    assert!(error.starts_with("sql/bootstrap/010_one.sql:4: wrong use of `<% %>`"), "{error}");
}

#[test]
fn a_variable_that_nothing_uses_is_refused() {
    insta::assert_snapshot!(Small::new().more_config("[variables]\nlimit = 3\n").error(), @r"
    spcs.toml:28: no template uses `<% limit %>`

    hint: use it in a file of sql/ or specs/, or take it out of spcs.toml
    ");
}

#[test]
fn a_pool_that_nothing_uses_is_refused() {
    let pool =
        "[pools.more]\nname = \"MORE\"\nfamily = \"CPU_X64_XS\"\nmin_nodes = 1\nmax_nodes = 1\n";
    insta::assert_snapshot!(Small::new().more_config(pool).error(), @r"
    spcs.toml:27: no service runs in the pool `more`

    hint: name it in a service, or take [pools.more] out
    ");
}

#[test]
fn a_variable_that_is_neither_number_nor_text_is_refused() {
    insta::assert_snapshot!(Small::new().more_config("[variables]\nlimit = true\n").error(), @"spcs.toml:28: expected a whole number or a text");
}

#[test]
fn an_image_that_leaves_a_kind_of_target_out_is_refused() {
    let base = "context = \"images/web\"\nbase = { local = \"debian\" }";
    insta::assert_snapshot!(Small::new().config("context = \"images/web\"", base).error(), @r#"spcs.toml:19: expected a text, or one for each kind of target: { local = "…", snowflake = "…" }"#);
}

#[test]
fn a_variable_that_hides_one_set_later_is_refused() {
    for name in ["target", "spec_digest", "web_image", "web_host", "spec_file", "service_pool"] {
        let error = Small::new().more_config(&format!("[variables]\n{name} = 3\n")).error();
        assert_eq!(error, format!("spcs.toml:28: the variable `{name}` is already defined"));
    }
}

#[test]
fn a_variable_that_hides_another_is_refused() {
    insta::assert_snapshot!(Small::new().more_config("[variables]\ndatabase = 3\n").error(), @"spcs.toml:28: the variable `database` is already defined");
}

#[test]
fn a_spec_that_is_no_yaml_is_shown_where_it_breaks() {
    insta::assert_snapshot!(Small::new().spec("spec:\n  containers:\n    - name: [web\n      image: <% web_image %>\n").error(), @"specs/web.yaml:4: invalid YAML: illegal placement of ':' indicator at line 4, column 12");
}

#[test]
fn a_spec_that_names_an_unknown_image_is_refused() {
    insta::assert_snapshot!(Small::new().spec(&SMALL_SPEC.replace("<% web_image %>", "nginx:latest # not <% web_image %>")).error(), @r"
    specs/web.yaml:4: container `web` runs `nginx:latest`, which is no image of this deployment

    hint: write <% web_image %>, or add the image to [images] of spcs.toml
    ");
}

#[test]
fn a_spec_that_does_not_carry_its_digest_is_refused() {
    insta::assert_snapshot!(Small::new().spec(&SMALL_SPEC.replace("SPCS_SPEC_DIGEST", "OTHER")).error(), @r#"
    specs/web.yaml:2: no container has the environment variable `SPCS_SPEC_DIGEST`, which tells later runs what the service runs

    hint: add to `env`: SPCS_SPEC_DIGEST: "<% spec_digest %>"
    "#);
}

#[test]
fn a_service_that_no_file_creates_is_refused() {
    insta::assert_snapshot!(Small::new().without("services/010_service.sql").error(), @r"
    no file of sql/services creates the service `DEMO.PUBLIC.WEB`

    hint: add one with `CREATE SERVICE IF NOT EXISTS`, or take [services.web] out of spcs.toml
    ");
}

#[test]
fn a_pool_that_no_file_creates_is_refused() {
    insta::assert_snapshot!(Small::new().without("bootstrap/020_pool.sql").error(), @r"
    no file of sql/bootstrap creates the compute pool `WEB_POOL`

    hint: add one with `CREATE COMPUTE POOL IF NOT EXISTS`, or take [pools.web] out of spcs.toml
    ");
}

#[test]
fn a_target_that_is_not_there_is_named_with_those_that_are() {
    let error = spcs_plan::desired(&crate::sources::project(), "prod", &[].into()).unwrap_err();
    insta::assert_snapshot!(format!("{error}\n\nhint: {}", error.hint().unwrap()), @r"
    spcs.toml: there is no target `prod`

    hint: choose one of local, snowflake, or add [target.prod]
    ");
}

#[test]
fn a_folder_that_is_no_project_is_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    let error = Project::read(folder.path()).unwrap_err();
    insta::assert_snapshot!(format!("{error}\n\nhint: {}", error.hint().unwrap()), @r"
    spcs.toml: cannot be read: No such file or directory (os error 2)

    hint: run this in the project's folder, or check the path in spcs.toml
    ");
}
