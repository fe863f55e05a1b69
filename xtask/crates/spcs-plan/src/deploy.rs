//! The plan that brings a target from its observed to its desired state.

use crate::desired::Desired;
use crate::error::Error;
use crate::observed::Observed;
use crate::plan::{Action, Plan, Step, StepId};
use crate::sql::{ObjectKind, SqlFile, SqlSet};

mod conflicts;
mod password;
mod services;
mod sql;
mod statements;

pub use password::UserPassword;
pub use statements::service_statements;

/// The steps of a whole deployment.
pub fn deploy(
    desired: &Desired,
    observed: &Observed,
    password: UserPassword,
) -> Result<Plan, Error> {
    conflicts::check_grantees(desired, observed, password)?;
    conflicts::check_immutable(desired, observed)?;
    let bootstrap = files(desired, "bootstrap");
    let creator = |kind: ObjectKind, name: &str| sql::creator(bootstrap, kind, name);
    let mut steps = Vec::new();
    for (key, state) in &desired.images {
        steps.push(services::build(key, state));
    }
    steps.append(&mut sql::chain(desired, observed, bootstrap.iter(), Vec::new()));
    let bootstrapped = steps.last().filter(|_| !bootstrap.is_empty()).map(|step| step.id.clone());
    let needs = bootstrapped.clone().into_iter().collect();
    steps.append(&mut password::reset(desired, observed, password, needs));
    let repository = creator(ObjectKind::ImageRepository, &desired.repository);
    for (key, state) in &desired.images {
        let mut needs = vec![StepId::Build(key.clone())];
        needs.extend(repository.clone());
        steps.push(services::push(key, state, observed, needs));
    }
    let stage = creator(ObjectKind::Stage, &desired.specs_stage);
    for (key, service) in &desired.services {
        let mut needs = step_ids(StepId::Build, &service.images);
        needs.extend(stage.clone());
        steps.push(services::put(key, service, desired, observed, needs));
    }
    // A suspended pool resumes only when a service starts: waiting for it first would never end.
    let (suspended, running): (Vec<_>, Vec<_>) =
        desired.pools.iter().partition(|(_, name)| services::is_suspended(observed, name));
    for (key, name) in running {
        let needs = creator(ObjectKind::ComputePool, name).into_iter().collect();
        steps.push(services::wait_for_pool(key, name, observed, needs));
    }
    let is_waited_for = |key: &String| desired.services.values().any(|s| s.after.contains(key));
    for (key, service) in desired.in_start_order() {
        let mut needs = step_ids(StepId::Push, &service.images);
        needs.push(StepId::Put(key.clone()));
        if !suspended.iter().any(|(pool, _)| **pool == service.pool) {
            needs.push(StepId::Pool(service.pool.clone()));
        }
        needs.extend(bootstrapped.clone());
        needs.append(&mut step_ids(StepId::Ready, &service.after));
        steps.push(services::service(key, service, desired, observed, needs)?);
        if is_waited_for(key) {
            steps.push(services::wait_until_ready(key, service));
        }
    }
    for (key, name) in suspended {
        let users = desired.services.iter().filter(|(_, service)| service.pool == *key);
        let needs = users.map(|(service, _)| StepId::Service(service.clone())).collect();
        steps.push(services::wait_for_pool(key, name, observed, needs));
    }
    // The steps of the services run the files that create services, because they know the specs.
    let after = files(desired, "services").iter().filter(|f| sql::services_of(f).next().is_none());
    let created = desired.services.keys().cloned().map(StepId::Service).collect();
    steps.append(&mut sql::chain(desired, observed, after, created));
    for (key, service) in desired.services.iter().filter(|(key, _)| !is_waited_for(key)) {
        steps.push(services::wait_until_ready(key, service));
    }
    for (key, service) in desired.services.iter().filter(|(_, s)| !s.public.is_empty()) {
        steps.push(services::wait_for_endpoints(key, service));
    }
    Ok(Plan { target: desired.target.clone(), steps })
}

/// The steps of `cargo xtask sql`: the files of one set in order, or a single file.
pub fn run_sql(
    desired: &Desired,
    observed: &Observed,
    password: UserPassword,
    selection: &str,
) -> Result<Plan, Error> {
    let chosen = chosen_files(desired, selection)?;
    let is_chosen = |step: &Step| matches!(&step.action, Action::Sql { file, .. } if chosen.iter().any(|c| c.path == *file));
    let set = SqlSet::named(selection.split('/').next().unwrap_or(selection));
    if set == SqlSet::Teardown {
        return Ok(crate::clean(desired, observed).select(is_chosen));
    }
    // Setting a password changes the user, even if the old password is known.
    let known = if set == SqlSet::Password { UserPassword::Unknown } else { password };
    conflicts::check_grantees(desired, observed, known)?;
    conflicts::check_immutable(desired, observed)?;
    for file in &chosen {
        let unknown =
            |name: &str| desired.services.values().find(|s| s.name == name && s.spec.is_none());
        if let Some(service) = sql::services_of(file).find_map(unknown) {
            let images = service.images.join("`, `");
            let message = format!(
                "the spec of `{}` needs images that are not built: `{images}`",
                service.name
            );
            return Err(Error::new(message)
                .at(&file.path, None)
                .with_hint("build the images with `cargo xtask build`"));
        }
    }
    let mut steps = sql::chain(desired, observed, chosen.iter().copied(), Vec::new());
    if selection == "bootstrap" {
        let needs = steps.last().map(|step| step.id.clone()).into_iter().collect();
        steps.append(&mut password::reset(desired, observed, password, needs));
    }
    Ok(Plan { target: desired.target.clone(), steps })
}

/// The files of a set (`bootstrap`), or one file (`bootstrap/080_database.sql`).
pub fn chosen_files<'d>(desired: &'d Desired, selection: &str) -> Result<Vec<&'d SqlFile>, Error> {
    let (set, file) = match selection.split_once('/') {
        Some((set, _)) => (set, Some(format!("sql/{selection}"))),
        None => (selection, None),
    };
    let wrong =
        |message: String, hint: String| Err(Error::new(message).at("sql", None).with_hint(hint));
    let Some(files) = desired.sets.get(set) else {
        let known: Vec<&str> = desired.sets.keys().map(String::as_str).collect();
        let hint = format!("choose one of {}, or a file of one", known.join(", "));
        return wrong(format!("there is no set `{set}`"), hint);
    };
    let Some(path) = file else { return Ok(files.iter().collect()) };
    if let Some(condition) = desired.left_out.get(&path) {
        let message = format!("`{path}` is not part of this deployment");
        let hint = format!("spcs.toml does not satisfy its condition `when: {condition}`");
        return wrong(message, hint);
    }
    let chosen: Vec<&SqlFile> = files.iter().filter(|file| file.path == path).collect();
    if chosen.is_empty() {
        let known: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        return wrong(
            format!("there is no file `{path}`"),
            format!("choose one of {}", known.join(", ")),
        );
    }
    Ok(chosen)
}

fn files<'d>(desired: &'d Desired, set: &str) -> &'d [SqlFile] {
    desired.sets.get(set).map_or(&[], Vec::as_slice)
}

fn step_ids(step: impl Fn(String) -> StepId, keys: &[String]) -> Vec<StepId> {
    keys.iter().cloned().map(step).collect()
}
