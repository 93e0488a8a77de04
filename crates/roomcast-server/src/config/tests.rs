//! The configuration as a whole: precedence, mistakes, and what is written about each key.

use super::{
    settings::{key, keys},
    *,
};

fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("roomcast.toml");
    std::fs::write(&path, text).unwrap();
    (dir, path)
}

fn mistakes(text: &str) -> Vec<(usize, usize, String, String)> {
    let (_dir, path) = file(text);
    let error = Sources { file: Some(path), ..Sources::default() }.load().unwrap_err();
    let place = |origin: &Origin| match origin {
        Origin::File { line, column, .. } => (*line, *column),
        _ => (0, 0),
    };
    error.mistakes.into_iter().map(|m| (place(&m.origin).0, place(&m.origin).1, m.what, m.help)).collect()
}

#[test]
fn every_key_documents_its_default() {
    let defaults = Config::default();
    for key in keys() {
        let last = key.doc.last().copied().unwrap_or_default();
        assert_eq!(last, format!(" Default: `{}`.", (key.to_toml)(&defaults)), "{}", key.path());
    }
}

#[test]
fn every_key_comes_back_as_it_was_written() {
    for key in keys() {
        let written = format!("[{}]\n{} = {}\n", key.section, key.name, (key.to_toml)(&Config::default()));
        let (_dir, path) = file(&written);
        let loaded = Sources { file: Some(path), ..Sources::default() }.load().unwrap();
        assert_eq!(loaded.config, Config::default(), "{written}");
        assert!(matches!(loaded.origin(&key.path()), Origin::File { line: 2, column: 1, .. }));
    }
}

#[test]
fn flag_goes_before_variable_before_file_before_default() {
    let (_dir, path) = file("[server]\nlisten = \"127.0.0.1:1\"\npublic_url = \"http://file\"\nshards = 3\n");
    let sources = Sources {
        file: Some(path),
        variables: variables(&[
            ("ROOMCAST_SERVER__LISTEN", "127.0.0.1:2"),
            ("ROOMCAST_SERVER__PUBLIC_URL", "http://variable"),
        ]),
        flags: vec![Flag { name: "--listen", key: "server.listen", value: "127.0.0.1:3".into() }],
        ..Sources::default()
    };
    let loaded = sources.load().unwrap();
    assert_eq!(loaded.config.server.listen, "127.0.0.1:3".parse().unwrap());
    assert_eq!(loaded.config.server.public_url.origin(), Some("http://variable"));
    assert_eq!(loaded.config.server.shards, 3);
    assert_eq!(loaded.config.limits.per_ip.get(), 100);
    assert_eq!(loaded.origin("server.listen"), Origin::Flag("--listen"));
    assert_eq!(loaded.origin("server.public_url"), Origin::Variable("ROOMCAST_SERVER__PUBLIC_URL".into()));
    assert!(matches!(loaded.origin("server.shards"), Origin::File { line: 4, .. }));
    assert_eq!(loaded.origin("limits.per_ip"), Origin::Default);
    assert_eq!(loaded.n_from_file(), 1);
}

const SEEDED: &str = r#"[server]
lisen = "127.0.0.1:3000"
listen = "localhost:3000"
  trusted_proxies = ["10.0.0.0/8", "10.0.0.0/99"]
shards = "2"

[limit]
connections = 5

[limits]
messages = "10 per second"
per_ip = -1
outbound_queue = "1048576"

[store]
url = "sqllite"
durability = true
"#;

const FOUND: &str = r#"
2:1 unknown key `lisen` in [server] -> did you mean `listen`?
3:10 server.listen: "localhost:3000" is not an address with a port -> names are not looked up: write "127.0.0.1:3000"
4:36 server.trusted_proxies: "10.0.0.0/99" is not a network -> write an address or a network such as "10.0.0.0/8"
5:10 server.shards: a whole number belongs here, this is a string -> write it as digits, without quotes
7:2 unknown section `[limit]` -> did you mean `[limits]`?
11:12 limits.messages: "10 per second" is not a rate: there is no `/` in it -> write how many in what time, such as "10/1s"
12:10 limits.per_ip: "-1" is not a number that fits here -> write a whole number from 1 to 4294967295
13:18 limits.outbound_queue: "1048576" is not a size: it has no unit -> write a whole number and one of B, KiB, MiB, GiB, such as "1MiB"
16:7 store.url: "sqllite" is not a store that this version knows -> did you mean "sqlite"? There are "sqlite", "memory", "postgres://…"
17:14 store.durability: a string belongs here, this is true or false -> write one of "full" "relaxed"
"#;

