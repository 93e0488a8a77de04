//! Pages of what was said before, for the one who asks.

use crate::{
    auth::User,
    encode,
    store::{Page, Range},
};
use roomcast_protocol::{
    DEFAULT_HISTORY, HistoryAt, Id, MAX_HISTORY, RoomName, ServerFrame, server::History,
};

/// How many messages a page may have: as many as asked for, up to [`MAX_HISTORY`].
#[must_use]
pub(crate) fn limit(asked: Option<u32>) -> usize {
    asked.unwrap_or(DEFAULT_HISTORY).min(MAX_HISTORY) as usize
}

/// Where a page lies.
#[must_use]
pub(crate) fn range(at: HistoryAt) -> Range {
    match at {
        HistoryAt::Newest => Range::Newest,
        HistoryAt::Before(seq) => Range::Before(seq),
        HistoryAt::After(seq) => Range::After(seq),
        HistoryAt::Around(seq) => Range::Around(seq),
    }
}

/// A page as its asker sees it: with the nonces of their own messages.
pub(crate) fn frame<'a>(id: Option<Id>, room: &'a RoomName, page: &'a Page, asker: &User) -> ServerFrame<'a> {
    ServerFrame::History(History {
        id,
        room: room.as_str().into(),
        messages: page.messages.iter().map(|record| encode::history_message(record, asker)).collect(),
        more: page.more,
    })
}
