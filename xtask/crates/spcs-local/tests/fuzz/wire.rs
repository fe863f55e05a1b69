//! Logins, queries, tokens and everything else of Snowflake's HTTP protocol.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::requests;

#[test]
fn fuzz_every_request_of_the_wire_protocol_is_answered() {
    // Changes reach the compressed bytes of the one, and the JSON in the other.
    let with_compressed_body = |request: &[u8]| vec![compressed(request)];
    requests::fuzz("wire", with_compressed_body, |account, request| {
        requests::send(account, request);
        requests::send(account, &compressed(&account.variables.fill(request)));
    });
}

/// A request whose body is compressed.
fn compressed(request: &[u8]) -> Vec<u8> {
    let end = request.windows(2).position(|pair| pair == b"\n\n");
    let (head, body) = request.split_at(end.map_or(request.len(), |end| end + 2));
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body).unwrap();
    [head, &encoder.finish().unwrap()].concat()
}
