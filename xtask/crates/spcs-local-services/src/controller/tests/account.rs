//! What the account has to know of containers: whose they are, and which tokens they have.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

#[tokio::test]
async fn session_tokens_are_replaced_while_containers_run_and_after_a_restart() {
    let fake = FakeRuntime::new(Duration::ZERO);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join(format!("services/{KEY}/0/main.session/token"));
    let issued = Arc::new(AtomicU32::new(0));
    let counted = || {
        let issued = Arc::clone(&issued);
        let issue = move || issued.fetch_add(1, Ordering::Relaxed).to_string();
        Deployment { session_tokens: TokenSource::new(issue), ..deployment("a", 1) }
    };
    let differs_from = async |old: &str| {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
        loop {
            match fs_err::read_to_string(&file) {
                Ok(token) if token != old => return token,
                _ => assert!(tokio::time::Instant::now() < deadline, "still {old:?}"),
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let with_age = |token_age| {
        let timing = ControllerTiming { token_age, ..timing() };
        controller_with(&fake, directory.path(), timing)
    };
    let first = with_age(Duration::from_millis(20));
    first.apply(counted());
    let token = differs_from("").await;
    let token = differs_from(&token).await;
    first.stop().await;
    // How old the token is, a new process does not know.
    let second = with_age(Duration::from_secs(3600));
    second.apply(counted());
    differs_from(&token).await;
    assert_eq!(fake.ids().len(), 1);
}

#[tokio::test]
async fn the_address_of_an_instance_names_its_service_and_the_other_way_round() {
    let harness = Harness::with_start_delay(Duration::from_millis(30));
    harness.controller.apply(deployment("a", 2));
    let seen = harness.until_running().await;
    let mut addresses: Vec<Ipv4Addr> = seen
        .instances
        .iter()
        .map(|instance| instance.ip_address.as_ref().unwrap().parse().unwrap())
        .collect();
    for address in &addresses {
        let found = harness.controller.service_at((*address).into());
        assert_eq!(found.as_deref(), Some(KEY));
    }
    assert_eq!(harness.controller.service_at([127, 0, 0, 1].into()), None);
    let mut found = harness.controller.addresses_of(KEY, "echo").unwrap();
    found.sort();
    addresses.sort();
    assert_eq!(found, addresses);
    assert_eq!(harness.controller.addresses_of("DB.OTHER.ECHO", "echo"), None);
    assert_eq!(harness.controller.addresses_of(KEY, "other"), None);
    harness.controller.remove(KEY, false).done().await.unwrap();
    assert_eq!(harness.controller.service_at(addresses[0].into()), None);
    assert_eq!(harness.controller.addresses_of(KEY, "echo"), None);
}
