//! Byte ranges: what a client asks for of a blob, and where it says that a chunk belongs.

/// What a `Range` header asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// No range, or one of a form that may be ignored (several ranges, other units).
    Everything,
    /// From the first byte to the last, both included.
    Part { first: u64, last: u64 },
    /// Nothing of it exists.
    Nothing,
}

/// Reads a `Range` header against a blob of `size` bytes.
pub(crate) fn asked(header: Option<&str>, size: u64) -> Asked {
    let Some(range) = header.and_then(|text| text.strip_prefix("bytes=")) else {
        return Asked::Everything;
    };
    let Some((first, last)) = range.split_once('-') else { return Asked::Everything };
    let (first, last) = match (first.trim().parse::<u64>(), last.trim().parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => (first, last.min(size.saturating_sub(1))),
        (Ok(first), Err(_)) if last.trim().is_empty() => (first, size.saturating_sub(1)),
        (Err(_), Ok(0)) if first.trim().is_empty() => return Asked::Nothing,
        (Err(_), Ok(count)) if first.trim().is_empty() => {
            (size.saturating_sub(count), size.saturating_sub(1))
        }
        _ => return Asked::Everything,
    };
    if first >= size { Asked::Nothing } else { Asked::Part { first, last } }
}

/// Reads the `Content-Range` of a chunk: `first-last`, or the long form `bytes first-last/size`.
pub(crate) fn chunk(text: &str) -> Option<(u64, u64)> {
    let text = text.strip_prefix("bytes ").unwrap_or(text);
    let text = text.split('/').next()?;
    let (first, last) = text.trim().split_once('-')?;
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_clipped_to_the_blob_and_odd_ones_are_ignored() {
        let part = |first, last| Asked::Part { first, last };
        for (header, expected) in [
            ("bytes=0-3", part(0, 3)),
            ("bytes=4-", part(4, 9)),
            ("bytes=8-99", part(8, 9)),
            ("bytes=-4", part(6, 9)),
            ("bytes=-99", part(0, 9)),
            ("bytes=10-", Asked::Nothing),
            ("bytes=-0", Asked::Nothing),
            ("bytes=0-1,4-5", Asked::Everything),
            ("lines=0-1", Asked::Everything),
        ] {
            assert_eq!(asked(Some(header), 10), expected, "{header}");
        }
        assert_eq!(asked(Some("bytes=0-0"), 0), Asked::Nothing);
    }

    #[test]
    fn a_chunk_says_where_it_belongs_in_either_form() {
        assert_eq!(chunk("5-9"), Some((5, 9)));
        assert_eq!(chunk("bytes 5-9/20"), Some((5, 9)));
        assert_eq!(chunk("9-5"), None);
        assert_eq!(chunk("x"), None);
    }
}
