//! REST: the same rooms by another door (`docs/protocol.md` §8), one file an endpoint.

mod rooms;
mod messages;
mod send;
mod changed;
mod edit;
mod delete;
mod presence;
mod contract;
mod limit;

use super::{App, Problem, body, chat, rooms as names, ws};
use axum::{Router, extract::DefaultBodyLimit};
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Roomcast",
        description = "Rooms over HTTP. What is said over WebSocket stands in `/api/v1/asyncapi.json`.",
    ),
    components(schemas(Problem)),
    tags(
        (name = "rooms", description = "Who is where, and what was said"),
        (name = "sockets", description = "The same as it happens"),
        (name = "contract", description = "What this server speaks"),
    )
)]
struct Head;

/// All endpoints but the page's: no route without a description, since both come from one declaration.
pub(crate) fn router() -> Router<App> {
    let (routes, openapi) = OpenApiRouter::with_openapi(Head::openapi())
        .routes(routes!(chat::chat))
        .routes(routes!(ws::ws))
        .routes(routes!(names::room_names))
        .routes(routes!(rooms::rooms))
        .routes(routes!(messages::messages, send::send))
        .routes(routes!(edit::edit, delete::delete))
        .routes(routes!(presence::presence))
        .routes(routes!(contract::openapi))
        .routes(routes!(contract::asyncapi))
        .routes(routes!(contract::protocol))
        .split_for_parts();
    routes
        .layer(axum::Extension(contract::Contract::of(&openapi)))
        .layer(DefaultBodyLimit::max(body::MOST_BYTES))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::Config, http::testing, lifecycle::Stop};
    use axum::{body::Body, http::Request};
    use serde_json::Value;
    use std::collections::BTreeSet;
    use tower::ServiceExt;

    fn app() -> Router {
        let state = App::new(testing::chat(), &Config::default(), Stop::new());
        crate::http::app(state)
    }

    async fn ask(app: &Router, method: &str, path: &str) -> (u16, Vec<u8>) {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let response = app.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        (status, axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap().into())
    }

    async fn description(app: &Router) -> Value {
        serde_json::from_slice(&ask(app, "GET", "/api/v1/openapi.json").await.1).unwrap()
    }

    /// What the router itself says that it has.
    fn routes(app: &Router) -> BTreeSet<String> {
        let text = format!("{app:?}");
        let quoted = text.split('"').filter(|part| part.starts_with('/'));
        quoted.map(str::to_owned).collect()
    }

    #[tokio::test]
    async fn every_route_but_the_pages_is_described() {
        let app = app();
        let described = description(&app).await;
        let mut expected: BTreeSet<String> =
            described["paths"].as_object().unwrap().keys().cloned().collect();
        expected.extend(["/".to_owned(), "/assets/{*path}".to_owned()]);
        // what axum keeps a fallback under
        let found: BTreeSet<_> =
            routes(&app).into_iter().filter(|path| !path.contains("__private")).collect();
        assert_eq!(found, expected);
    }

    #[tokio::test]
    async fn every_method_that_is_described_is_served_and_no_other() {
        let app = app();
        let described = description(&app).await;
        for (path, methods) in described["paths"].as_object().unwrap() {
            for method in ["get", "post", "put", "patch", "delete", "options"] {
                let asked =
                    ask(&app, &method.to_uppercase(), &path.replace("{room}", "red").replace("{seq}", "x"))
                        .await
                        .0;
                assert_eq!(asked != 405, methods.get(method).is_some(), "{method} {path}: {asked}");
                assert_ne!(asked, 404, "{method} {path}");
            }
        }
    }

    #[tokio::test]
    async fn every_endpoint_and_answer_says_what_it_is() {
        let described = description(&app()).await;
        let paths = described["paths"].as_object().unwrap();
        let mut names = BTreeSet::new();
        for operation in paths.values().flat_map(|path| path.as_object().unwrap().values()) {
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name), "{name} is there twice");
            assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{name}");
            for (status, answer) in operation["responses"].as_object().unwrap() {
                let text = answer["description"].as_str().unwrap_or_default();
                assert!(!text.is_empty(), "{name} {status}");
            }
        }
    }

    #[tokio::test]
    async fn every_reference_in_the_description_leads_somewhere() {
        let described = description(&app()).await;
        let mut open = vec![&described];
        while let Some(value) = open.pop() {
            match value {
                Value::Object(object) => open.extend(object.values()),
                Value::Array(list) => open.extend(list),
                _ => {}
            }
            if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
                let target = described.pointer(reference.trim_start_matches('#'));
                assert!(target.is_some(), "{reference}");
            }
        }
    }
}
