//! The number at the beginning of every message's content: `#` and eight characters that JSON writes as they are.

/// Bytes of a stamp.
pub(crate) const LEN: usize = 9;

const MARK: u8 = b'#';
const ALPHABET: &[u8; 64] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz-";
const NONE: u8 = 0xFF;
const VALUES: [u8; 256] = values();

#[expect(clippy::cast_possible_truncation, reason = "an index below 64")]
const fn values() -> [u8; 256] {
    let mut table = [NONE; 256];
    let mut n = 0;
    while n < ALPHABET.len() {
        table[ALPHABET[n] as usize] = n as u8;
        n += 1;
    }
    table
}

/// Appends the stamp of this number, of which 48 bits are written: enough for nine years at a million a second.
pub(crate) fn put(out: &mut Vec<u8>, number: u64) {
    out.push(MARK);
    out.extend((0..8).rev().map(|place| ALPHABET[(number >> (6 * place) & 63) as usize]));
}

/// The number, where there is a stamp.
pub(crate) fn read(bytes: &[u8]) -> Option<u64> {
    let stamp: &[u8; LEN] = bytes.first_chunk()?;
    let [MARK, digits @ ..] = stamp else { return None };
    let (mut number, mut seen) = (0, 0);
    for digit in digits {
        let value = VALUES[usize::from(*digit)];
        seen |= value;
        number = number << 6 | u64::from(value & 63);
    }
    (seen < 64).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_can_be_read() {
        for number in [0, 1, 63, 64, 4095, 1 << 40, (1 << 48) - 1] {
            let mut out = Vec::new();
            put(&mut out, number);
            assert_eq!((out.len(), read(&out)), (LEN, Some(number)));
        }
    }

    #[test]
    fn other_texts_have_no_number() {
        for text in ["", "#", "#1234567", "12345678", "#1234 678", "x12345678"] {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
    }
}
