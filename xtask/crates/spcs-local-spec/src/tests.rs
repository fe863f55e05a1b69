//! Valid and invalid specifications.

use std::collections::BTreeMap;
use std::time::Duration;

use super::*;

const MILVUS: &str = r#"
spec:
  containers:
    - name: milvus
      image: /Milvus_Demo/public/milvus_repo/milvus:0123456789ab
      command: ["/milvus/bin/milvus", run]
      args: [standalone]
      env:
        ETCD_USE_EMBED: true
        VERSION: 1.10
      readinessProbe: { port: 9091, path: /healthz }
      volumeMounts:
        - { name: data, mountPath: /var/lib/milvus }
        - name: files
          mountPath: /files
      resources:
        limits: { memory: 6Gi, cpu: 2 }
        requests: { memory: 512M, cpu: 500m }
  endpoints:
    - { name: milvus, port: 19530, protocol: TCP }
    - { name: web, port: 8888, public: true }
    - { name: many, portRange: 9000-9010, protocol: TCP }
  volumes:
    - { name: data, source: block, size: 10Gi }
    - name: files
      source: stage
      stageConfig: { name: "@files/in" }
      uid: 1000
    - { name: old, source: "@files" }
serviceRoles:
  - { name: web_user, endpoints: [web] }
"#;

fn parse_error(text: &str) -> String {
    parse(text).expect_err("the specification is invalid").to_string()
}

/// The error after one replacement in the valid specification.
fn error_after(from: &str, to: &str) -> String {
    assert!(MILVUS.contains(from), "the specification has no {from}");
    parse_error(&MILVUS.replacen(from, to, 1))
}

#[test]
fn a_specification_is_parsed_with_its_defaults() {
    let spec = parse(MILVUS).unwrap();
    let milvus = &spec.containers[0];
    assert_eq!(milvus.image.repository, "milvus_demo/public/milvus_repo");
    assert_eq!((&*milvus.image.image, &*milvus.image.reference), ("milvus", "0123456789ab"));
    let env = [("ETCD_USE_EMBED", "true"), ("VERSION", "1.10")];
    assert_eq!(milvus.env, env.map(|(k, v)| (k.to_owned(), v.to_owned())));
    let probe = milvus.readiness.as_ref().unwrap();
    assert_eq!((probe.period, probe.failure_threshold), (Duration::from_secs(5), 3));
    assert_eq!(milvus.resources.limits, Amounts { memory: Some(6 << 30), cpu: Some(2.0) });
    assert_eq!(milvus.resources.requests, Amounts { memory: Some(512_000_000), cpu: Some(0.5) });
    assert_eq!(spec.published_ports(), [8888, 9091]);
    assert_eq!(spec.stages().collect::<Vec<_>>(), ["@files/in", "@files"]);
    assert_eq!(spec.endpoints[2].ports, Ports::Range(9000..=9010));
    assert_eq!(spec.service_roles[0].endpoints, ["web"]);
}

#[test]
fn describe_shows_digest_resources_and_environment() {
    let text = "spec:\n  container:\n  - name: a\n    image: /d/s/r/i\n    env: {K: v, V: 1.10}\n";
    let digests = BTreeMap::from([("a".to_owned(), "sha256:00".to_owned())]);
    let shown = parse(text).unwrap().normalised_yaml(&digests);
    let again: serde_json::Value = serde_saphyr::from_str(&shown).unwrap();
    let container = &again["spec"]["containers"][0];
    assert_eq!(container["sha256"], "@sha256:00", "{shown}");
    assert_eq!((&container["env"]["K"], &container["env"]["V"]), (&"v".into(), &"1.10".into()));
    assert_eq!(container["resources"]["requests"]["memory"], "512Mi");
    assert_eq!(container["resources"]["requests"]["cpu"], "0.5");
}

#[test]
fn an_unknown_option_is_an_error_with_its_path_and_line() {
    let text = "spec:\n  containers:\n  - name: a\n    image: /d/s/r/i\n    imagePull: x\n";
    assert_eq!(
        parse_error(text),
        "Invalid spec: unknown option 'imagePull' for spec.containers[0] (line 5)."
    );
    let error = parse("spec:\n  containers: [\n").expect_err("the YAML is truncated");
    assert!(error.message.starts_with("not valid YAML"), "{error}");
}

#[test]
fn duplicate_keys_and_names_are_errors() {
    assert!(
        error_after("      args: [standalone]", "      args: []\n      args: []").contains("dup")
    );
    assert!(error_after("name: web,", "name: milvus,").contains("duplicate name 'milvus'"));
}

#[test]
fn invalid_names_are_errors() {
    for bad in ["Milvus", "-a", "a-", "a_b", "1a"] {
        let error = error_after("- name: milvus\n", &format!("- name: {bad}\n"));
        assert!(error.contains("invalid name"), "{bad}: {error}");
    }
}

