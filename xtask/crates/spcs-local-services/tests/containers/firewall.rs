//! Tests of who reaches containers, and what containers reach.

use std::net::{IpAddr, TcpListener};
use std::process::Command;
use std::time::{Duration, Instant};

use spcs_local_services::network::nft::Nft;
use spcs_local_services::network::{Network, table};
use spcs_local_services::service::EgressTarget;

use crate::harness::{ECHO, Harness, connect};
use crate::image::TWO_SERVERS;
use crate::outside::Outside;

const CLIENT: &str = "00000000000000db.415f434c49454e54";

impl Harness {
    /// What a container of a service gets when it connects: `open`, or why it is not.
    async fn connect_from(&self, key: &str, address: &str) -> String {
        self.get(key, &format!("connect/{address}")).await
    }

    /// The address of a service's only instance.
    fn address(&self, key: &str) -> IpAddr {
        self.controller.endpoint_address(key, 8000).unwrap().ip()
    }

    /// Waits for a change of the rules that follows from a deployment.
    pub(crate) async fn until_connects(&self, key: &str, address: &str, opens: bool) {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let answer = self.connect_from(key, address).await;
            if (answer == "open") == opens {
                break;
            }
            assert!(Instant::now() < deadline, "{address} opens: {opens}; still {answer}");
        }
    }
}

/// Whether another user of this machine can connect.
fn connects_as_nobody(address: IpAddr, port: u16) -> bool {
    let connect = format!("exec 3<>/dev/tcp/{address}/{port}");
    let user = ["--reuid", "65534", "--regid", "65534", "--clear-groups"];
    let mut command = Command::new("setpriv");
    command.args(user).args(["timeout", "5", "bash", "-c", &connect]);
    command.output().unwrap().status.success()
}

fn has_rules(harness: &Harness) -> bool {
    let table = table(&harness.platform_id());
    let listed = ["inet", "bridge"].map(|family| {
        let output = Command::new("nft").args(["list", "table", family, &table]).output();
        output.unwrap().status.success()
    });
    assert_eq!(listed[0], listed[1]);
    listed[0]
}

/// The tests need root, as the rules do.
async fn rootful_harness() -> Option<Harness> {
    let harness = Harness::new(crate::requested_engine()?).await;
    if !harness.is_rootful() {
        eprintln!("skipped: the engine runs without root, so there are no rules");
        return None;
    }
    Some(harness)
}

