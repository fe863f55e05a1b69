//! Tests of the firewall rules that follow from deployments.

use std::net::Ipv4Addr;

use super::*;
use crate::network::Member;
use crate::service::EgressTarget;

fn target(host: &str, port: u16) -> EgressTarget {
    EgressTarget { host: host.to_owned(), port }
}

/// The destinations of a member, as text.
fn destinations(member: &Member) -> Vec<String> {
    let text = |address: Option<Ipv4Addr>| address.map_or("*".to_owned(), |a| a.to_string());
    let all = member.egress.iter();
    all.map(|destination| format!("{}:{}", text(destination.address), destination.port)).collect()
}

#[tokio::test]
async fn an_instance_opens_its_endpoints_while_it_runs() {
    let harness = Harness::new();
    let endpoints = "
  endpoints:
  - { name: web, port: 8000 }
  - { name: more, portRange: 9000-9010, protocol: TCP }
";
    let spec = spcs_local_spec::parse(&format!("{SPEC}{endpoints}")).unwrap();
    harness.controller.apply(Deployment { spec, ..deployment("a", 1) });
    harness.until_running().await;
    let policy = harness.fake.policy();
    assert_eq!(policy.networks.len(), 1);
    let [member] = policy.members.as_slice() else { panic!("{policy:?}") };
    assert_eq!(member.endpoints, [8000..=8000, 9000..=9010]);
    assert!(member.egress.is_empty());
    assert_eq!(harness.controller.service_at(member.address.into()).as_deref(), Some(KEY));
    let mapped = member.address.to_ipv6_mapped();
    assert_eq!(harness.controller.service_at(mapped.into()).as_deref(), Some(KEY));
    assert_eq!(harness.controller.service_at(Ipv4Addr::LOCALHOST.into()), None);

    let address = member.address;
    harness.controller.apply(deployment("a", 0));
    harness.until("suspended", |seen| seen.status == "SUSPENDED").await;
    harness.until("closed", |_| harness.fake.policy().members.is_empty()).await;
    assert_eq!(harness.controller.service_at(address.into()), None);
    harness.controller.remove(KEY, false).done().await.unwrap();
    assert!(harness.fake.policy().networks.is_empty());
}

#[tokio::test]
async fn egress_opens_the_listed_addresses_and_what_listed_names_resolve_to() {
    let mut harness = Harness::new();
    let egress = vec![target("192.0.2.7", 8080), target("0.0.0.0", 443), target("a.example", 22)];
    harness.controller.apply(Deployment { egress, ..deployment("a", 1) });
    harness.until_running().await;
    let member = |harness: &Harness| harness.fake.policy().members[0].clone();
    assert_eq!(destinations(&member(&harness)), ["*:443", "192.0.2.7:8080"]);
    // The schema's network and the network with egress.
    assert_eq!(member(&harness).addresses.len(), 2);
    let resolved = ["198.51.100.1", "2001:db8::1"].map(|address| address.parse().unwrap());
    harness.controller.allow_egress(KEY, "A.example.", &resolved).await;
    harness.controller.allow_egress(KEY, "not-listed.example", &resolved).await;
    let opened = ["*:443", "192.0.2.7:8080", "198.51.100.1:22"];
    assert_eq!(destinations(&member(&harness)), opened);

    // The next process of the platform keeps them open.
    harness.controller.stop().await;
    harness.controller = controller(&harness.fake, harness.directory.path());
    harness
        .controller
        .apply(Deployment { egress: vec![target("a.example", 22)], ..deployment("a", 1) });
    harness.until("adopted", |_| destinations(&member(&harness)) == ["198.51.100.1:22"]).await;
    harness.controller.apply(deployment("a", 1));
    harness.until("closed", |_| member(&harness).egress.is_empty()).await;
}

#[tokio::test]
async fn a_container_does_not_start_before_its_network_is_closed() {
    let harness = Harness::new();
    harness.fake.fail_enforcements(true);
    harness.controller.apply(deployment("a", 1));
    harness.until("failed", |seen| seen.status == "FAILED").await;
    assert!(harness.fake.ids().is_empty());
    harness.fake.fail_enforcements(false);
    harness.until_running().await;
    assert_eq!(harness.fake.policy().networks.len(), 1);
}

#[tokio::test]
async fn rules_that_another_program_deleted_are_put_in_force_again() {
    let harness = Harness::new();
    harness.controller.apply(deployment("a", 1));
    harness.until_running().await;
    harness.fake.delete_policy();
    harness.until("renewed", |_| harness.fake.policy().members.len() == 1).await;
}

#[tokio::test]
async fn a_failed_change_of_egress_is_retried_after_a_restart() {
    let harness = Harness::new();
    harness.controller.apply(deployment("a", 1));
    harness.until_running().await;
    harness.fake.fail_connects(true);
    harness
        .controller
        .apply(Deployment { egress: vec![target("pypi.org", 443)], ..deployment("a", 1) });
    // A new process knows only the state of the engine.
    let Harness { fake, directory, controller: previous } = harness;
    previous.stop().await;
    fake.fail_connects(false);
    let harness = Harness { controller: controller(&fake, directory.path()), fake, directory };
    harness
        .controller
        .apply(Deployment { egress: vec![target("pypi.org", 443)], ..deployment("a", 1) });
    let has_egress =
        |harness: &Harness| harness.fake.networks_of("main").iter().any(|n| n.contains("egress"));
    harness.until("connected", |_| has_egress(&harness)).await;
    harness.controller.apply(deployment("a", 1));
    harness.until("disconnected", |_| !has_egress(&harness)).await;
}