#[test]
fn image_names_need_all_four_parts() {
    let good = "/Milvus_Demo/public/milvus_repo/milvus:0123456789ab";
    for bad in ["milvus:1", "/d/s/milvus:1", "docker.io/milvus", "/d/s/r/i:.x", "/d/s/r/I"] {
        let error = error_after(good, bad);
        assert!(error.contains("Provided image name uses an invalid format"), "{bad}: {error}");
    }
    let digest = format!("127.0.0.1:8462/d/s/r/i@sha256:{}", "0".repeat(64));
    let path = ImagePath::parse(&digest).unwrap();
    assert_eq!(path.host.as_deref(), Some("127.0.0.1:8462"));
    assert_eq!((&*path.repository, &*path.image, path.reference.len()), ("d/s/r", "i", 71));
}

#[test]
fn invalid_values_and_combinations_are_errors() {
    let cases = [
        (
            "port: 8888, public: true",
            "port: 8888, public: true, protocol: TCP",
            "must use protocol",
        ),
        ("portRange: 9000-9010, protocol: TCP", "portRange: 9000-9010", "portRange is for TCP"),
        ("port: 19530,", "port: 195300,", "integer from 1 to 65535"),
        ("mountPath: /files", "mountPath: files", "absolute path"),
        ("name: data, mountPath", "name: nothing, mountPath", "which does not exist"),
        ("size: 10Gi", "size: 10G", "whole Gi"),
        ("memory: 6Gi", "memory: 6", "units M, Mi, G, Gi"),
        ("memory: 6Gi", "memory: 1Mi", "less than the requested"),
        ("endpoints: [web]", "endpoints: [wub]", "'wub', which does not exist"),
        ("source: block", "source: nfs", "one of local, memory, block, stage"),
        ("path: /healthz", "path: healthz", "must start with '/'"),
        ("cpu: 2 }", "cpu: 2, nvidia.com/gpu: 1 }", "not supported by the local platform"),
    ];
    for (from, to, expected) in cases {
        let error = error_after(from, to);
        assert!(error.contains(expected), "{to}: {error}");
    }
}

#[test]
fn a_specification_is_stored_as_text_and_validated_when_loaded() {
    let stored = serde_json::to_string(&parse(MILVUS).unwrap()).unwrap();
    let loaded: ServiceSpec = serde_json::from_str(&stored).unwrap();
    assert_eq!(loaded.text(), MILVUS);
    assert_eq!(loaded.containers, parse(MILVUS).unwrap().containers);
    let broken = stored.replace("containers", "containres");
    let error = serde_json::from_str::<ServiceSpec>(&broken).unwrap_err().to_string();
    assert!(error.starts_with("Invalid spec: "), "{error}");
}

/// Parses on a stack of half of what the platform's threads have.
fn refused_on_a_small_stack(text: String) -> String {
    let small = std::thread::Builder::new().stack_size(1 << 20);
    small.spawn(move || parse_error(&text)).unwrap().join().unwrap()
}

#[test]
fn nesting_that_no_specification_needs_is_refused_before_it_uses_up_the_stack() {
    for depth in [16, 64, 1000, 100_000] {
        let flow = format!("spec:\n  containers: {}{}\n", "[".repeat(depth), "]".repeat(depth));
        let message = refused_on_a_small_stack(flow);
        assert!(message.starts_with("Invalid spec: not valid YAML: "), "{depth}: {message}");
    }
    let block = (0..64).map(|level| format!("{}a:\n", " ".repeat(level)));
    let message = refused_on_a_small_stack(block.collect());
    assert!(message.starts_with("Invalid spec: not valid YAML: "), "{message}");
    // What is just within the limit is read, and then found wrong.
    let within = format!("spec:\n  containers: {}{}\n", "[".repeat(10), "]".repeat(10));
    let message = refused_on_a_small_stack(within);
    assert!(message.contains("containers[0]"), "{message}");
}

#[test]
fn aliases_that_multiply_a_specification_are_refused() {
    let list = format!("spec:\n  a: &a [{}]\n  b: [*a, *a]\n", "x,".repeat(400));
    assert!(parse_error(&list).contains("alias"), "{}", parse_error(&list));
    let text = format!("spec:\n  a: &a '{}'\n  b: [*a, *a]\n", "x".repeat(40_000));
    assert!(parse_error(&text).contains("longer than"), "{}", parse_error(&text));
}

#[test]
fn a_specification_that_is_too_large_is_refused() {
    let nodes = format!("spec:\n  a: [{}]\n", "x,".repeat(30_000));
    assert!(
        parse_error(&nodes).starts_with("Invalid spec: not valid YAML: "),
        "{}",
        parse_error(&nodes)
    );
    let bytes = format!("spec:\n  # {}\n", "x".repeat(MAX_BYTES));
    assert_eq!(parse_error(&bytes), "Invalid spec: the specification is larger than 262144 bytes.");
}

#[test]
fn fuzz_every_specification_is_read_or_refused() {
    let mut seeds = spcs_local_fuzz::files(&["specs", "xtask/crates/spcs-local-fuzz/seeds/spec"]);
    seeds.push(MILVUS.as_bytes().to_vec());
    let words = spcs_local_fuzz::words("spec");
    let target = spcs_local_fuzz::Target { name: "spec", seeds: &seeds, words: &words };
    spcs_local_fuzz::run(&target, |text| {
        let text = String::from_utf8_lossy(text);
        if let Ok(spec) = parse(&text) {
            // What a catalog stores can be read again.
            assert_eq!(parse(&spec.text).unwrap().text, spec.text);
        }
    });
}
