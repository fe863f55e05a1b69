//! Rules about autoscaling policies.

use crate::lint::Findings;
use crate::lint::rules::SCALING_OPTION;
use crate::lint::tree::Node;

pub(super) fn check(document: &Node, findings: &mut Findings<'_>) {
    let policies = ["spec", "resourceManagement", "autoScalingPolicies"];
    let policies = policies.into_iter().try_fold(document, |node, name| node.get(name));
    for policy in policies.into_iter().flat_map(Node::entries) {
        let lists = policy.node.entries().iter().flat_map(|conditions| conditions.node.items());
        for condition in lists.filter_map(|item| item.get("metricCondition")) {
            let step = condition.get("stepScaling");
            if condition.get("targetScaling").is_some() == step.is_some() {
                let message = "a metric condition needs either targetScaling or stepScaling";
                findings.add(&SCALING_OPTION, condition.line, message);
            }
            if let (Some(step), "suspend") = (step, policy.key.as_str()) {
                findings.add(&SCALING_OPTION, step.line, "suspend has no stepScaling");
            }
        }
    }
}
