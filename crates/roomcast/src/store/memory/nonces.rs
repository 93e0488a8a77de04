//! Which messages of a room have which nonces.

use crate::store::Record;
use std::{
    collections::HashMap,
    hash::{BuildHasher as _, BuildHasherDefault, Hasher, RandomState},
};

/// Which message has a nonce, by the fingerprint of its user and its nonce: 16 bytes each, so that the tables of many
/// rooms stay in the processor's caches. The key is secret and the fingerprint has 64 bits: two nonces of a room share
/// one about never, and then the newer one wins, which is to say that a repetition of the older one is not recognised.
#[derive(Debug, Default)]
pub(super) struct Nonces {
    key: RandomState,
    pub(super) numbers: HashMap<u64, u64, BuildHasherDefault<Fingerprint>>,
}

/// A hash of a hash: itself.
#[derive(Debug, Default)]
pub(super) struct Fingerprint(u64);

impl Hasher for Fingerprint {
    fn write(&mut self, _: &[u8]) {
        unreachable!("fingerprints are numbers");
    }

    fn write_u64(&mut self, fingerprint: u64) {
        self.0 = fingerprint;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl Nonces {
    pub(super) fn fingerprint(&self, record: &Record) -> Option<u64> {
        let nonce = record.nonce.as_deref()?;
        Some(self.key.hash_one((record.user.identity(), nonce)))
    }
}
