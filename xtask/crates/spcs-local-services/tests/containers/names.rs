//! What containers find at the gateway of their network: the account, and the names that they may
//! resolve.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use spcs_local_services::service::{EgressTarget, dns_aliases};

use crate::harness::{ACCOUNT_HOST, Harness};
use crate::image::TWO_SERVERS;
use crate::test_server::query;

const ONE: &str = "00000000000000db.00000000004f4e45";
const TWO: &str = "00000000000000db.000000000054574f";

/// The answers of the resolver to a container: its response code, then the addresses.
const NO_SUCH_NAME: &str = "3";

#[tokio::test(flavor = "multi_thread")]
async fn containers_find_the_account_and_only_the_names_that_they_may_resolve() {
    let Some(engine) = crate::requested_engine() else { return };
    let mut harness = Harness::new(engine).await;
    if !harness.is_rootful() {
        eprintln!("skipped: the gateways of a rootless engine are not on this host");
        return;
    }
    let one = harness.deployment("ONE", TWO_SERVERS, "a");
    harness.controller.apply(one.clone());
    harness.controller.apply(harness.deployment("TWO", TWO_SERVERS, "a"));
    harness.until_running(ONE).await;
    harness.until_running(TWO).await;

    // The account knows a container by the address of its connection.
    for service in [ONE, TWO] {
        let seen = harness.get(service, &format!("fetch/{ACCOUNT_HOST}:{}/", harness.port)).await;
        let address: IpAddr = seen.parse().unwrap();
        assert_eq!(harness.controller.service_at(address).as_deref(), Some(service));
    }

    // Services of the schema, by both names, in all containers of an instance.
    for name in dns_aliases("DB.PUBLIC.TWO") {
        assert_eq!(harness.get(ONE, &format!("fetch/{name}/ok")).await, "ok");
        let from_side = format!("fetch/127.0.0.1:8001/fetch/{name}/ok");
        assert_eq!(harness.get(ONE, &from_side).await, "ok");
    }

    // Without a network rule no other name exists, and that is known at once.
    for name in ["example.com", "localhost", "other", "two.example.svc.spcs.internal"] {
        let started = Instant::now();
        assert_eq!(harness.get(ONE, &format!("query/{name}")).await, NO_SUCH_NAME, "{name}");
        assert!(started.elapsed() < Duration::from_secs(3), "{name}: {:?}", started.elapsed());
    }

    // A rule adds its host, which this machine resolves, and no other.
    let target = EgressTarget { host: "localhost".to_owned(), port: 8080 };
    let mut with_rule = one.clone();
    with_rule.egress = vec![target];
    harness.controller.apply(with_rule.clone());
    harness.until_running(ONE).await;
    assert_eq!(harness.get(ONE, "query/LOCALHOST").await, "0 127.0.0.1");
    assert_eq!(harness.get(ONE, "query/example.com").await, NO_SUCH_NAME);
    assert_eq!(harness.get(TWO, "query/localhost").await, NO_SUCH_NAME, "another service's rule");

    // docker's own resolver, which every container has, knows no more.
    let at_docker = harness.get(ONE, "query-docker/example.com").await;
    assert!(!at_docker.starts_with('0'), "{at_docker}");

    // Programs that are no containers get no names.
    let configuration = harness.get(ONE, "read/etc/resolv.conf").await;
    let gateway = configuration.trim().strip_prefix("nameserver ").unwrap().to_owned();
    let resolver: SocketAddr = format!("{gateway}:53").parse().unwrap();
    let refused = tokio::task::spawn_blocking(move || query(resolver, "two"));
    assert_eq!(refused.await.unwrap().unwrap(), "5");

    // The next platform takes over.
    harness.restart_controller().await;
    harness.controller.apply(with_rule);
    harness.controller.apply(harness.deployment("TWO", TWO_SERVERS, "a"));
    harness.until_running(ONE).await;
    harness.until_running(TWO).await;
    assert_eq!(harness.get(ONE, "fetch/two/ok").await, "ok");
    harness.controller.remove(TWO, false).done().await.unwrap();
    assert_eq!(harness.get(ONE, "query/two").await, NO_SUCH_NAME);
    harness.controller.remove(ONE, false).done().await.unwrap();
    assert_eq!(harness.leftovers(), Vec::<String>::new());
}
