//! Checks within seconds whether a registry can be reached. An engine without network access would
//! retry for minutes.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

/// The timeout of the probe: long enough for a slow proxy.
const PROBE_LIMIT: Duration = Duration::from_secs(4);

/// The results by registry, cached for this process.
static KNOWN: Mutex<BTreeMap<String, Result<(), String>>> = Mutex::new(BTreeMap::new());

/// The full name of an image: `debian:bookworm` is `docker.io/library/debian:bookworm`.
pub(super) fn full_name(reference: &str) -> String {
    match reference.split_once('/') {
        Some((first, _)) if first.contains(['.', ':']) || first == "localhost" => {
            reference.to_owned()
        }
        Some(_) => format!("docker.io/{reference}"),
        None => format!("docker.io/library/{reference}"),
    }
}

/// Checks that the registry of a reference responds.
pub(super) fn check_registry(reference: &str) -> Result<(), String> {
    let name = full_name(reference);
    let host = match name.split('/').next().unwrap_or_default() {
        "docker.io" => "registry-1.docker.io",
        host => host,
    };
    if host == "localhost" {
        return Err("it is a local name, and the engine does not have it".to_owned());
    }
    let mut known = KNOWN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    known.entry(host.to_owned()).or_insert_with(|| probe(host)).clone()
}

fn probe(host: &str) -> Result<(), String> {
    let host = host.to_owned();
    // A separate thread, because the caller may run inside an async runtime.
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        runtime.block_on(async {
            let client = reqwest::Client::builder().timeout(PROBE_LIMIT).build();
            let client = client.map_err(|error| error.to_string())?;
            let answer = client.get(format!("https://{host}/v2/")).send().await;
            match answer.map(|answer| answer.status().as_u16()) {
                Ok(200 | 401) => Ok(()),
                Ok(status) => Err(format!("registry {host} answers {status}")),
                Err(error) if error.is_timeout() => Err(format!("registry {host} does not answer")),
                Err(_) => Err(format!("registry {host} cannot be reached")),
            }
        })
    });
    thread.join().unwrap_or_else(|_| Err("the probe stopped".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::full_name;

    #[test]
    fn a_short_name_refers_to_docker_hub() {
        assert_eq!(full_name("debian:bookworm"), "docker.io/library/debian:bookworm");
        assert_eq!(full_name("milvusdb/milvus:v2"), "docker.io/milvusdb/milvus:v2");
        assert_eq!(full_name("127.0.0.1:5000/a"), "127.0.0.1:5000/a");
        assert_eq!(full_name("quay.io/a/b"), "quay.io/a/b");
    }
}
