//! Rules for source files: a head that says what it is, a size one can hold in mind, nothing half-done.

use super::files::File;

/// Lines above which a file must be split, or stand in [`LONG`] with its reason.
const MAX_LINES: usize = 400;

/// Files that are long for a reason.
const LONG: &[(&str, &str)] = &[];

/// Words of unfinished work, in two halves so that this file does not find itself.
const UNFINISHED: &[(&str, &str)] =
    &[("todo", "!("), ("unimplemented", "!("), ("FIX", "ME"), ("XX", "X:"), ("dbg", "!(")];

pub(crate) fn check(files: &[File]) -> Vec<String> {
    let sources =
        files.iter().filter(|file| file.is("rs") || file.is("js") || file.is("mjs") || file.is("css"));
    let complaints = sources.flat_map(|file| [headless(file), too_long(file), unfinished(file)]);
    complaints.flatten().chain(stale_exceptions(files)).collect()
}

/// A file of Rust starts by saying what it holds.
fn headless(file: &File) -> Option<String> {
    let wrong = file.is("rs") && !file.text.starts_with("//!") && file.name() != "tests.rs";
    wrong.then(|| format!("{}: start with `//!` and say what the file holds", file.path))
}

fn too_long(file: &File) -> Option<String> {
    let lines = file.text.lines().count();
    let allowed = lines <= MAX_LINES || LONG.iter().any(|(path, _)| *path == file.path);
    (!allowed).then(|| format!("{}: {lines} lines; split it by concept, at {MAX_LINES} at most", file.path))
}

fn unfinished(file: &File) -> Option<String> {
    let mut lines = file.text.lines().enumerate();
    let (number, word) = lines.find_map(|(number, line)| Some((number + 1, unfinished_word(line)?)))?;
    Some(format!("{}:{number}: {word} is unfinished work; finish it or file an issue", file.path))
}

fn unfinished_word(line: &str) -> Option<String> {
    UNFINISHED.iter().map(|(head, tail)| format!("{head}{tail}")).find(|word| line.contains(word.as_str()))
}

/// An exception that is not needed any more must go.
fn stale_exceptions(files: &[File]) -> Vec<String> {
    let is_long =
        |path: &str| files.iter().any(|file| file.path == path && file.text.lines().count() > MAX_LINES);
    let stale = LONG.iter().filter(|(path, reason)| !is_long(path) || reason.is_empty());
    stale.map(|(path, _)| format!("{path}: is not long, or has no reason; take it off the list")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(path: &str, text: &str) -> usize {
        check(&[File { path: path.into(), text: text.into() }]).len()
    }

    #[test]
    fn a_file_needs_a_head_a_bound_and_an_end() {
        assert_eq!(complaints("a.rs", "//! Good.\n"), 0);
        assert_eq!(complaints("a.rs", "fn headless() {}\n"), 1);
        assert_eq!(complaints("a/tests.rs", "use super::*;\n"), 0);
        assert_eq!(complaints("a.rs", &format!("//! Long.\n{}", "\n".repeat(MAX_LINES))), 1);
        assert_eq!(complaints("a.mjs", &format!("// {}{}: later\n", "FIX", "ME")), 1);
        assert_eq!(complaints("a.md", "anything"), 0);
    }
}
