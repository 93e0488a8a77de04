//! Which numbers a page holds. The numbers of a room have no holes, so this is arithmetic, and every store shares it.

use super::{MAX_PAGE, Range};

/// The messages of one page: those with `after < seq <= upto`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The number before the first one.
    pub after: u64,
    /// The last number; the same as `after` where the page is empty.
    pub upto: u64,
    /// There are more in the direction that is read.
    pub more: bool,
}

impl Span {
    /// How many messages these are: at most [`MAX_PAGE`].
    #[must_use]
    pub fn count(self) -> usize {
        usize::try_from(self.upto - self.after).unwrap_or(MAX_PAGE)
    }
}

impl Range {
    /// The page of a room that keeps the messages `floor + 1 ..= head`, at most `limit` (at most [`MAX_PAGE`]) of
    /// them.
    #[must_use]
    pub fn span(self, floor: u64, head: u64, limit: usize) -> Span {
        let limit = limit.min(MAX_PAGE) as u64;
        match self {
            Self::Newest => newest_upto(head, floor, limit),
            Self::Before(seq) => newest_upto(seq.saturating_sub(1).clamp(floor, head), floor, limit),
            Self::After(seq) => oldest_after(seq.clamp(floor, head), head, limit),
            Self::Around(seq) => {
                let middle = seq.saturating_sub(1).clamp(floor, head);
                let earlier = newest_upto(middle, floor, limit / 2);
                let later = oldest_after(middle, head, limit - limit / 2);
                Span { after: earlier.after, upto: later.upto, more: earlier.more || later.more }
            }
        }
    }
}

fn newest_upto(upto: u64, floor: u64, limit: u64) -> Span {
    let after = upto.saturating_sub(limit).max(floor);
    Span { after, upto, more: after > floor }
}

fn oldest_after(after: u64, head: u64, limit: u64) -> Span {
    let upto = after.saturating_add(limit).min(head);
    Span { after, upto, more: upto < head }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(after: u64, upto: u64, more: bool) -> Span {
        Span { after, upto, more }
    }

    #[test]
    fn pages_of_a_room_that_keeps_11_to_20() {
        let page = |range: Range, limit| range.span(10, 20, limit);
        assert_eq!(page(Range::Newest, 3), span(17, 20, true));
        assert_eq!(page(Range::Newest, 10), span(10, 20, false));
        assert_eq!(page(Range::Before(15), 2), span(12, 14, true));
        assert_eq!(page(Range::Before(15), 9), span(10, 14, false));
        assert_eq!(page(Range::Before(5), 9), span(10, 10, false));
        assert_eq!(page(Range::Before(u64::MAX), 1), span(19, 20, true));
        assert_eq!(page(Range::After(3), 2), span(10, 12, true));
        assert_eq!(page(Range::After(18), 2), span(18, 20, false));
        assert_eq!(page(Range::After(u64::MAX), 2), span(20, 20, false));
        assert_eq!(page(Range::Around(15), 5), span(12, 17, true));
        assert_eq!(page(Range::Around(15), 40), span(10, 20, false));
        assert_eq!(page(Range::Around(0), 4), span(10, 12, true));
        assert_eq!(page(Range::Around(u64::MAX), 4), span(18, 20, true));
    }

    #[test]
    fn a_page_is_bounded() {
        assert_eq!(Range::After(0).span(0, 5000, usize::MAX).count(), MAX_PAGE);
        assert_eq!(Range::Newest.span(0, 0, 10), span(0, 0, false));
        assert_eq!(Range::Newest.span(0, 9, 0), span(9, 9, true));
    }
}
