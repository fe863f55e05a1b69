//! From desired and observed to the steps between.

use crate::desired::Desired;
use crate::observed::Observed;
use crate::plan::Plan;
use crate::sql::ObjectKind;

mod services;
mod sql;

pub(crate) use sql::sql_step;

/// Everything that brings a target to what the files ask for.
pub fn deploy(desired: &Desired, observed: &Observed) -> Plan {
    let mut steps = Vec::new();
    let mut bootstrap = sql::chain(desired, observed, "bootstrap", Vec::new());
    let made_by = |kind: ObjectKind, name: &str| sql::creator(desired, "bootstrap", kind, name);
    let repository = made_by(ObjectKind::ImageRepository, &desired.repository);
    let stage = made_by(ObjectKind::Stage, &desired.specs_stage);
    let all_set_up: Vec<String> = bootstrap.last().map(|s| s.id.clone()).into_iter().collect();
    for (key, image) in &desired.images {
        steps.push(services::build(key, &image.state));
    }
    steps.append(&mut bootstrap);
    for (key, image) in &desired.images {
        let mut needs = vec![format!("build:{key}")];
        needs.extend(repository.clone());
        steps.push(services::push(key, &image.state, observed, needs));
    }
    for (key, name) in &desired.pools {
        let needs = made_by(ObjectKind::ComputePool, name).into_iter().collect();
        steps.push(services::wait_for_pool(key, name, observed, needs));
    }
    for (key, service) in &desired.services {
        let mut needs: Vec<String> =
            service.images.iter().map(|image| format!("build:{image}")).collect();
        needs.extend(stage.clone());
        steps.push(services::put(key, service, observed, needs));
    }
    for (key, service) in &desired.services {
        let mut needs: Vec<String> =
            service.images.iter().map(|image| format!("push:{image}")).collect();
        needs.push(format!("put:{key}"));
        needs.push(format!("pool:{}", service.pool));
        needs.extend(all_set_up.clone());
        steps.push(services::service(key, service, observed, needs));
    }
    let created = desired.services.keys().map(|key| format!("service:{key}")).collect();
    steps.append(&mut sql::chain(desired, observed, "services", created));
    for (key, service) in &desired.services {
        steps.push(services::wait_until_ready(key, service));
    }
    for (key, service) in desired.services.iter().filter(|(_, service)| service.public) {
        steps.push(services::wait_for_endpoints(key, service));
    }
    Plan { target: desired.target.clone(), steps }
}

/// The files of one set, in order, as `cargo xtask sql <set>` runs them.
pub fn run_set(desired: &Desired, observed: &Observed, set: &str) -> Plan {
    let steps = match set {
        "teardown" => return crate::clean(desired, observed),
        _ => sql::chain(desired, observed, set, Vec::new()),
    };
    Plan { target: desired.target.clone(), steps }
}
