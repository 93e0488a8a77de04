//! The report's JSON and its schema, compared: as much of JSON Schema as the report's uses, read strictly.

use roomcast_load::report::SCHEMA;
use serde_json::{Map, Value};

/// The report is what the schema describes, no field less and no field more.
#[track_caller]
pub(crate) fn assert_conforms(report: &str) {
    let (schema, report) = (schema(), serde_json::from_str(report).unwrap());
    let mut complaints = Vec::new();
    check("report", &schema, &schema, &report, &mut complaints);
    assert!(complaints.is_empty(), "{complaints:#?}");
}

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
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
    let mut fields = 0;
    walk("report", &schema(), &mut |at, field| {
        fields += 1;
        assert!(field["description"].as_str().is_some_and(|text| text.len() > 5), "{at} has no description");
    });
    assert!(fields > 50, "{fields}");
}

#[test]
fn what_does_not_conform_is_noticed() {
    let schema = serde_json::json!({
        "type": "object", "additionalProperties": false, "required": ["a"],
        "properties": { "a": { "type": "integer", "minimum": 1 }, "b": { "type": "string" } }
    });
    for (value, bad) in
        [(r#"{"a":1,"b":""}"#, 0), (r#"{"a":0}"#, 1), (r#"{"a":1.5}"#, 1), (r#"{"b":"","c":1}"#, 2)]
    {
        let mut complaints = Vec::new();
        check("it", &schema, &schema, &serde_json::from_str(value).unwrap(), &mut complaints);
        assert_eq!(complaints.len(), bad, "{value} {complaints:?}");
    }
}
