//! The AsyncAPI 3.0 document: the two endpoints around the JSON Schema of every frame.

use roomcast_protocol::{CloseCode, Envelope, MAX_SEQ, ServerFrame};
use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

/// All of `asyncapi.json`.
pub(super) fn document() -> String {
    // AsyncAPI 3.0 reads a schema as draft 07 unless told otherwise.
    let settings = SchemaSettings::draft07().with(|s| s.definitions_path = "/components/schemas".into());
    let mut generator = settings.into_generator();
    let client = messages::<Envelope<'static>>(&mut generator, "client");
    let server = messages::<ServerFrame<'static>>(&mut generator, "server");
    let schemas: Map<String, Value> = generator.take_definitions(true);
    let chat = channel("/chat/{room}", "One room, joined at once.", &client, &server);
    let many = channel("/ws", "Many rooms, joined and left by frames.", &client, &server);
    let mut document = json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Roomcast",
            "version": "1",
            "description": "Rooms over WebSocket. One text message is one JSON object, tagged by `type`; fields and \
                            types that a receiver does not know are ignored.",
            "license": { "name": "Apache-2.0 OR MIT" },
        },
        "defaultContentType": "application/json",
        "channels": { "chat": with_room(chat), "ws": many },
        "operations": operations(&client, &server),
        "components": { "messages": named(client, server), "schemas": schemas },
        "x-close-codes": close_codes(),
    });
    plain(&mut document);
    serde_json::to_string_pretty(&document).unwrap() + "\n"
}

/// One message per `type` of a family of frames, by name.
type Messages = Vec<(String, Value)>;

fn messages<T: JsonSchema>(generator: &mut SchemaGenerator, side: &str) -> Messages {
    let schema = T::json_schema(generator).to_value();
    let (common, required) = (&schema["properties"], &schema["required"]);
    assert!(required.is_null(), "fields that every frame must have are not expected here");
    let variants = schema["oneOf"].as_array().unwrap();
    variants.iter().map(|variant| message(variant, common, side)).collect()
}

fn message(variant: &Value, common: &Value, side: &str) -> (String, Value) {
    let kind = variant["properties"]["type"]["const"].as_str().unwrap().to_owned();
    let mut payload = variant.clone();
    let summary = payload.as_object_mut().unwrap().remove("description").unwrap();
    let fields = payload["properties"].as_object_mut().unwrap();
    fields
        .extend(common.as_object().into_iter().flatten().map(|(name, field)| (name.clone(), field.clone())));
    (format!("{side}_{kind}"), json!({ "name": kind, "summary": summary, "payload": payload }))
}

fn channel(address: &str, description: &str, client: &Messages, server: &Messages) -> Value {
    let message = |(name, _): &(String, Value)| {
        (name.clone(), json!({ "$ref": format!("#/components/messages/{name}") }))
    };
    let messages: Map<String, Value> = client.iter().chain(server).map(message).collect();
    json!({ "address": address, "description": description, "messages": messages })
}

fn with_room(mut channel: Value) -> Value {
    channel["parameters"] = json!({ "room": { "description": "The room's name." } });
    channel
}

/// AsyncAPI tells what *this application*, the server, does: it receives what clients send.
fn operations(client: &Messages, server: &Messages) -> Value {
    let operation = |action: &str, channel: &str, messages: &Messages| {
        let reference =
            |(name, _): &(String, Value)| json!({ "$ref": format!("#/channels/{channel}/messages/{name}") });
        let messages: Vec<Value> = messages.iter().map(reference).collect();
        json!({ "action": action, "channel": { "$ref": format!("#/channels/{channel}") }, "messages": messages })
    };
    // On /chat/{room} there is nothing to join, and nothing to leave but the connection.
    let in_one_room = |(name, _): &&(String, Value)| name != "client_join" && name != "client_leave";
    let chat: Messages = client.iter().filter(in_one_room).cloned().collect();
    json!({
        "chat_receive": operation("receive", "chat", &chat),
        "chat_send": operation("send", "chat", server),
        "ws_receive": operation("receive", "ws", client),
        "ws_send": operation("send", "ws", server),
    })
}

fn named(client: Messages, server: Messages) -> Map<String, Value> {
    client.into_iter().chain(server).collect()
}

fn close_codes() -> Vec<Value> {
    let row = |code: &CloseCode| {
        let (name, meaning, reconnect) = (code.name(), code.meaning(), code.reconnect().as_str());
        json!({ "code": code.code(), "name": name, "meaning": meaning, "reconnect": reconnect })
    };
    CloseCode::ALL.iter().map(row).collect()
}

/// Makes what schemars says of Rust's types say what is on the wire.
fn plain(value: &mut Value) {
    if let Some(object) = value.as_object_mut() {
        bound_numbers(object);
        forget_null(object);
        wrap_reference(object);
        if let Some(Value::String(docs)) = object.get_mut("description") {
            *docs = super::without_links(docs).replace('\n', " ");
        }
    }
    match value {
        Value::Object(object) => object.values_mut().for_each(plain),
        Value::Array(list) => list.iter_mut().for_each(plain),
        _ => {}
    }
}

/// Numbers are those that JavaScript can tell apart; the names of Rust's types say nothing to others.
fn bound_numbers(schema: &mut Map<String, Value>) {
    let format = schema.get("format").and_then(Value::as_str).map(str::to_owned);
    let Some(format) = format.filter(|format| format.contains("int")) else {
        return;
    };
    schema.remove("format");
    schema.entry("maximum").or_insert(json!(MAX_SEQ));
    if !format.starts_with('u') {
        schema.entry("minimum").or_insert(json!(-i64::try_from(MAX_SEQ).unwrap()));
    }
}

/// Optional fields are left out, not `null`.
fn forget_null(schema: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|kind| kind != "null");
        schema["type"] = schema["type"][0].take();
    }
    if let Some(Value::Array(choices)) = schema.get_mut("anyOf") {
        choices.retain(|choice| choice["type"] != "null");
        if let [only] = choices.as_slice() {
            let only = only.clone();
            schema.remove("anyOf");
            schema.extend(only.as_object().unwrap().clone());
        }
    }
}

/// Draft 07 ignores what stands beside a `$ref`.
fn wrap_reference(schema: &mut Map<String, Value>) {
    if schema.len() > 1
        && let Some(reference) = schema.remove("$ref")
    {
        schema.insert("allOf".to_owned(), json!([{ "$ref": reference }]));
    }
}
