//! The DNS messages that the resolver needs: one question in, IPv4 addresses out (RFC 1035).
//!
//! This is own code because it is little: a library would mostly parse what the resolver ignores.

use std::net::Ipv4Addr;
use std::time::Duration;

/// The largest message over UDP. Answers are cut to fit.
pub(super) const MAX_SIZE: usize = 512;

const HEADER_SIZE: usize = 12;
/// The longest name, in the presentation format without the final dot.
const MAX_NAME: usize = 253;
/// The size of one address in an answer: a pointer to the name, and the record's other fields.
const RECORD_SIZE: usize = 16;

const INTERNET: u16 = 1;
const ADDRESS: u16 = 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ResponseCode {
    NoError = 0,
    ServerFailure = 2,
    NoSuchName = 3,
    Refused = 5,
}

/// A query's only question.
#[derive(Debug)]
pub(super) struct Question {
    id: [u8; 2],
    wants_recursion: bool,
    /// In lower case, without the final dot. `None` if no host can have the name.
    pub(super) name: Option<String>,
    /// Whether it asks for IPv4 addresses.
    pub(super) wants_addresses: bool,
    /// The question as the client sent it, which the answer repeats.
    section: Vec<u8>,
}

/// Reads a query. Returns `None` for anything that is not a standard query with one question.
/// Ignores what follows the question, for example EDNS options.
pub(super) fn parse(message: &[u8]) -> Option<Question> {
    let (&[id0, id1, flags, _, count0, count1, ..], rest) =
        message.split_first_chunk::<HEADER_SIZE>()?;
    let is_standard_query = flags & 0b1111_1000 == 0;
    if !is_standard_query || u16::from_be_bytes([count0, count1]) != 1 {
        return None;
    }
    let (name, after_name) = parse_name(rest)?;
    let (&[kind0, kind1, class0, class1], after) = after_name.split_first_chunk::<4>()?;
    if u16::from_be_bytes([class0, class1]) != INTERNET {
        return None;
    }
    Some(Question {
        id: [id0, id1],
        wants_recursion: flags & 1 == 1,
        name,
        wants_addresses: u16::from_be_bytes([kind0, kind1]) == ADDRESS,
        section: rest[..rest.len() - after.len()].to_vec(),
    })
}

/// Reads an uncompressed name. Returns it and what follows.
fn parse_name(mut rest: &[u8]) -> Option<(Option<String>, &[u8])> {
    let mut name = String::new();
    let mut is_host = true;
    loop {
        let (&length, after) = rest.split_first()?;
        if length == 0 {
            return Some(((is_host && !name.is_empty()).then_some(name), after));
        }
        // Larger values are pointers, which have no place in a query.
        if length > 63 {
            return None;
        }
        let (label, after) = after.split_at_checked(length.into())?;
        rest = after;
        if !name.is_empty() {
            name.push('.');
        }
        for byte in label {
            is_host &= byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            name.push(byte.to_ascii_lowercase().into());
        }
        if name.len() > MAX_NAME {
            return None;
        }
    }
}

