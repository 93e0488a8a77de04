//! What stands both in `docs/protocol.md` and in code stands there alike: close codes and error codes.

use std::collections::BTreeSet;

use super::files::read;

const DOCUMENT: &str = "docs/protocol.md";

pub(crate) fn check() -> Vec<String> {
    let document = read(DOCUMENT);
    let section = document.split("\n## ").find(|section| section.starts_with("6.")).unwrap_or_default();
    let close = read("crates/roomcast-protocol/src/close.rs");
    let error = read("crates/roomcast-protocol/src/error.rs");
    let mut complaints = compare("close code", &close_codes(section), &close_codes_in_code(&close));
    complaints.extend(compare("error code", &error_codes(section), &error_codes_in_code(&error)));
    complaints
}

type Words = BTreeSet<String>;

fn compare(what: &str, documented: &Words, coded: &Words) -> Vec<String> {
    if documented.is_empty() || coded.is_empty() {
        return vec![format!("{DOCUMENT}: no {what} found in section 6, or none in code")];
    }
    let only_documented =
        documented.difference(coded).map(|it| format!("{DOCUMENT}: {what} {it} is not in code"));
    let only_coded =
        coded.difference(documented).map(|it| format!("{DOCUMENT}: {what} {it} is not documented"));
    only_documented.chain(only_coded).collect()
}

/// The four-digit numbers of the table, without the ends of ranges such as `4000–4499`.
fn close_codes(section: &str) -> Words {
    let rows = section.lines().filter(|line| line.starts_with("| "));
    let words = rows.flat_map(|row| row.split(|c: char| !c.is_ascii_digit() && c != '\u{2013}'));
    words.filter(|word| is_code(word)).map(str::to_owned).collect()
}

fn is_code(word: &str) -> bool {
    word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// The first word of each row of the table in `close.rs`.
fn close_codes_in_code(source: &str) -> Words {
    let words = source.lines().filter_map(|line| line.strip_prefix("    ")?.split(' ').next());
    words.filter(|word| is_code(word)).map(str::to_owned).collect()
}

/// The words in backticks of the paragraph that lists them.
fn error_codes(section: &str) -> Words {
    let list = section.split("\n\n").find(|paragraph| paragraph.contains("`bad_frame`")).unwrap_or_default();
    let words = list.split('`').skip(1).step_by(2);
    words.filter(|word| !["code", "message"].contains(word)).map(str::to_owned).collect()
}

/// The right-hand sides of `as_str`.
fn error_codes_in_code(source: &str) -> Words {
    let words = source.lines().filter_map(|line| line.trim().split_once(" => \"")?.1.strip_suffix("\","));
    words.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(list: &[&str]) -> Words {
        list.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn close_codes_are_numbers_but_not_the_ends_of_ranges() {
        let section =
            "6. Errors\n\n| 1001, 1012 | restart |\n| 4000\u{2013}4499 | worth it: 4003 token, 4008 slow |\n";
        assert_eq!(close_codes(section), words(&["1001", "1012", "4003", "4008"]));
        assert_eq!(
            close_codes_in_code("close_codes! {\n    1000 Done \"done\";\n    $x\n}"),
            words(&["1000"])
        );
    }

    #[test]
    fn error_codes_are_the_words_in_backticks() {
        let section =
            "6. Errors\n\n`code` is stable, `message` for people. `bad_frame`, `empty`.\n\nmore `words`\n";
        assert_eq!(error_codes(section), words(&["bad_frame", "empty"]));
        assert_eq!(
            error_codes_in_code("    Self::Empty => \"empty\",\n    Self::Empty => 400,"),
            words(&["empty"])
        );
    }
}
