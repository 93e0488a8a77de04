//! `docs/threat-model.md` stays true: every bar of security is there once, and every test that is named exists.

use std::collections::BTreeSet;

use super::files::{File, read};

const DOCUMENT: &str = "docs/threat-model.md";

/// The bars are numbered from 1 to this.
const BARS: usize = 50;

/// What a row without a test must say.
const NOT_YET: &str = "not yet";

/// A bar: its number, the words in backticks of its last cell, and whether something is missing.
struct Row {
    bar: usize,
    tests: Vec<String>,
    is_open: bool,
}

pub(crate) fn check(files: &[File]) -> Vec<String> {
    let rows = rows(&read(DOCUMENT));
    let tests = tests(files);
    let mut complaints = missing_bars(&rows);
    complaints.extend(rows.iter().flat_map(|row| unproved(row, &tests)));
    complaints
}

/// The rows of its tables: `| S7 | threat | what stops it | tests |`.
fn rows(document: &str) -> Vec<Row> {
    document.lines().filter_map(row).collect()
}

fn row(line: &str) -> Option<Row> {
    let (bar, rest) = line.strip_prefix("| S")?.split_once(" |")?;
    let last = rest.trim_end().strip_suffix('|')?.rsplit('|').next()?;
    let tests = last.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    Some(Row { bar: bar.parse().ok()?, tests, is_open: last.contains(NOT_YET) })
}

fn missing_bars(rows: &[Row]) -> Vec<String> {
    let times = |bar| rows.iter().filter(|row| row.bar == bar).count();
    let wrong = (1..=BARS).filter(|bar| times(*bar) != 1);
    wrong.map(|bar| format!("{DOCUMENT}: S{bar} needs one row, and has {}", times(bar))).collect()
}

fn unproved(row: &Row, tests: &BTreeSet<String>) -> Vec<String> {
    let bar = row.bar;
    if row.tests.is_empty() && !row.is_open {
        return vec![format!("{DOCUMENT}: S{bar} names no test and does not say {NOT_YET:?}")];
    }
    let unknown = row.tests.iter().filter(|test| !tests.contains(*test));
    unknown.map(|test| format!("{DOCUMENT}: S{bar} names {test:?}, which is no test")).collect()
}

/// The names of all tests, of Rust and of JavaScript.
fn tests(files: &[File]) -> BTreeSet<String> {
    let rust = files.iter().filter(|file| file.is("rs")).flat_map(|file| rust_tests(&file.text));
    let script = files.iter().filter(|file| file.is("mjs")).flat_map(|file| script_tests(&file.text));
    rust.chain(script).collect()
}

/// Functions with an attribute that says `test`.
fn rust_tests(text: &str) -> Vec<String> {
    let (mut is_test, mut names) = (false, Vec::new());
    for line in text.lines().map(str::trim) {
        if line.starts_with("#[") {
            is_test |= ["test]", "test("].iter().any(|end| line.contains(end)) && !line.contains("cfg(");
        } else {
            names.extend(function(line).filter(|_| is_test));
            is_test = false;
        }
    }
    names
}

fn function(line: &str) -> Option<String> {
    let rest = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ")?;
    Some(rest.split('(').next()?.to_owned())
}

/// `test('name', …`.
fn script_tests(text: &str) -> Vec<String> {
    let starts = text.lines().filter_map(|line| line.trim().strip_prefix("test('"));
    starts.filter_map(|rest| Some(rest.split("',").next()?.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File { path: path.into(), text: text.into() }
    }

    #[test]
    fn functions_are_tests_when_an_attribute_says_so() {
        let rust = "#[test]\n#[ignore]\nfn one() {\n}\nfn helper() {}\n#[tokio::test(flavor = \"x\")]\nasync fn two() {\n}\n#[cfg(test)]\nfn no() {}\n";
        let script = "test('54: a name', bounded, async () => {\n  test('it is, too', () => {\n";
        let found = tests(&[file("a.rs", rust), file("b.mjs", script), file("c.md", rust)]);
        assert_eq!(
            found.iter().map(String::as_str).collect::<Vec<_>>(),
            ["54: a name", "it is, too", "one", "two"]
        );
    }

    #[test]
    fn a_bar_names_tests_that_exist_or_says_that_there_is_none() {
        let known = BTreeSet::from(["there".to_owned()]);
        let complaints = |line| unproved(&row(line).expect("a row"), &known).len();
        assert_eq!(complaints("| S1 | t | `code` | `there` |"), 0);
        assert_eq!(complaints("| S1 | t | s | `there`, `gone` |"), 1);
        assert_eq!(complaints("| S1 | t | s | not yet: nobody tried |"), 0);
        assert_eq!(complaints("| S1 | t | s | somehow |"), 1);
    }

    #[test]
    fn each_bar_has_one_row() {
        let row = |bar| format!("| S{bar} | t | s | not yet |\n");
        let all: String = (1..=BARS).map(row).collect();
        assert_eq!(missing_bars(&rows(&all)).len(), 0);
        assert_eq!(missing_bars(&rows(&(all.clone() + &row(7)))).len(), 1);
        assert_eq!(missing_bars(&rows(&all.replace("| S9 |", "| S1 |"))).len(), 2);
    }
}