/// The answer to a question. Leaves out addresses that do not fit.
pub(super) fn answer(
    question: &Question,
    code: ResponseCode,
    addresses: &[Ipv4Addr],
    lifetime: Duration,
) -> Vec<u8> {
    let room = MAX_SIZE.saturating_sub(HEADER_SIZE + question.section.len()) / RECORD_SIZE;
    let addresses = &addresses[..addresses.len().min(room)];
    let count = u16::try_from(addresses.len()).unwrap_or(0).to_be_bytes();
    let is_response = 0b1000_0000 | u8::from(question.wants_recursion);
    let offers_recursion = 0b1000_0000 | code as u8;
    let mut message = Vec::with_capacity(MAX_SIZE);
    message.extend(question.id);
    message.extend([is_response, offers_recursion, 0, 1, count[0], count[1], 0, 0, 0, 0]);
    message.extend(&question.section);
    let seconds = u32::try_from(lifetime.as_secs()).unwrap_or(0);
    for address in addresses {
        // A pointer to the question's name.
        message.extend([0xc0, HEADER_SIZE as u8]);
        message.extend(ADDRESS.to_be_bytes());
        message.extend(INTERNET.to_be_bytes());
        message.extend(seconds.to_be_bytes());
        message.extend([0, 4]);
        message.extend(address.octets());
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A query for the IPv4 addresses of `Milvus.example`.
    const QUERY: &[u8] = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\
                           \x06Milvus\x07example\x00\x00\x01\x00\x01";

    #[test]
    fn an_answer_repeats_the_question_and_lists_the_addresses() {
        let question = parse(QUERY).unwrap();
        assert_eq!(question.name.as_deref(), Some("milvus.example"));
        assert!(question.wants_addresses);
        let addresses = [Ipv4Addr::new(10, 0, 0, 7), Ipv4Addr::new(10, 0, 0, 8)];
        let message =
            answer(&question, ResponseCode::NoError, &addresses, Duration::from_secs(258));
        let mut expected = QUERY.to_vec();
        expected[2..8].copy_from_slice(b"\x81\x80\x00\x01\x00\x02");
        for last in [7, 8] {
            expected.extend(b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x01\x02\x00\x04\x0a\x00\x00");
            expected.push(last);
        }
        assert_eq!(message, expected);
        let refused = answer(&question, ResponseCode::Refused, &[], Duration::ZERO);
        assert_eq!((refused[3] & 0xf, refused.len()), (5, QUERY.len()));
    }

    #[test]
    fn an_answer_with_many_addresses_fits_into_a_datagram() {
        let question = parse(QUERY).unwrap();
        let addresses = vec![Ipv4Addr::LOCALHOST; 100];
        let message = answer(&question, ResponseCode::NoError, &addresses, Duration::ZERO);
        assert!(message.len() <= MAX_SIZE && message.len() > MAX_SIZE - RECORD_SIZE);
        assert_eq!(usize::from(message[7]), (message.len() - QUERY.len()) / RECORD_SIZE);
    }

    #[test]
    fn only_standard_queries_with_one_question_are_read() {
        assert!(
            parse(&[QUERY, b"\x00\x00\x29\x10\x00\x00\x00\x00\x00\x00\x00"].concat()).is_some()
        );
        let changed = |at: usize, byte: u8| {
            let mut message = QUERY.to_vec();
            message[at] = byte;
            parse(&message)
        };
        assert!(changed(2, 0x81).is_none(), "a response");
        assert!(changed(2, 0x29).is_none(), "a dynamic update");
        assert!(changed(5, 2).is_none(), "two questions");
        assert!(changed(12, 0xc0).is_none(), "a pointer");
        assert!(changed(30, 3).is_none(), "another class");
        assert_eq!(changed(14, b'.').unwrap().name, None, "no host name");
        assert!(!changed(28, 28).unwrap().wants_addresses, "AAAA");
        for length in 0..QUERY.len() {
            assert!(parse(&QUERY[..length]).is_none(), "cut after {length} bytes");
        }
    }

    #[test]
    fn fuzz_every_message_is_refused_or_gets_an_answer_that_fits() {
        let edns = [QUERY, b"\x00\x00\x29\x10\x00\x00\x00\x00\x00\x00\x00"].concat();
        let aaaa =
            b"\0\0\0\0\0\x01\0\0\0\0\0\0\x0a_tcp-x--e1\x02ab\x05local\0\0\x1c\0\x01".to_vec();
        let seeds = [QUERY.to_vec(), edns, aaaa];
        let words =
            ["\u{3f}", "\u{40}", "\x0c\0", "\x01a", "\x07example", "\x05local\0"].map(Vec::from);
        let target = spcs_local_fuzz::Target { name: "dns", seeds: &seeds, words: &words };
        spcs_local_fuzz::run(&target, |message| {
            let message = &message[..message.len().min(MAX_SIZE)];
            if let Some(question) = parse(message) {
                let addresses = [Ipv4Addr::LOCALHOST; 40];
                let answer =
                    answer(&question, ResponseCode::NoError, &addresses, Duration::from_secs(1));
                assert!(answer.len() <= MAX_SIZE);
                assert!(question.name.is_none_or(|name| name.len() <= MAX_NAME));
            }
        });
    }
}
