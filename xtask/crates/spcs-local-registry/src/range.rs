//! Byte ranges: the `Range` of a blob request and the `Content-Range` of an upload chunk.

/// The part of a blob that a `Range` header requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestedRange {
    /// No range, or one that a server may ignore (several ranges, other units).
    Whole,
    /// First to last byte, inclusive.
    Part { first: u64, last: u64 },
    /// The range lies outside the blob.
    Unsatisfiable,
}

/// Parses a `Range` header for a blob of `size` bytes.
pub(crate) fn requested_range(header: Option<&str>, size: u64) -> RequestedRange {
    let Some(range) = header.and_then(|text| text.strip_prefix("bytes=")) else {
        return RequestedRange::Whole;
    };
    let Some((first, last)) = range.split_once('-') else { return RequestedRange::Whole };
    let (first, last) = match (first.trim().parse::<u64>(), last.trim().parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => (first, last.min(size.saturating_sub(1))),
        (Ok(first), Err(_)) if last.trim().is_empty() => (first, size.saturating_sub(1)),
        (Err(_), Ok(0)) if first.trim().is_empty() => return RequestedRange::Unsatisfiable,
        (Err(_), Ok(count)) if first.trim().is_empty() => {
            (size.saturating_sub(count), size.saturating_sub(1))
        }
        _ => return RequestedRange::Whole,
    };
    if first >= size { RequestedRange::Unsatisfiable } else { RequestedRange::Part { first, last } }
}

/// Parses the `Content-Range` of a chunk: `first-last`, or the long form `bytes first-last/size`.
pub(crate) fn content_range(text: &str) -> Option<(u64, u64)> {
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
    fn ranges_are_clipped_to_the_blob_and_unsupported_ones_are_ignored() {
        let part = |first, last| RequestedRange::Part { first, last };
        for (header, expected) in [
            ("bytes=0-3", part(0, 3)),
            ("bytes=4-", part(4, 9)),
            ("bytes=8-99", part(8, 9)),
            ("bytes=-4", part(6, 9)),
            ("bytes=-99", part(0, 9)),
            ("bytes=10-", RequestedRange::Unsatisfiable),
            ("bytes=-0", RequestedRange::Unsatisfiable),
            ("bytes=0-1,4-5", RequestedRange::Whole),
            ("lines=0-1", RequestedRange::Whole),
        ] {
            assert_eq!(requested_range(Some(header), 10), expected, "{header}");
        }
        assert_eq!(requested_range(Some("bytes=0-0"), 0), RequestedRange::Unsatisfiable);
    }

    #[test]
    fn both_forms_of_content_range_are_parsed() {
        assert_eq!(content_range("5-9"), Some((5, 9)));
        assert_eq!(content_range("bytes 5-9/20"), Some((5, 9)));
        assert_eq!(content_range("9-5"), None);
        assert_eq!(content_range("x"), None);
    }
}
