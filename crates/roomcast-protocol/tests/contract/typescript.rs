//! The TypeScript declarations.

use roomcast_protocol::{CloseCode, Envelope, ErrorCode, ServerFrame};
use std::{collections::BTreeMap, fmt::Write as _};
use ts_rs::{Config, TS, TypeVisitor};

const HEAD: &str = "\
// The words that a Roomcast server and its clients say to each other. Written from the Rust types of
// `roomcast-protocol` by `ROOMCAST_BLESS=1 cargo test -p roomcast-protocol`: do not edit.
";

/// All of `protocol.d.ts`.
pub(super) fn declarations() -> String {
    let mut types = Types { config: Config::new().with_large_int("number"), found: BTreeMap::new() };
    types.visit::<Envelope<'static>>();
    types.visit::<ServerFrame<'static>>();
    types.visit::<ErrorCode>();
    let mut out = HEAD.to_owned();
    for text in types.found.values() {
        write!(out, "\n{text}\n").unwrap();
    }
    out + CHOSEN + &close_codes()
}

const CHOSEN: &str = "
/** A client frame of one `type`. */
export type ClientFrameOf<T extends ClientFrame[\"type\"]> = Extract<ClientFrame, { type: T }>;

/** A server frame of one `type`. */
export type ServerFrameOf<T extends ServerFrame[\"type\"]> = Extract<ServerFrame, { type: T }>;
";

/// Collects a type and what it is made of, by name.
struct Types {
    config: Config,
    found: BTreeMap<String, String>,
}

impl TypeVisitor for Types {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        // Numbers, texts, lists: nothing to be declared, but what they are made of is.
        T::visit_generics(self);
        if T::output_path().is_none() || self.found.contains_key(&T::ident(&self.config)) {
            return T::visit_dependencies(self);
        }
        let declaration = format!("{}export {}", T::docs().unwrap_or_default(), T::decl(&self.config));
        let declaration = lay_out(&super::without_links(&declaration));
        self.found.insert(T::ident(&self.config), declaration);
        T::visit_dependencies(self);
    }
}

fn close_codes() -> String {
    let mut out = "\n/** Why the server closed a connection, and what a client does then. */\n".to_owned();
    out.push_str("export interface CloseCodes {\n");
    for code in CloseCode::ALL {
        let (number, name, reconnect) = (code.code(), code.name(), code.reconnect().as_str());
        writeln!(out, "  /** {}. */", code.meaning()).unwrap();
        writeln!(out, "  {number}: {{ name: \"{name}\"; reconnect: \"{reconnect}\" }};").unwrap();
    }
    out + "}\n\nexport type CloseCode = keyof CloseCodes;\nexport type Reconnect = CloseCodes[CloseCode][\"reconnect\"];\n"
}

/// One field a line, indented, comments of one line on one line; ts-rs leaves that to formatters.
fn lay_out(declaration: &str) -> String {
    let one_line = |text: &str| text.replace("/**\n * ", "/** ").replace("\n */", " */");
    let (mut out, mut depth) = (String::new(), 0_usize);
    for line in one_line(declaration).replace(", }", ",\n}").lines() {
        for line in broken(line.trim_end()) {
            if line.starts_with('}') {
                depth -= 1;
            }
            writeln!(out, "{}{line}", "  ".repeat(depth)).unwrap();
            if line.ends_with('{') {
                depth += 1;
            }
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// The lines that a line of ts-rs is to be: `{ "type": "x",` opens an object, and long unions stand one a line.
fn broken(line: &str) -> Vec<String> {
    let line = line.replace("\"type\": ", "type: ");
    match line.rfind("{ type: ").filter(|_| line.ends_with(',')) {
        Some(at) => vec![line[..=at].to_owned(), line[at + 2..].to_owned()],
        None if line.len() > 110 && line.starts_with("export") => {
            line.replace(" | ", "\n  | ").replace(" = ", " =\n  | ").lines().map(str::to_owned).collect()
        }
        None => vec![line],
    }
}
