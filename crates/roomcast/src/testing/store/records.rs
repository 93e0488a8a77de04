//! Messages come back as they were written.

use super::{append, content, message, page, whole_room, with_nonce};
use crate::store::{Append, Range, Store, What};
use roomcast_protocol::UserName;
use std::sync::Arc;

/// Contents that something on the way might change.
fn contents() -> Vec<String> {
    vec![
        "x".into(),
        "é e\u{301} ﬁ".into(),
        "\u{1F469}\u{200D}\u{1F469}\u{200D}\u{1F467} \u{202E}right to left\u{202C} \u{FEFF}".into(),
        "'; DROP TABLE messages; -- \" \\ % _ ?1 $x {}".into(),
        "\r\n\t\u{7f}\u{85}\u{2028} ".into(),
        "\u{10FFFF}\u{FFFD}\u{E000}".into(),
        "0123456789abcdef".repeat(1024),
        "\u{1F600}".repeat(4096),
    ]
}

/// Content, time, nonce and `reply_to`, each with its extremes.
pub(super) async fn come_back_as_written(store: Arc<dyn Store>) {
    let mut batch: Vec<Append> = contents().iter().map(|content| message("hall", "ann", content)).collect();
    batch.push(reply(2, message("hall", "ann", "a reply")));
    batch.push(Append { at_ms: 0, ..reply((1 << 53) - 1, message("hall", "ann", "at the edges")) });
    batch.push(with_nonce("Nonce-_~ \u{1F980}", message("hall", "ann", "a nonce")));
    append(&*store, batch.clone()).await;
    for (record, written) in whole_room(&*store, "hall").await.into_iter().zip(batch) {
        assert_eq!(record.content, *content(&written), "the content comes back as written");
        assert_eq!(record.at_ms, written.at_ms, "the time comes back as written");
        assert_eq!(record.nonce.as_ref(), written.what.nonce(), "the nonce comes back as written");
        assert_eq!(record.reply_to, reply_to(&written), "reply_to comes back as written");
    }
}

fn reply(to: u64, mut message: Append) -> Append {
    if let What::Message { reply_to, .. } = &mut message.what {
        *reply_to = Some(to);
    }
    message
}

fn reply_to(message: &Append) -> Option<u64> {
    let What::Message { reply_to, .. } = message.what else { return None };
    reply_to
}

/// Users write their names as they like; each message shows the name it was written under.
pub(super) async fn show_the_name_of_their_time(store: Arc<dyn Store>) {
    let written = ["ann", "Ann", "ANN", "ann", "Bob", "bob"];
    for name in written {
        append(&*store, vec![message("hall", name, "hello"), message("attic", name, "hello")]).await;
    }
    for room in ["hall", "attic"] {
        let users = page(&*store, room, Range::Newest, 10).await.messages.into_iter().map(|m| m.user);
        let users: Vec<Arc<UserName>> = users.collect();
        assert!(users.iter().map(|u| u.name()).eq(written), "names are shown as written: {users:?}");
        let identities = written.iter().map(|name| name.to_lowercase());
        assert!(users.iter().map(|u| u.identity().to_owned()).eq(identities), "identities are kept");
    }
}
