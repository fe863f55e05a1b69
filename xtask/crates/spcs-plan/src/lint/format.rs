//! The formats of single values in a specification.

use std::ops::RangeInclusive;

/// The documented format of a value.
pub(super) enum Format {
    Text,
    /// A container, endpoint or volume.
    Name,
    ServiceRoleName,
    /// An absolute path.
    Path,
    /// An absolute path without `.`, `..`, doubled or trailing slashes.
    NormalPath,
    Integer(RangeInclusive<u64>),
    /// Any number.
    Number,
    Port,
    /// `8000-8010`
    PortRange,
    /// A number with the unit M, Mi, G or Gi.
    Memory,
    /// A number of cores, or of thousandths with `m`.
    Cpu,
    /// The size of a memory or block volume.
    VolumeSize,
    OneOf(&'static [&'static str]),
    /// `local`, `memory`, `block`, `stage` or `@stage`.
    VolumeSource,
    /// A name with `@` or without.
    Stage,
    /// `7d`, `12h`
    Retention,
    /// `30s`, `5m`, `1h` …
    Period,
    /// `"0644"`
    Permission,
    /// A URL without a path.
    Origin,
}

impl Format {
    pub(super) fn allows_number(&self) -> bool {
        matches!(
            self,
            Self::Text | Self::Integer(_) | Self::Number | Self::Port | Self::Cpu | Self::Memory
        )
    }

    pub(super) fn expected(&self) -> String {
        let text = match self {
            Self::Text => "a text",
            Self::Name => {
                "up to 63 lower-case letters, digits and `-`, with a letter first and no `-` last"
            }
            Self::ServiceRoleName => {
                "letters, digits and `_`, with a letter first and a letter or digit last"
            }
            Self::Path => "an absolute path",
            Self::NormalPath => {
                "an absolute path of letters, digits, `-`, `_` and `.`, without `..` and without `/` at its end"
            }
            Self::Integer(range) => {
                return format!("a whole number from {} to {}", range.start(), range.end());
            }
            Self::Number => "a number",
            Self::Port => "a port from 1 to 65535",
            Self::PortRange => "a range of ports such as 8000-8010",
            Self::Memory => "a number with the unit M, Mi, G or Gi",
            Self::Cpu => "a number of cores, such as 0.5 or 500m",
            Self::VolumeSize => "a number with a unit, such as 10Gi",
            Self::OneOf(words) => return format!("one of {}", words.join(", ")),
            Self::VolumeSource => "one of local, memory, block, stage",
            Self::Stage => "the name of a stage",
            Self::Retention => "hours or days such as 12h or 7d",
            Self::Period => "a period such as 30s or 5m",
            Self::Permission => {
                "a quoted octal mode of four digits that gives no more than \"0644\" and lets the owner read"
            }
            Self::Origin => "a URL without a path, and not `*`",
        };
        text.to_owned()
    }

    pub(super) fn fits(&self, text: &str) -> bool {
        let letters =
            |allowed: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || allowed.contains(c));
        match self {
            Self::Text => true,
            Self::Name => {
                text.len() <= 63
                    && text.starts_with(|c: char| c.is_ascii_lowercase())
                    && text.ends_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
                    && letters("-")
                    && !text.chars().any(|c| c.is_ascii_uppercase())
            }
            Self::ServiceRoleName => {
                text.starts_with(|c: char| c.is_ascii_alphabetic())
                    && text.ends_with(|c: char| c.is_ascii_alphanumeric())
                    && letters("_")
            }
            Self::Path => text.starts_with('/'),
            Self::NormalPath => {
                let parts = text.strip_prefix('/').map(|rest| rest.split('/'));
                letters("/-_.")
                    && parts
                        .is_some_and(|mut parts| parts.all(|part| !["", ".", ".."].contains(&part)))
            }
            Self::Integer(range) => text.parse().is_ok_and(|number| range.contains(&number)),
            Self::Number => positive(text).is_some() || text.parse().is_ok_and(|n: f64| n == 0.0),
            Self::Port => text.parse::<u16>().is_ok_and(|port| port > 0),
            Self::PortRange => text.split_once('-').is_some_and(|(first, last)| {
                let ports = (first.trim().parse::<u16>(), last.trim().parse::<u16>());
                matches!(ports, (Ok(first), Ok(last)) if 0 < first && first <= last)
            }),
            Self::Memory => bytes(text).is_some(),
            Self::Cpu => cores(text).is_some(),
            Self::VolumeSize => {
                bytes(text).is_some() || ["Ki", "k"].iter().any(|unit| has_unit(text, unit))
            }
            Self::OneOf(words) => words.contains(&text),
            Self::VolumeSource => {
                ["local", "memory", "block", "stage"].contains(&text)
                    || text.strip_prefix('@').is_some_and(|stage| !stage.is_empty())
            }
            Self::Stage => !text.trim_start_matches('@').is_empty(),
            Self::Retention => ["h", "d"].iter().any(|unit| whole(text, unit)),
            Self::Period => ["s", "m", "h", "d"].iter().any(|unit| whole(text, unit)),
            Self::Permission => {
                let digits = text.strip_prefix('0').filter(|digits| digits.len() == 3);
                let mode = digits.and_then(|digits| u32::from_str_radix(digits, 8).ok());
                mode.is_some_and(|mode| mode & !0o644 == 0 && mode & 0o400 != 0)
            }
            Self::Origin => {
                let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
                let host = host.map(|host| host.strip_suffix('/').unwrap_or(host));
                host.is_some_and(|host| !host.is_empty() && !host.contains(['/', '*', '?', '#']))
            }
        }
    }
}

/// The bytes of a memory size.
pub(super) fn bytes(text: &str) -> Option<f64> {
    let units = [("Mi", 1024.0 * 1024.0), ("Gi", 1024.0 * 1024.0 * 1024.0), ("M", 1e6), ("G", 1e9)];
    units.into_iter().find_map(|(unit, factor)| Some(positive(text.strip_suffix(unit)?)? * factor))
}

/// The cores of a CPU amount.
pub(super) fn cores(text: &str) -> Option<f64> {
    match text.strip_suffix('m') {
        Some(thousandths) => positive(thousandths).map(|number| number / 1000.0),
        None => positive(text),
    }
}

fn positive(text: &str) -> Option<f64> {
    let digits = text.chars().all(|c| c.is_ascii_digit() || c == '.');
    text.parse().ok().filter(|number| digits && *number > 0.0)
}

fn has_unit(text: &str, unit: &str) -> bool {
    text.strip_suffix(unit).and_then(positive).is_some()
}

fn whole(text: &str, unit: &str) -> bool {
    text.strip_suffix(unit).is_some_and(|number| number.parse::<u32>().is_ok_and(|n| n > 0))
}
