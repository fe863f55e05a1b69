//! Changes an input: bytes, tokens, lines and nesting, without knowledge of its grammar.

use std::ops::Range;

use crate::random::Random;

/// The longest input, except where a seed is longer.
const MAX_LENGTH: usize = 64 << 10;
/// The most levels that one change nests.
const MAX_LEVELS: usize = 5_000;

/// What parsers often treat specially.
const SPECIAL: &[&[u8]] = &[
    b"'",
    b"\"",
    b"''",
    b"\"\"",
    b"\\",
    b"\\x",
    b"\\u12",
    b"`",
    b"$$",
    b"$",
    b"--",
    b"//",
    b"/*",
    b"*/",
    b";",
    b",",
    b".",
    b"..",
    b"/",
    b"%",
    b"%00",
    b"%2e%2e%2f",
    b"%zz",
    b"\0",
    b"\r",
    b"\n",
    b"\t",
    b" ",
    b":",
    b"=",
    b"=>",
    b"&",
    b"*",
    b"?",
    b"!",
    b"~",
    b"@",
    b"#",
    b"\x7f",
    b"\xff",
    b"\xc3",
    b"null",
    b"true",
    b"[]",
    b"{}",
    "é".as_bytes(),
    "ß".as_bytes(),
    "\u{feff}".as_bytes(),
    "𝕏".as_bytes(),
];

const NUMBERS: &[&[u8]] = &[
    b"0",
    b"-0",
    b"-1",
    b"00",
    b"1.5",
    b"1e999",
    b"127",
    b"256",
    b"65535",
    b"65536",
    b"2147483648",
    b"4294967296",
    b"9223372036854775807",
    b"9223372036854775808",
    b"-9223372036854775809",
    b"18446744073709551616",
    b"340282366920938463463374607431768211456",
    b"0x7fffffff",
];

const NESTING: &[(&[u8], &[u8])] = &[
    (b"(", b")"),
    (b"[", b"]"),
    (b"{", b"}"),
    (b"{\"a\":", b"}"),
    (b"- ", b""),
    (b"not ", b""),
    (b"f(", b")"),
    (b"-", b""),
    (b"/*", b"*/"),
];

/// An input made of one seed, and parts of others, by one to eight changes.
pub(crate) fn mutate(seeds: &[Vec<u8>], words: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut input = seeds[random.below(seeds.len())].clone();
    let limit = input.len().max(MAX_LENGTH);
    let changes = 1 + random.below(8);
    for _ in 0..changes {
        change(&mut input, seeds, words, random);
        input.truncate(limit);
    }
    input
}

fn change(input: &mut Vec<u8>, seeds: &[Vec<u8>], words: &[Vec<u8>], random: &mut Random) {
    let at = random.below(input.len() + 1);
    match random.below(14) {
        0 => {
            if let Some(byte) = input.get_mut(at) {
                *byte = random.byte();
            }
        }
        1 => drop(input.drain(random.range(input.len(), 40))),
        2 => {
            let part = input[random.range(input.len(), 200)].to_vec();
            let most = if random.below(8) == 0 { 300 } else { 3 };
            let times = 1 + random.below(most);
            insert(input, at, &part.repeat(times));
        }
        3 => insert(input, at, random.choose(SPECIAL)),
        4 => replace_token(input, random, |random| random.choose(SPECIAL).to_vec()),
        5 | 6 if !words.is_empty() => {
            replace_token(input, random, |random| words[random.below(words.len())].clone());
        }
        7 => replace_token(input, random, |_| Vec::new()),
        8 => {
            let (one, other) = (token(input, random), token(input, random));
            let (first, second) = if one.start < other.start { (one, other) } else { (other, one) };
            if first.end <= second.start {
                let moved = input[second.clone()].to_vec();
                let back = input[first.clone()].to_vec();
                input.splice(second, back);
                input.splice(first, moved);
            }
        }
        9 => {
            let other = &seeds[random.below(seeds.len())];
            input.truncate(at);
            input.extend_from_slice(&other[random.below(other.len() + 1)..]);
        }
        10 => {
            let (open, close) = NESTING[random.below(NESTING.len())];
            let most = if random.below(4) == 0 { MAX_LEVELS } else { 40 };
            let levels = random.below(most);
            let end = at + random.below(input.len() - at + 1);
            // Half of them are left open.
            if random.below(2) == 0 {
                insert(input, end, &close.repeat(levels));
            }
            insert(input, at, &open.repeat(levels));
        }
        11 => {
            let random_bytes: Vec<u8> = (0..random.below(20)).map(|_| random.byte()).collect();
            insert(input, at, &random_bytes);
        }
        12 => replace_token(input, random, |random| random.choose(NUMBERS).to_vec()),
        _ => {
            let start = input[..at].iter().rposition(|b| *b == b'\n').map_or(0, |found| found + 1);
            let line = input[at..].iter().position(|b| *b == b'\n').map_or(input.len(), |n| at + n);
            let line = [&input[start..line], b"\n"].concat();
            let starts: Vec<usize> = input
                .iter()
                .enumerate()
                .filter(|(_, b)| **b == b'\n')
                .map(|(i, _)| i + 1)
                .collect();
            let target = starts.get(random.below(starts.len())).copied().unwrap_or(0);
            insert(input, target, &line);
        }
    }
}

fn insert(input: &mut Vec<u8>, at: usize, part: &[u8]) {
    input.splice(at..at, part.iter().copied());
}

fn replace_token(
    input: &mut Vec<u8>,
    random: &mut Random,
    replacement: impl Fn(&mut Random) -> Vec<u8>,
) {
    let token = token(input, random);
    let new = replacement(random);
    input.splice(token, new);
}

/// A word or number, or one other byte.
fn token(input: &[u8], random: &mut Random) -> Range<usize> {
    let at = random.below(input.len());
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    if !input.get(at).is_some_and(is_word) {
        return at..input.len().min(at + 1);
    }
    let start = input[..at].iter().rposition(|byte| !is_word(byte)).map_or(0, |found| found + 1);
    let end = input[at..].iter().position(|byte| !is_word(byte)).map_or(input.len(), |n| at + n);
    start..end
}
