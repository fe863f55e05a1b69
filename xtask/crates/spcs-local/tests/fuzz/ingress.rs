//! Requests to an endpoint, with an application behind it.

use crate::requests;

#[test]
fn fuzz_every_request_to_an_endpoint_is_answered() {
    requests::fuzz("ingress", |_| Vec::new(), requests::send);
}
