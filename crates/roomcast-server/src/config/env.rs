//! The environment: `ROOMCAST_SECTION__KEY`, lists with commas.

use super::{
    load::Draft,
    origin::{Mistake, Origin},
    settings::{Key, keys},
    suggest,
};

/// What the name of every variable of ours begins with.
pub(crate) const PREFIX: &str = "ROOMCAST_";

/// Puts the variables into the draft. What is wrong with them is noted there.
pub(crate) fn read(draft: &mut Draft, variables: &[(String, String)]) {
    for (name, value) in
        variables.iter().filter(|(name, _)| name.starts_with(PREFIX) && !is_service_link(name))
    {
        match keys().find(|key| key.variable() == *name) {
            Some(key) => set(draft, key, name, value),
            None => draft.mistakes.push(Mistake {
                origin: Origin::Variable(name.clone()),
                what: "no key is set by this variable".to_owned(),
                help: suggest::for_variable(name),
            }),
        }
    }
}

fn set(draft: &mut Draft, key: &'static Key, name: &str, value: &str) {
    let origin = Origin::Variable(name.to_owned());
    match (key.from_text)(&mut draft.config, value) {
        Ok(()) => draft.note(key, origin),
        Err(wrong) => draft.mistakes.push(Mistake { origin, what: wrong.what, help: wrong.help }),
    }
}

/// Whether Kubernetes set it: a service called `roomcast` gives every container of its namespace `ROOMCAST_PORT`,
/// `ROOMCAST_SERVICE_HOST` and their like, which are nobody's mistake.
fn is_service_link(name: &str) -> bool {
    let rest = &name[PREFIX.len()..];
    !rest.contains("__") && (rest == "PORT" || rest.starts_with("PORT_") || rest.starts_with("SERVICE_"))
}
