//! The registry's paths, methods, headers and manifests.

use crate::requests;

#[test]
fn fuzz_every_request_to_the_registry_is_answered() {
    requests::fuzz("registry", |_| Vec::new(), requests::send);
}
