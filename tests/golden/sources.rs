//! The demo's files, and small projects built from strings.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use spcs_plan::{Change, Desired, ImageState, Plan, Project, SourceFile};

use crate::tidy::files;

/// Example digests of images.
pub(crate) const MILVUS: &str =
    "sha256:aaaaaaaaaaaabbbbbbbbbbbbccccccccccccddddddddddddeeeeeeeeeeeeffff";
pub(crate) const JUPYTER: &str =
    "sha256:111111111111222222222222333333333333444444444444555555555555abcd";

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

/// The demo's part of the repository's `spcs.toml`.
pub(crate) fn demo() -> String {
    let config = std::fs::read_to_string(root().join("spcs.toml")).expect("spcs.toml");
    crate::demo::only(&config)
}

/// A project with this configuration, the repository's SQL files and specs, and further specs.
pub(crate) fn with_config(
    config: &str,
    more_specs: &[(&str, &str)],
) -> Result<Project, spcs_plan::Error> {
    let texts = |folder: &str, ending: &str| {
        let files = files(&[folder], ending).into_iter();
        files.map(|file| SourceFile { path: file.path, text: file.text }).collect::<Vec<_>>()
    };
    let mut specs = texts("specs", ".yaml");
    let more = more_specs.iter();
    specs.extend(
        more.map(|(path, text)| SourceFile { path: (*path).to_owned(), text: (*text).to_owned() }),
    );
    Project::from_texts(config, texts("sql", ".sql"), specs)
}

/// The demo of the repository.
pub(crate) fn project() -> Project {
    with_config(&demo(), &[]).expect("the project's files are valid")
}

pub(crate) fn digests() -> BTreeMap<String, String> {
    [("milvus", MILVUS), ("jupyter", JUPYTER)].map(|(k, v)| (k.to_owned(), v.to_owned())).into()
}

/// Both images as built.
pub(crate) fn built() -> BTreeMap<String, ImageState> {
    digests().into_iter().map(|(key, digest)| (key, ImageState::Built { digest })).collect()
}

/// The desired state of the demo for the local target, with both images built.
pub(crate) fn desired() -> Desired {
    spcs_plan::desired(&project(), "local", &built()).expect("the project's files are valid")
}

/// The desired state of a deployment in which every condition of sql/ has the opposite value: its own
/// schema, no egress hosts, no query warehouse, and the ingress integration.
pub(crate) fn desired_alternative() -> Desired {
    let mut config = demo();
    for (from, to) in [
        ("schema = \"PUBLIC\"", "schema = \"SEARCH\""),
        ("hosts = [\"pypi.org:443\", \"files.pythonhosted.org:443\"]", "hosts = []"),
        ("create_integration = false", "create_integration = true"),
        ("\nquery_warehouse = true", "\nquery_warehouse = false"),
    ] {
        assert_eq!(config.matches(from).count(), 1, "spcs.toml must contain `{from}` exactly once");
        config = config.replace(from, to);
    }
    let project = with_config(&config, &[]).expect("the project's files are valid");
    spcs_plan::desired(&project, "local", &built()).expect("the files are valid")
}

/// Whether a plan changes nothing.
pub(crate) fn is_unchanged(plan: &Plan) -> bool {
    plan.steps.iter().all(|step| matches!(step.change, Change::Unchanged | Change::Wait))
}

/// A project built from strings, with one image, one pool and one service.
pub(crate) struct TestProject {
    config: String,
    sql: Vec<SourceFile>,
    spec: String,
}

pub(crate) const TEST_CONFIG: &str = r#"[deployment]
name = "demo"
database = "DEMO"
repository = "REPO"
role = "DEMO_ROLE"
endpoint_role = "DEMO_ENDPOINTS"
user = "DEMO_USER"
warehouse = { name = "WH", size = "X-SMALL", auto_suspend = 60 }
stages = { specs = "SPECS", data = "DATA", files = "FILES" }

[pools.web]
name = "WEB_POOL"
family = "CPU_X64_XS"
min_nodes = 1
max_nodes = 1

[images.web]
context = "images/web"

[services.web]
name = "WEB"
spec = "specs/web.yaml"
pool = "web"

[target.local]
kind = "local"
"#;

const TEST_SQL: &str = "-- A service.
-- role: <% system_role %>
-- for each: service
USE ROLE <% system_role %>;
CREATE SERVICE IF NOT EXISTS <% database %>.<% schema %>.<% service %>
  IN COMPUTE POOL <% service_pool %>
  FROM @<% database %>.<% schema %>.<% specs_stage %>
  SPECIFICATION_FILE = '<% spec_file %>';
";

const TEST_POOL: &str = "-- A pool.
-- role: <% system_role %>
-- for each: pool
USE ROLE <% system_role %>;
CREATE COMPUTE POOL IF NOT EXISTS <% pool %>;
";

pub(crate) const TEST_SPEC: &str = "spec:
  containers:
    - name: web
      image: <% web_image %>
      env:
        SPCS_SPEC_DIGEST: '<% spec_digest %>'
";

impl TestProject {
    pub(crate) fn new() -> TestProject {
        TestProject { config: TEST_CONFIG.to_owned(), sql: Vec::new(), spec: TEST_SPEC.to_owned() }
            .sql("services/010_service.sql", TEST_SQL)
            .sql("bootstrap/020_pool.sql", TEST_POOL)
    }

    pub(crate) fn config(mut self, from: &str, to: &str) -> TestProject {
        assert!(self.config.contains(from), "{from}");
        self.config = self.config.replace(from, to);
        self
    }

    pub(crate) fn more_config(mut self, text: &str) -> TestProject {
        self.config.push_str(text);
        self
    }

    pub(crate) fn sql(mut self, name: &str, text: &str) -> TestProject {
        self.sql.push(SourceFile { path: format!("sql/{name}"), text: text.to_owned() });
        self
    }

    pub(crate) fn without(mut self, name: &str) -> TestProject {
        self.sql.retain(|file| file.path != format!("sql/{name}"));
        self
    }

    /// Adds a file with a valid header and one statement, which starts on line 4.
    pub(crate) fn statement(self, text: &str) -> TestProject {
        let header = "-- One statement.\n-- role: <% system_role %>\nUSE ROLE <% system_role %>;\n";
        self.sql("bootstrap/010_one.sql", &format!("{header}{text}\n"))
    }

    pub(crate) fn spec(mut self, text: &str) -> TestProject {
        self.spec = text.to_owned();
        self
    }

    pub(crate) fn desired(self) -> Result<Desired, spcs_plan::Error> {
        let spec = SourceFile { path: "specs/web.yaml".to_owned(), text: self.spec };
        let project = Project::from_texts(&self.config, self.sql, vec![spec])?;
        let digest = MILVUS.to_owned();
        spcs_plan::desired(
            &project,
            "local",
            &[("web".to_owned(), ImageState::Built { digest })].into(),
        )
    }

    /// The error and its hint, as printed.
    #[track_caller]
    pub(crate) fn error(self) -> String {
        let error = self.desired().expect_err("the project must be invalid");
        match error.hint() {
            Some(hint) => format!("{error}\n\nhint: {hint}"),
            None => error.to_string(),
        }
    }
}