#[tokio::test(flavor = "multi_thread")]
async fn containers_are_reached_at_their_endpoints_and_by_the_platform_only() {
    let Some(mut harness) = rootful_harness().await else { return };
    harness.controller.apply(harness.deployment("ECHO", TWO_SERVERS, "one"));
    harness.controller.apply(harness.deployment("A_CLIENT", TWO_SERVERS, "one"));
    harness.until_running(ECHO).await;
    harness.until_running(CLIENT).await;
    let address = harness.address(ECHO);
    assert_eq!(harness.controller.service_at(address).as_deref(), Some(ECHO));

    // This machine: the platform's user only. A listener of the machine shows that the other user
    // could connect.
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    assert!(connects_as_nobody("127.0.0.1".parse().unwrap(), port));
    for port in [8000, 8001] {
        assert_eq!(connect(&format!("{address}:{port}")), "open");
        assert!(!connects_as_nobody(address, port), "another user reaches {port}");
    }

    // Another service of the schema: endpoints only, at the address and at the name.
    for host in [address.to_string(), "echo".to_owned()] {
        assert_eq!(harness.connect_from(CLIENT, &format!("{host}:8000")).await, "open", "{host}");
        assert_ne!(harness.connect_from(CLIENT, &format!("{host}:8001")).await, "open", "{host}");
    }
    // The containers of one instance: every port.
    assert_eq!(harness.connect_from(CLIENT, "127.0.0.1:8001").await, "open");

    // Nothing passes by IPv6, which the rules do not filter within a network.
    let interfaces = harness.get(ECHO, "read/proc/net/if_inet6").await;
    assert!(interfaces.lines().all(|line| line.ends_with(" lo")), "{interfaces}");
    let capabilities = harness.get(ECHO, "read/proc/self/status").await;
    let effective = capabilities.lines().find_map(|line| line.strip_prefix("CapEff:")).unwrap();
    let effective = u64::from_str_radix(effective.trim(), 16).unwrap();
    // Bits 12 and 13: NET_ADMIN and NET_RAW.
    assert_eq!(effective & (0b11 << 12), 0, "a container could send with another's address");

    // No services of this machine at the address of the bridge, or at any other.
    let gateway = harness.network().await.gateway.unwrap();
    for host in [gateway.to_string(), crate::harness::machine_address().to_string()] {
        assert_eq!(connect(&format!("{host}:{port}")), "open", "{host}");
        assert_ne!(harness.connect_from(ECHO, &format!("{host}:{port}")).await, "open", "{host}");
    }
    // The account is there.
    let account = format!("{gateway}:{}", harness.port);
    assert_eq!(harness.connect_from(ECHO, &account).await, "open");

    // The rules outlive the platform, and another program's `nft flush ruleset` is repaired.
    harness.controller.stop().await;
    assert!(!connects_as_nobody(address, 8000));
    harness.restart_controller().await;
    harness.controller.apply(harness.deployment("ECHO", TWO_SERVERS, "one"));
    harness.controller.apply(harness.deployment("A_CLIENT", TWO_SERVERS, "one"));
    harness.until_running(ECHO).await;
    harness.until_running(CLIENT).await;
    harness.until_connects(CLIENT, &format!("{address}:8000"), true).await;
    spcs_local_services::network::nft::delete(
        &Nft::here("nft".into()),
        &table(&harness.platform_id()),
    )
    .unwrap();
    assert!(connects_as_nobody(address, 8000), "nothing but the rules keeps the user out");
    let deadline = Instant::now() + Duration::from_secs(30);
    while connects_as_nobody(address, 8000) {
        assert!(Instant::now() < deadline, "the rules are not renewed");
    }

    harness.controller.remove(ECHO, false).done().await.unwrap();
    assert!(has_rules(&harness));
    harness.controller.remove(CLIENT, false).done().await.unwrap();
    assert!(!has_rules(&harness));
    assert_eq!(harness.leftovers(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_connects_to_the_listed_hosts_and_ports_only() {
    let Some(harness) = rootful_harness().await else { return };
    let outside = Outside::start(&[80, 7001, 7002]);
    let [listed, other] = outside.hosts();
    let target = |host: &str, port| EgressTarget { host: host.to_owned(), port };
    let deploy = async |egress: Vec<EgressTarget>| {
        let mut deployment = harness.deployment("ECHO", TWO_SERVERS, "one");
        deployment.egress = egress;
        harness.controller.apply(deployment);
        harness.until_running(ECHO).await;
    };
    let check = async |open: &[String]| {
        for host in [listed, other] {
            for port in [80, 7001, 7002] {
                let address = format!("{host}:{port}");
                let opens = harness.connect_from(ECHO, &address).await == "open";
                assert_eq!(opens, open.contains(&address), "{address}");
            }
        }
    };
    deploy(Vec::new()).await;
    check(&[]).await;

    // A change of the networks interrupts no connection to the service.
    let address = format!("{listed}:7001");
    let opens = async {
        deploy(vec![target(&listed.to_string(), 7001)]).await;
        harness.until_connects(ECHO, &address, true).await;
    };
    let (answer, ()) = tokio::join!(harness.get(ECHO, "answer-after/10"), opens);
    assert_eq!(answer, "answered");
    check(std::slice::from_ref(&address)).await;

    // A name opens nothing before a container resolves it. Every machine resolves this one, to the
    // address that it is the number of.
    let name = other.to_bits().to_string();
    deploy(vec![target(&name, 7002)]).await;
    harness.until_connects(ECHO, &address, false).await;
    check(&[]).await;
    assert_eq!(harness.get(ECHO, &format!("query/{name}")).await, format!("0 {other}"));
    check(&[format!("{other}:7002")]).await;

    deploy(vec![target("0.0.0.0", 80)]).await;
    harness.until_connects(ECHO, &format!("{listed}:80"), true).await;
    check(&[listed, other].map(|host| format!("{host}:80"))).await;

    deploy(Vec::new()).await;
    harness.until_connects(ECHO, &format!("{listed}:80"), false).await;
    check(&[]).await;
    harness.controller.remove(ECHO, false).done().await.unwrap();
    assert_eq!(harness.leftovers(), Vec::<String>::new());
}

impl Harness {
    /// The schema's network.
    async fn network(&self) -> Network {
        let networks = self.runtime().networks().await.unwrap();
        networks.into_iter().find(|network| network.name.contains("-00000000000000db-")).unwrap()
    }
}
