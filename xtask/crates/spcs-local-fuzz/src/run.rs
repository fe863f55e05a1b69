//! Runs the cases of one target.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::input::{number, printed};
use crate::minimise::minimise;
use crate::mutate::mutate;
use crate::panics;
use crate::random::Random;
use crate::watch::{Watch, say};

/// The number of cases where `SPCS_FUZZ_CASES` says nothing: some seconds for each target.
const CASES: u64 = 1_000;
/// The same for a target with a state, whose cases take longer.
const CASES_WITH_STATE: u64 = 200;
/// A long run prints a line after each of so many cases.
const PROGRESS: u64 = 10_000;
/// The longest that one case may take.
const LIMIT: Duration = Duration::from_secs(2);
/// How often a slow case is tried: a busy machine is no defect.
const ATTEMPTS: usize = 3;
/// Panics are counted in the whole process, so only one target runs at a time.
static RUNNING: Mutex<()> = Mutex::new(());

/// What is tested with which inputs.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    pub name: &'a str,
    /// The inputs that are changed.
    pub seeds: &'a [Vec<u8>],
    /// What is put into them.
    pub words: &'a [Vec<u8>],
}

/// Checks a target. The check panics if the target fails.
///
/// # Panics
/// At the first input with which the check, or another thread meanwhile, panics or takes too long.
/// The message has the input, shortened, and the variables that repeat the case.
pub fn run(target: &Target<'_>, check: impl Fn(&[u8])) {
    run_cases(target, (CASES, u64::MAX), || (), |(), input| check(input));
}

/// Like [`run`], for a target with a state. `prepare` makes a new one for each `block` of cases.
///
/// # Panics
/// Like [`run`].
pub fn run_with_state<S>(
    target: &Target<'_>,
    block: u64,
    prepare: impl Fn() -> S,
    check: impl Fn(&S, &[u8]),
) {
    run_cases(target, (CASES_WITH_STATE, block), prepare, check);
}

fn run_cases<S>(
    target: &Target<'_>,
    (default, block): (u64, u64),
    prepare: impl Fn() -> S,
    check: impl Fn(&S, &[u8]),
) {
    let _alone = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    let first = number("SPCS_FUZZ_SEED").unwrap_or(1);
    let cases = number("SPCS_FUZZ_CASES").unwrap_or(default);
    let watch = Watch::start(target.name);
    let fails = |state: &S, input: &[u8]| {
        watch.begin(input);
        fails(|| check(state, input))
    };
    let (begin, mut slowest) = (Instant::now(), Duration::ZERO);
    let (mut state, mut block_start) = (prepare(), first);
    for seed in (first..).take(usize::try_from(cases).unwrap_or(usize::MAX)) {
        if seed - block_start == block {
            // The old one ends before the new one starts.
            drop(state);
            (state, block_start) = (prepare(), seed);
        }
        let input = mutate(target.seeds, target.words, &mut Random::new(seed));
        let start = Instant::now();
        if fails(&state, &input) {
            report(target, block_start..=seed, &shortened(&input, &prepare, fails), "a panic");
        }
        let mut took = start.elapsed();
        for _ in 1..ATTEMPTS {
            if took <= LIMIT {
                break;
            }
            let fresh = prepare();
            let start = Instant::now();
            fails(&fresh, &input);
            took = took.min(start.elapsed());
        }
        if took > LIMIT {
            report(target, block_start..=seed, &input, &format!("{took:?}"));
        }
        slowest = slowest.max(took);
        let done = seed - first + 1;
        if done.is_multiple_of(PROGRESS) && done < cases {
            say(&format!("fuzz {}: {done} cases in {:.1?}", target.name, begin.elapsed()));
        }
    }
    drop(state);
    let took = begin.elapsed();
    let name = target.name;
    say(&format!(
        "fuzz {name}: {cases} cases from {first} in {took:.1?}, the slowest in {slowest:.1?}"
    ));
}

/// Whether a check, or another thread meanwhile, panics.
fn fails(check: impl FnOnce()) -> bool {
    let before = panics::count();
    let failed = catch_unwind(AssertUnwindSafe(check)).is_err();
    failed || panics::count() > before
}

/// The input without what it does not need to fail. It stays whole if it only fails after others.
fn shortened<S>(
    input: &[u8],
    prepare: impl Fn() -> S,
    fails: impl Fn(&S, &[u8]) -> bool,
) -> Vec<u8> {
    panics::set_quiet(true);
    let state = prepare();
    let short = minimise(input, |input| fails(&state, input));
    let suffices = fails(&prepare(), &short);
    panics::set_quiet(false);
    if suffices { short } else { input.to_vec() }
}

fn report(
    target: &Target<'_>,
    seeds: std::ops::RangeInclusive<u64>,
    input: &[u8],
    what: &str,
) -> ! {
    let (name, input) = (target.name, printed(input));
    let (first, count) = (seeds.start(), seeds.end() - seeds.start() + 1);
    panic!(
        "fuzz {name}: {what} in case {} with `{input}`\nrepeat it with SPCS_FUZZ_SEED={} \
         SPCS_FUZZ_CASES=1, or after the cases before it with SPCS_FUZZ_SEED={first} \
         SPCS_FUZZ_CASES={count}",
        seeds.end(),
        seeds.end(),
    );
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    const SEED: &[u8] = b"SELECT f(1, 2) FROM x WHERE y != 3";

    /// What a target reports that fails.
    fn failure(check: impl Fn(&[u8])) -> String {
        let target = Target { name: "test", seeds: &[SEED.to_vec()], words: &[b"fail".to_vec()] };
        let failed = catch_unwind(AssertUnwindSafe(|| run(&target, check))).unwrap_err();
        *failed.downcast::<String>().unwrap()
    }

    fn has_word(input: &[u8]) -> bool {
        input.windows(4).any(|word| word == b"fail")
    }

    #[test]
    fn a_failure_has_the_shortest_input_and_the_variables_that_repeat_it() {
        let report = failure(|input| assert!(!has_word(input)));
        assert!(report.starts_with("fuzz test: a panic in case "), "{report}");
        assert!(report.contains(" with `fail`\nrepeat it with SPCS_FUZZ_SEED="), "{report}");
    }

    #[test]
    fn a_panic_in_another_thread_is_a_failure() {
        let report = failure(|input| {
            if has_word(input) {
                // A server's task is lost in the same way.
                let _ = thread::spawn(|| panic!("in a task")).join();
            }
        });
        assert!(report.contains(" with `fail`\n"), "{report}");
    }

    #[test]
    fn a_case_that_takes_too_long_is_a_failure() {
        let report = failure(|input| {
            if has_word(input) {
                thread::sleep(LIMIT + Duration::from_millis(1));
            }
        });
        assert!(report.starts_with("fuzz test: 2.0"), "{report}");
    }
}
