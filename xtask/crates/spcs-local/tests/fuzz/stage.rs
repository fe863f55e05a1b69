//! The transfer of files to and from stages.

use crate::requests;

#[test]
fn fuzz_every_transfer_of_a_file_is_answered() {
    requests::fuzz("stage", |_| Vec::new(), requests::send);
}
