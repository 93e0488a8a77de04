//! What is printed as JSON and its schema, compared: as much of JSON Schema as ours use, read strictly.

use roomcast_load::{history, report};
use serde_json::{Map, Value};

/// The text is what the schema describes, no field less and no field more.
#[track_caller]
pub(crate) fn assert_conforms(schema: &str, text: &str) {
    let (schema, value) = (read(schema), read(text));
    let mut complaints = Vec::new();
    check("it", &schema, &schema, &value, &mut complaints);
    assert!(complaints.is_empty(), "{complaints:#?}");
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn check(at: &str, root: &Value, schema: &Value, value: &Value, complaints: &mut Vec<String>) {
    if let Some(path) = schema["$ref"].as_str() {
        let name = path.strip_prefix("#/$defs/").unwrap();
        return check(at, root, &root["$defs"][name], value, complaints);
    }
    let fits = match schema["type"].as_str().unwrap() {
        "object" => value.is_object(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "integer" => value.is_u64(),
        "number" => value.is_number(),
        other => panic!("{at}: the type {other} is not known here"),
    };
    let below =
        schema["minimum"].as_f64().is_some_and(|least| value.as_f64().is_some_and(|value| value < least));
    let differs = schema.get("const").is_some_and(|constant| constant != value);
    if !fits || below || differs {
        complaints.push(format!("{at}: {value} is not as described"));
    }
    for (n, item) in value.as_array().into_iter().flatten().enumerate() {
        check(&format!("{at}[{n}]"), root, &schema["items"], item, complaints);
    }
    if let Some(object) = value.as_object() {
        check_fields(at, root, schema, object, complaints);
    }
}

fn check_fields(
    at: &str,
    root: &Value,
    schema: &Value,
    object: &Map<String, Value>,
    complaints: &mut Vec<String>,
) {
    assert_eq!(schema["additionalProperties"], false, "{at}");
    for name in schema["required"].as_array().unwrap() {
        if !object.contains_key(name.as_str().unwrap()) {
            complaints.push(format!("{at}: {name} is missing"));
        }
    }
    for (name, value) in object {
        match schema["properties"].get(name) {
            Some(described) => check(&format!("{at}.{name}"), root, described, value, complaints),
            None => complaints.push(format!("{at}: {name} is not described")),
        }
    }
}

/// Calls `see` with every field's description.
fn walk(at: &str, schema: &Value, see: &mut impl FnMut(&str, &Value)) {
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        see(&format!("{at}.{name}"), field);
    }
    for (name, part) in schema["$defs"].as_object().into_iter().flatten() {
        walk(name, part, see);
    }
}

#[test]
fn every_field_is_described() {
    for (schema, least) in [(report::SCHEMA, 50), (history::SCHEMA, 20)] {
        let mut fields = 0;
        walk("it", &read(schema), &mut |at, field| {
            fields += 1;
            assert!(
                field["description"].as_str().is_some_and(|text| text.len() > 5),
                "{at} has no description"
            );
        });
        assert!(fields > least, "{fields}");
    }
}

#[test]
fn what_does_not_conform_is_noticed() {
    let schema = serde_json::json!({
        "type": "object", "additionalProperties": false, "required": ["a"],
        "properties": {
            "a": { "type": "integer", "minimum": 1 },
            "b": { "type": "string" },
            "d": { "type": "array", "items": { "type": "string" } }
        }
    });
    for (value, bad) in [
        (r#"{"a":1,"b":"","d":["x"]}"#, 0),
        (r#"{"a":0}"#, 1),
        (r#"{"a":1.5}"#, 1),
        (r#"{"b":"","c":1}"#, 2),
        (r#"{"a":1,"d":["x",1]}"#, 1),
    ] {
        let mut complaints = Vec::new();
        check("it", &schema, &schema, &serde_json::from_str(value).unwrap(), &mut complaints);
        assert_eq!(complaints.len(), bad, "{value} {complaints:?}");
    }
}
