//! The options of individual commands.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use jiff::SignedDuration;

/// Options of commands that wait.
#[derive(Debug, Clone, Args)]
pub(crate) struct Waiting {
    /// How long to wait for each pool, service or endpoint
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = duration)]
    pub(crate) timeout: Duration,
}

/// Options of `verify`.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// How long each cell may run
    #[arg(long, value_name = "TIME", default_value = "2m", value_parser = duration)]
    pub(crate) timeout: Duration,
}

/// Options of `logs`.
#[derive(Debug, Args)]
pub(crate) struct Logs {
    /// The service's key in spcs.toml
    pub(crate) service: String,
    /// Keep printing new lines
    #[arg(long, short, conflicts_with = "previous")]
    pub(crate) follow: bool,
    /// How many lines, counted from the end
    #[arg(long, short = 'n', value_name = "N", default_value_t = 100,
        value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) lines: u32,
    /// The container, where a service has more than one
    #[arg(long, value_name = "NAME")]
    pub(crate) container: Option<String>,
    /// The instance
    #[arg(long, value_name = "ID", default_value_t = 0)]
    pub(crate) instance: u32,
    /// The run before the last restart
    #[arg(long)]
    pub(crate) previous: bool,
}

/// Options of `build`.
#[derive(Debug, Args)]
pub(crate) struct Build {
    /// Images of spcs.toml [default: all]
    #[arg(value_name = "IMAGE")]
    pub(crate) images: Vec<String>,
}

/// Options of `sql`.
#[derive(Debug, Args)]
pub(crate) struct Sql {
    /// A set (a directory of sql/) or one file of it
    #[arg(value_name = "SET|FILE")]
    pub(crate) selection: String,
}

/// Options of `lint`.
#[derive(Debug, Args)]
pub(crate) struct Lint {
    /// Also write the findings to this file, as SARIF 2.1.0
    #[arg(long, value_name = "FILE")]
    pub(crate) sarif: Option<PathBuf>,
}

/// Options of `ci`.
#[derive(Debug, Args)]
pub(crate) struct Ci {
    /// Skip the checks that need containers
    #[arg(long)]
    pub(crate) quick: bool,
}

/// Parses a duration such as `90s`, `1h30m` or `2 minutes`. A plain number means seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let time = match text.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => text.parse::<SignedDuration>().ok().and_then(|time| time.try_into().ok()),
    };
    time.filter(|time| !time.is_zero())
        .ok_or_else(|| "expected a time such as `90s`, `10m` or `1h30m`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_parsed_in_common_forms_and_must_be_positive() {
        assert_eq!(duration("90s").unwrap(), duration("90").unwrap());
        for (text, seconds) in [("2h", 7200), ("1h30m", 5400), ("2 minutes", 120), ("1m 30s", 90)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for wrong in ["", "0", "0s", "m", "5 d", "-1s", "30s ago"] {
            assert!(duration(wrong).is_err(), "{wrong:?} was accepted as a duration");
        }
    }
}
