//! Order, concurrency, errors and cancellation of the executor.

use std::sync::Arc;

use tokio::sync::{Barrier, Notify};

use super::*;

fn step(
    name: &str,
    needs: &[&str],
    work: impl Future<Output = Result<(), String>> + Send + 'static,
) -> Step<String, (), String> {
    Step {
        id: name.to_owned(),
        needs: needs.iter().map(|need| (*need).to_owned()).collect(),
        load: Load::Work,
        work: Box::pin(work),
    }
}

fn names(report: &Report<String, (), String>) -> Vec<&str> {
    report.ended.iter().map(|ended| ended.id.as_str()).collect()
}

#[tokio::test]
async fn a_step_runs_after_its_dependencies() {
    let steps = vec![
        step("c", &["a", "b"], async { Ok(()) }),
        step("b", &["a"], async { Ok(()) }),
        step("a", &[], async { Ok(()) }),
    ];
    let report = run(steps, 4, &CancellationToken::new(), |_| ()).await.unwrap();
    assert_eq!(names(&report), ["a", "b", "c"]);
}

#[tokio::test]
async fn independent_steps_run_at_the_same_time() {
    let meet = Arc::new(Barrier::new(2));
    let both = ["a", "b"].map(|name| {
        let meet = Arc::clone(&meet);
        step(name, &[], async move {
            meet.wait().await;
            Ok(())
        })
    });
    let report = run(both.into(), 2, &CancellationToken::new(), |_| ()).await.unwrap();
    assert_eq!(report.ended.len(), 2);
}

#[tokio::test]
async fn a_step_that_only_waits_takes_no_slot() {
    let go = Arc::new(Notify::new());
    let waits = Arc::clone(&go);
    let mut wait = step("wait", &[], async move {
        waits.notified().await;
        Ok(())
    });
    wait.load = Load::Wait;
    let work = step("work", &[], async move {
        go.notify_one();
        Ok(())
    });
    let report = run(vec![wait, work], 1, &CancellationToken::new(), |_| ()).await.unwrap();
    assert_eq!(names(&report), ["work", "wait"]);
}

#[tokio::test]
async fn after_an_error_no_step_starts_and_running_steps_finish() {
    let failed = Arc::new(Notify::new());
    let seen = Arc::clone(&failed);
    let steps = vec![
        step("bad", &[], async move {
            failed.notify_one();
            Err("broken".to_owned())
        }),
        step("slow", &[], async move {
            seen.notified().await;
            Err("broken too".to_owned())
        }),
        step("next", &["slow"], async { Ok(()) }),
    ];
    let report = run(steps, 4, &CancellationToken::new(), |_| ()).await.unwrap();
    assert_eq!(report.ended.iter().filter(|ended| ended.result.is_err()).count(), 2);
    assert_eq!(report.not_started, ["next"]);
}

#[tokio::test]
async fn cancellation_prevents_new_steps_and_is_reported() {
    let cancel = CancellationToken::new();
    let trigger = cancel.clone();
    let steps = vec![
        step("first", &[], async move {
            trigger.cancel();
            Ok(())
        }),
        step("second", &["first"], async { Ok(()) }),
    ];
    let report = run(steps, 1, &cancel, |_| ()).await.unwrap();
    assert!(report.cancelled);
    assert_eq!(report.not_started, ["second"]);
}

#[tokio::test]
async fn a_run_cancelled_during_its_last_step_completes() {
    let cancel = CancellationToken::new();
    let trigger = cancel.clone();
    let only = step("only", &[], async move {
        trigger.cancel();
        Ok(())
    });
    let report = run(vec![only], 1, &cancel, |_| ()).await.unwrap();
    assert!(!report.cancelled);
    assert_eq!(names(&report), ["only"]);
}

#[tokio::test]
async fn cycles_and_unknown_dependencies_are_rejected_before_any_step_runs() {
    let cycle = vec![
        step("a", &["b"], async { panic!("must not run") }),
        step("b", &["a"], async { panic!("must not run") }),
    ];
    let error = run(cycle, 1, &CancellationToken::new(), |_| ()).await.unwrap_err();
    assert_eq!(error, GraphError::Cycle("`a`, `b`".to_owned()));
    let unknown = vec![step("a", &["z"], async { panic!("must not run") })];
    let error = run(unknown, 1, &CancellationToken::new(), |_| ()).await.unwrap_err();
    assert_eq!(error.to_string(), "step `a` needs `z`, which is not a step");
}
