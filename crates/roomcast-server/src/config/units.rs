//! Times, sizes and rates, as people write them: `30s`, `1MiB`, `10/1s`.

use super::value::{Word, Wrong};
use std::{num::NonZeroU32, str::FromStr, time::Duration};

/// A span of time, such as `30s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period(Duration);

impl Period {
    const UNITS: [(&str, u64); 5] =
        [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

    /// So many seconds.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// As the standard library has it.
    pub const fn as_duration(self) -> Duration {
        self.0
    }
}

impl Word for Period {
    const EXPECTED: &'static str = "a time such as \"30s\"";

    fn parse(text: &str) -> Result<Self, Wrong> {
        let ms = with_unit(text, &Self::UNITS).map_err(|what| {
            Wrong::new(
                format!("{text:?} is not a time: {what}"),
                "write a whole number and one of ms, s, m, h, d, such as \"30s\"",
            )
        })?;
        Ok(Self(Duration::from_millis(ms)))
    }

    fn write(&self) -> String {
        match u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX) {
            0 => "0s".to_owned(),
            ms => in_largest_unit(ms, &Self::UNITS),
        }
    }
}

impl FromStr for Period {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        <Self as Word>::parse(text).map_err(|wrong| format!("{}; {}", wrong.what, wrong.help))
    }
}

/// How old something may become: a time, or no matter how old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxAge(pub Option<Period>);

impl MaxAge {
    const OFF: &'static str = "off";
}

impl Word for MaxAge {
    const EXPECTED: &'static str = "a time such as \"90d\", or \"off\"";

    fn parse(text: &str) -> Result<Self, Wrong> {
        if text == Self::OFF {
            return Ok(Self(None));
        }
        let help = || format!("write {}", Self::EXPECTED);
        let period = Period::parse(text).map_err(|wrong| Wrong::new(wrong.what, help()))?;
        if period.0.is_zero() {
            return Err(Wrong::new(format!("{text:?} would keep nothing"), help()));
        }
        Ok(Self(Some(period)))
    }

    fn write(&self) -> String {
        self.0.map_or_else(|| Self::OFF.to_owned(), |period| period.write())
    }
}

/// A number of bytes, such as `1MiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(u64);

impl Size {
    const UNITS: [(&str, u64); 7] = [
        ("GiB", 1 << 30),
        ("GB", 1_000_000_000),
        ("MiB", 1 << 20),
        ("MB", 1_000_000),
        ("KiB", 1 << 10),
        ("kB", 1000),
        ("B", 1),
    ];

    /// So many bytes.
    pub const fn from_bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// As a number of bytes; more than the machine can address is the most that it can.
    pub fn bytes(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl Word for Size {
    const EXPECTED: &'static str = "a size such as \"1MiB\"";

    fn parse(text: &str) -> Result<Self, Wrong> {
        let bytes = with_unit(text, &Self::UNITS).map_err(|what| {
            Wrong::new(
                format!("{text:?} is not a size: {what}"),
                "write a whole number and one of B, KiB, MiB, GiB, such as \"1MiB\"",
            )
        })?;
        Ok(Self(bytes))
    }

    fn write(&self) -> String {
        in_largest_unit(self.0, &Self::UNITS)
    }
}

/// So many in such a time: `10/1s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub count: NonZeroU32,
    /// In what time.
    pub per: Period,
}

impl Word for Rate {
    const EXPECTED: &'static str = "a rate such as \"10/1s\"";

    fn parse(text: &str) -> Result<Self, Wrong> {
        let wrong = |what| {
            Wrong::new(
                format!("{text:?} is not a rate: {what}"),
                "write how many in what time, such as \"10/1s\"",
            )
        };
        let (count, per) = text.split_once('/').ok_or_else(|| wrong("there is no `/` in it"))?;
        let count = count.trim().parse().map_err(|_| wrong("how many is a whole number above 0"))?;
        let per = Period::parse(per.trim()).map_err(|_| wrong("the time is a whole number and a unit"))?;
        if per.0.is_zero() {
            return Err(wrong("the time is 0"));
        }
        Ok(Self { count, per })
    }

    fn write(&self) -> String {
        format!("{}/{}", self.count, self.per.write())
    }
}

/// Reads a whole number with a unit behind it; units may be written in any case.
fn with_unit(text: &str, units: &[(&str, u64)]) -> Result<u64, String> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = (&text[..end], text[end..].trim());
    if digits.is_empty() {
        return Err("it does not begin with a whole number".to_owned());
    }
    if unit.is_empty() {
        return Err("it has no unit".to_owned());
    }
    let (_, factor) = units
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(unit))
        .ok_or(format!("no unit is called {unit:?}"))?;
    digits
        .parse::<u64>()
        .ok()
        .and_then(|n| n.checked_mul(*factor))
        .ok_or_else(|| "it is too large".to_owned())
}

/// Writes a number in the largest unit that leaves it whole.
fn in_largest_unit(n: u64, units: &[(&str, u64)]) -> String {
    let whole = units.iter().find(|(_, factor)| n >= *factor && n.is_multiple_of(*factor));
    let (name, factor) = whole.or(units.last()).unwrap_or(&("", 1));
    format!("{}{name}", n / factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_come_back_as_written() {
        for text in ["0s", "30s", "90m", "2d", "250ms", "36h"] {
            assert_eq!(Period::parse(text).unwrap().write(), text);
        }
        for text in ["90d", "off"] {
            assert_eq!(MaxAge::parse(text).unwrap().write(), text);
        }
        for text in ["1MiB", "64KiB", "3GiB", "100B", "5MB", "10kB"] {
            assert_eq!(Size::parse(text).unwrap().write(), text);
        }
        for text in ["10/1s", "120/1m", "1/250ms"] {
            assert_eq!(Rate::parse(text).unwrap().write(), text);
        }
        assert_eq!(Size::parse("1 mib").unwrap(), Size::from_bytes(1 << 20));
        assert_eq!(Size::from_bytes(0).write(), "0B");
    }

    #[test]
    fn what_is_wrong_is_said() {
        let says = |wrong: Wrong, what: &str| assert!(wrong.what.ends_with(what), "{} / {what}", wrong.what);
        says(Size::parse("1048576").unwrap_err(), "it has no unit");
        says(Size::parse("1.5MiB").unwrap_err(), "no unit is called \".5MiB\"");
        says(Size::parse("99999999999GiB").unwrap_err(), "it is too large");
        says(Period::parse("soon").unwrap_err(), "it does not begin with a whole number");
        says(MaxAge::parse("never").unwrap_err(), "it does not begin with a whole number");
        says(MaxAge::parse("0d").unwrap_err(), "would keep nothing");
        says(Rate::parse("10").unwrap_err(), "there is no `/` in it");
        says(Rate::parse("0/1s").unwrap_err(), "how many is a whole number above 0");
        says(Rate::parse("10/0s").unwrap_err(), "the time is 0");
        says(Rate::parse("10/s").unwrap_err(), "the time is a whole number and a unit");
    }
}
