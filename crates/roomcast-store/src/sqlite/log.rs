//! Whether the write-ahead log that a crash left behind is whole.
//!
//! SQLite reads such a log up to the first frame whose checksum is wrong and says nothing of what lies behind it, for
//! that is how a commit looks that was cut off. Where commits lie behind it, though, the log was damaged afterwards:
//! messages that were acknowledged are lost, and their numbers will be given again. (The last commit, damaged, cannot be
//! told from one that was cut off.) The format: <https://www.sqlite.org/fileformat2.html#the_write_ahead_log>.

use std::{
    fs::File,
    io::{self, BufReader, ErrorKind, Read},
    path::{Path, PathBuf},
};

const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
/// The first word of a log whose checksums read words as little-endian; with the last bit set, as big-endian.
const MAGIC: u32 = 0x377f_0682;

/// Whether commits lie behind the first damage, or its header is damaged. A log that is not there, or not begun, is
/// whole.
///
/// # Errors
/// When it cannot be read.
pub(super) fn is_damaged(database: &Path) -> io::Result<bool> {
    let log = match File::open(path(database)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        log => log?,
    };
    let mut log = BufReader::with_capacity(1 << 20, log);
    let mut header = [0; HEADER];
    if !fill(&mut log, &mut header)? || header == [0; HEADER] {
        return Ok(false);
    }
    let mut sum = Checksum { sums: [0; 2], big_endian: word(&header, 0) & 1 == 1 };
    sum.add(&header[..24]);
    if word(&header, 0) & !1 != MAGIC || !sum.is(&header[24..]) {
        return Ok(true);
    }
    let mut whole = true;
    let mut frame = vec![0; FRAME_HEADER + word(&header, 8) as usize];
    while fill(&mut log, &mut frame)? {
        let is_of_this_log = frame[8..16] == header[16..24];
        let is_commit = word(&frame, 4) != 0;
        if !whole && is_of_this_log && is_commit {
            return Ok(true);
        }
        whole = whole && is_of_this_log && sum.continues(&frame);
    }
    Ok(false)
}

/// `roomcast.db-wal` for `roomcast.db`.
fn path(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push("-wal");
    path.into()
}

/// Whether there was as much as that.
fn fill(log: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match log.read_exact(buffer) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        filled => filled.map(|()| true),
    }
}

/// A number of the headers: those are big-endian.
fn word(bytes: &[u8], at: usize) -> u32 {
    bytes[at..].first_chunk().copied().map_or(0, u32::from_be_bytes)
}

/// SQLite's sum over the log from its beginning.
struct Checksum {
    sums: [u32; 2],
    big_endian: bool,
}

impl Checksum {
    /// Goes on over a frame, and says whether that has the right sum.
    fn continues(&mut self, frame: &[u8]) -> bool {
        self.add(&frame[..8]);
        self.add(&frame[FRAME_HEADER..]);
        self.is(&frame[16..])
    }

    fn add(&mut self, bytes: &[u8]) {
        let number = if self.big_endian { u32::from_be_bytes } else { u32::from_le_bytes };
        let [mut one, mut two] = self.sums;
        for pair in bytes.as_chunks::<8>().0 {
            let [a, b, c, d, e, f, g, h] = *pair;
            one = one.wrapping_add(number([a, b, c, d])).wrapping_add(two);
            two = two.wrapping_add(number([e, f, g, h])).wrapping_add(one);
        }
        self.sums = [one, two];
    }

    fn is(&self, sums: &[u8]) -> bool {
        self.sums == [word(sums, 0), word(sums, 4)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;
    use std::fs;

    /// A database with a log of so many commits, as kill -9 leaves it; and the log.
    fn crashed(commits: u32) -> (tempfile::TempDir, PathBuf, Vec<u8>) {
        let dir = tempfile::tempdir().unwrap();
        let alive = dir.path().join("alive.db");
        let connection = Connection::open(&alive).unwrap();
        let setup = "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (x TEXT)";
        connection.execute_batch(setup).unwrap();
        for n in 0..commits {
            connection.execute("INSERT INTO t VALUES (?1)", [format!("{n} {}", "x".repeat(3000))]).unwrap();
        }
        let dead = dir.path().join("dead.db");
        fs::copy(&alive, &dead).unwrap();
        let log = fs::read(path(&alive)).unwrap();
        fs::write(path(&dead), &log).unwrap();
        (dir, dead, log)
    }

    /// The places of the frames that commit.
    fn commits(log: &[u8]) -> Vec<usize> {
        let size = FRAME_HEADER + word(log, 8) as usize;
        let starts = (HEADER..log.len()).step_by(size);
        starts.filter(|start| word(log, start + 4) != 0).collect()
    }

    #[test]
    fn damage_is_noticed_wherever_a_commit_lies_behind_it() {
        let (_dir, database, log) = crashed(10);
        assert!(!is_damaged(&database).unwrap(), "it is whole");
        let last = *commits(&log).last().unwrap();
        for at in (0..HEADER).chain((HEADER..last).step_by(101)) {
            let mut damaged = log.clone();
            damaged[at] ^= 1;
            fs::write(path(&database), &damaged).unwrap();
            assert!(is_damaged(&database).unwrap(), "a bit of byte {at}");
        }
    }

    #[test]
    fn a_log_that_was_cut_off_is_whole() {
        let (_dir, database, log) = crashed(5);
        for length in (0..log.len()).step_by(97) {
            fs::write(path(&database), &log[..length]).unwrap();
            assert!(!is_damaged(&database).unwrap(), "{length} bytes are left");
        }
        fs::remove_file(path(&database)).unwrap();
        assert!(!is_damaged(&database).unwrap(), "there is none");
    }

    /// A commit begins to write where an older log, which was moved into the database, still lies.
    #[test]
    fn what_an_older_log_left_behind_is_no_damage() {
        let (dir, database, _) = crashed(10);
        let connection = Connection::open(dir.path().join("alive.db")).unwrap();
        connection.query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(())).unwrap();
        connection.execute("INSERT INTO t VALUES ('new')", []).unwrap();
        fs::copy(path(&dir.path().join("alive.db")), path(&database)).unwrap();
        assert!(!is_damaged(&database).unwrap());
    }
}
