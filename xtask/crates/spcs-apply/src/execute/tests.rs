//! The results of interrupted runs.

use std::path::Path;

use spcs_plan::UserPassword;

use super::*;

/// Cancels the run when a step has ended.
struct Interrupts(CancellationToken);

impl Progress for Interrupts {}

impl Watcher for Interrupts {
    fn ended(&self, _step: &spcs_plan::Step, _result: Result<Change, &Error>, _took: Duration) {
        self.0.cancel();
    }
}

/// Runs the build steps of these images, which are all up to date, in sequence.
async fn build(images: &[&str]) -> Result<Outcome, Error> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let project = Project::read(&root).unwrap();
    let built = |digit: &str| {
        let digest = format!("sha256:{}", digit.repeat(64));
        BuildState::Built(BuiltImage { layout: PathBuf::new(), digest, rebuilt: false })
    };
    let states: BTreeMap<String, BuildState> =
        [("milvus", "a"), ("jupyter", "b")].map(|(key, digit)| (key.into(), built(digit))).into();
    let desired = spcs_plan::desired(&project, "local", &planned(&states)).unwrap();
    let observed = Observed::default();
    let plan = spcs_plan::deploy(&desired, &observed, UserPassword::Unknown).unwrap();
    let wanted = |image: &str| images.contains(&image);
    let mut plan =
        plan.select(|step| matches!(&step.action, Action::Build { image } if wanted(image)));
    for index in 1..plan.steps.len() {
        plan.steps[index].needs = vec![plan.steps[index - 1].id.clone()];
    }
    let cancel = CancellationToken::new();
    let run = Run {
        project,
        desired,
        images: states,
        target: "local".to_owned(),
        work_dir: root.join("target"),
        root,
        connection: None,
        secrets: Secrets::none(),
        secret_sent: Arc::new(|| {}),
        engine: EngineChoice::Auto,
        timeout: Duration::ZERO,
        cancel: cancel.clone(),
        watcher: Arc::new(Interrupts(cancel)),
    };
    execute(run, &plan, observed).await
}

#[tokio::test]
async fn a_run_interrupted_after_its_last_step_succeeds() {
    assert_eq!(build(&["milvus"]).await.unwrap().steps.len(), 1);
}

#[tokio::test]
async fn a_run_interrupted_before_its_last_step_reports_the_interruption() {
    let error = build(&["milvus", "jupyter"]).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Interrupted);
}
