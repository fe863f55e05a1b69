//! Fuzzes with requests in the format of `spcs-local-fuzz`'s seeds.

use spcs_local_fuzz::{Request, Target, requests, run_with_state, words};

use crate::account::Account;

/// The number of cases on one platform. Requests change it, so that later ones may fail early.
const BLOCK: u64 = 500;

/// Checks that the seeds of a target get what their file says, and fuzzes with them. `variants` makes
/// more seeds of each.
pub(crate) fn fuzz(
    name: &str,
    variants: impl Fn(&[u8]) -> Vec<Vec<u8>>,
    send: impl Fn(&Account, &[u8]),
) {
    let seeds = requests(name);
    let account = Account::start();
    for seed in &seeds {
        check_seed(&account, seed);
    }
    drop(account);
    let variants = seeds.iter().flat_map(|seed| variants(&seed.bytes));
    let seeds: Vec<Vec<u8>> = seeds.iter().map(|seed| seed.bytes.clone()).chain(variants).collect();
    let words = words("http");
    let target = Target { name, seeds: &seeds, words: &words };
    run_with_state(&target, BLOCK, Account::start, send);
}

/// A seed that the platform refuses early tests little.
fn check_seed(account: &Account, Request { bytes, status, text }: &Request) {
    let request = String::from_utf8_lossy(bytes);
    let response = account.send(bytes).unwrap_or_else(|| panic!("no answer: {request}"));
    let got = &response.text;
    assert!(response.status == *status && got.contains(text), "{request}\n\n{got}");
}

/// Sends a request. A server error is a defect; a closed connection is not.
pub(crate) fn send(account: &Account, request: &[u8]) {
    if let Some(response) = account.send(request) {
        assert!(response.status < 500, "{}", response.text);
    }
}
