//! PostgreSQL as a whole, from outside. Every test has a server of its own and stops it.

mod cluster;
mod conformance;
mod opening;
mod sharing;
mod outages;
mod crash;
mod commits;

use roomcast::store::{Append, Range, Record, Store};
use roomcast::testing::store::message;
use roomcast_protocol::RoomName;
use roomcast_store::postgres::{Address, Postgres};

fn open(address: &str) -> Postgres {
    Postgres::open(Address::parse(address).unwrap()).unwrap()
}

fn hall() -> RoomName {
    RoomName::parse("hall").unwrap()
}

/// A message that says its nonce.
fn with_nonce(room: &str, nonce: &str) -> Append {
    Append { nonce: Some(nonce.into()), ..message(room, "ann", nonce) }
}

/// All messages of a room, whose numbers have no hole.
async fn whole_room(store: &dyn Store, room: &str) -> Vec<Record> {
    let room = RoomName::parse(room).unwrap();
    let mut records = Vec::new();
    loop {
        let after = Range::After(records.len() as u64);
        let page = store.page(room.clone(), after, 1000).await.unwrap();
        records.extend(page.messages);
        if !page.more {
            assert!(records.iter().map(|record| record.seq).eq(1..=page.head), "{room} is dense");
            return records;
        }
    }
}
