//! Shortens an input that fails.

/// The most attempts.
const ATTEMPTS: usize = 400;

/// Removes parts of an input as long as it still fails.
pub(crate) fn minimise(input: &[u8], fails: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let mut input = input.to_vec();
    let mut attempts = 0;
    let mut size = input.len() / 2;
    while size > 0 {
        let mut at = 0;
        while at < input.len() {
            if attempts == ATTEMPTS {
                return input;
            }
            attempts += 1;
            let end = input.len().min(at + size);
            let shorter = [&input[..at], &input[end..]].concat();
            if fails(&shorter) {
                input = shorter;
            } else {
                at = end;
            }
        }
        size /= 2;
    }
    input
}

#[cfg(test)]
mod tests {
    use super::minimise;

    #[test]
    fn what_makes_an_input_fail_is_left() {
        let fails = |input: &[u8]| input.contains(&b'(') && input.contains(&b'!');
        assert_eq!(minimise(b"SELECT f(1, 2) FROM x WHERE y != 3", fails), b"(!");
    }
}