#[test]
fn ten_seeded_mistakes_are_all_found_where_they_stand() {
    let line = |(line, column, what, help): (usize, usize, String, String)| {
        format!("{line}:{column} {what} -> {help}\n")
    };
    let found: String = mistakes(SEEDED).into_iter().map(line).collect();
    assert_eq!(found, FOUND.trim_start());
}

#[test]
fn bad_toml_does_not_hide_what_is_wrong_behind_it() {
    let found = mistakes("[server]\nlisten = 127.0.0.1:3000\nshard = 1\nshards = 1\nshards = 2\n");
    assert!(found.iter().any(|(line, _, what, _)| *line == 2 && what.starts_with("not TOML")), "{found:#?}");
    assert!(found.iter().any(|(line, _, what, _)| *line == 3 && what.contains("`shard`")), "{found:#?}");
    assert!(found.iter().any(|(line, _, what, _)| *line == 5 && what.contains("duplicate")), "{found:#?}");
    assert!(found.iter().all(|(_, _, what, help)| !what.contains('\n') && !help.contains('\n')));
}

#[test]
fn a_database_has_one_durability() {
    let text = "[store]\nurl = \"postgres://ann:s3cret@h/chat\"\ndurability = \"relaxed\"\n";
    assert!(mistakes(text)[0].2.contains("store.durability: PostgreSQL keeps whatever was acknowledged"));
}

#[test]
fn a_key_in_the_wrong_place_is_sent_to_the_right_one() {
    assert_eq!(mistakes("per_ip = 5\n")[0].3, "write it below [limits]");
    assert_eq!(mistakes("[server]\nper_ip = 5\n")[0].3, "`per_ip` belongs into [limits]");
    assert_eq!(mistakes("store = \"memory\"\n")[0].2, "`store` is a section, not a key");
    assert!(
        mistakes("[metrics]\nlisten = \"127.0.0.1:3000\"\n")[0].2.contains("also the address of the chat")
    );
    assert!(mistakes("[limits]\noutbound_queue = \"1KiB\"\n")[0].2.contains("would not fit"));
}

#[test]
fn variables_are_checked_but_not_those_of_kubernetes() {
    let load = |pairs: &[(&str, &str)]| Sources { variables: variables(pairs), ..Sources::default() }.load();
    let error =
        load(&[("ROOMCAST_LIMIT__PERIP", "5"), ("ROOMCAST_LIMITS__CONNECTIONS", "many")]).unwrap_err();
    assert_eq!(error.mistakes[0].help, "did you mean ROOMCAST_LIMITS__PER_IP?");
    assert_eq!(error.mistakes[1].origin, Origin::Variable("ROOMCAST_LIMITS__CONNECTIONS".into()));
    assert!(
        load(&[("ROOMCAST_PORT_3000_TCP", "tcp://10.0.0.1:3000"), ("ROOMCAST_SERVICE_HOST", "10.0.0.1")])
            .is_ok()
    );
    let lists = load(&[
        ("ROOMCAST_SERVER__ALLOWED_ORIGINS", "same-origin, https://a.example"),
        ("STATE_DIRECTORY", "/var/lib/roomcast:/x"),
    ])
    .unwrap();
    assert_eq!(
        lists.config.server.allowed_origins,
        [AllowedOrigin::Same, AllowedOrigin::Exact("https://a.example".into())]
    );
    assert_eq!(lists.config.server.data_dir, PathBuf::from("/var/lib/roomcast"));
}

#[test]
fn the_template_is_the_default_with_or_without_its_marks() {
    for text in [template(), template().replace("\n#", "\n")] {
        let text: String = text
            .lines()
            .filter(|line| line.starts_with('[') || line.contains(" = "))
            .map(|l| format!("{l}\n"))
            .collect();
        let (_dir, path) = file(&text);
        let loaded = Sources { file: Some(path), ..Sources::default() }.load().unwrap();
        assert_eq!(loaded.config, Config::default());
    }
    assert!(key("server.listen").is_some());
}

#[test]
fn what_is_shown_can_be_read_again() {
    let sources =
        Sources { variables: variables(&[("ROOMCAST_LIMITS__MESSAGES", "5/1m")]), ..Sources::default() };
    let loaded = sources.load().unwrap();
    let (_dir, path) = file(&show(&loaded, true));
    let again = Sources { file: Some(path), ..Sources::default() }.load().unwrap();
    assert_eq!(again.config, loaded.config);
    assert!(show(&loaded, true).contains("# ROOMCAST_LIMITS__MESSAGES"));
    assert!(!show(&loaded, false).contains('#'));
}
