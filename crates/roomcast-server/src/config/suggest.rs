//! "Did you mean": the nearest of the names that exist.

use super::settings::keys;

/// The name that was probably meant, if one is near enough.
pub(crate) fn closest<'a>(wrong: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wrong = wrong.to_lowercase();
    let far = (wrong.chars().count() / 3).max(2);
    names
        .map(|name| (strsim::damerau_levenshtein(&wrong, name), name))
        .filter(|(steps, _)| *steps <= far)
        .min()
        .map(|(_, name)| name)
}

/// What to do about a key that a section does not have.
pub(crate) fn for_key(section: &str, wrong: &str) -> String {
    let here = || keys().filter(|key| key.section == section).map(|key| key.name);
    if let Some(name) = closest(wrong, here()) {
        return format!("did you mean `{name}`?");
    }
    match keys().find(|key| key.name == wrong) {
        Some(key) => format!("`{wrong}` belongs into [{}]", key.section),
        None => format!(
            "[{section}] has {}",
            here().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        ),
    }
}

/// What to do about a section that does not exist, or a key that stands in none.
pub(crate) fn for_section(wrong: &str) -> String {
    if let Some(name) = closest(wrong, super::Config::SECTIONS.iter().map(|section| section.name)) {
        return format!("did you mean `[{name}]`?");
    }
    match keys().find(|key| key.name == wrong) {
        Some(key) => format!("write it below [{}]", key.section),
        None => format!(
            "there are {}",
            super::Config::SECTIONS.iter().map(|s| format!("[{}]", s.name)).collect::<Vec<_>>().join(", ")
        ),
    }
}

/// What to do about a variable that sets nothing.
pub(crate) fn for_variable(wrong: &str) -> String {
    let names: Vec<_> = keys().map(|key| key.variable()).collect();
    let lower: Vec<_> = names.iter().map(|name| name.to_lowercase()).collect();
    match closest(wrong, lower.iter().map(String::as_str)) {
        Some(name) => format!("did you mean {}?", name.to_uppercase()),
        None => {
            "unset it, or name it ROOMCAST_SECTION__KEY; `roomcast config show` lists the keys".to_owned()
        }
    }
}
