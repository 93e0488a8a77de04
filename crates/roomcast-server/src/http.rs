//! HTTP: one file an endpoint, and what every answer has in common.

pub mod problem;
pub mod security_headers;
pub mod client;
pub mod admin;
mod state;
mod origin;
mod query;
mod names;
mod auth;
mod body;
pub(crate) mod etag;
mod handshake;
mod chat;
mod ws;
mod rooms;
mod api;
#[cfg(test)]
pub(crate) mod testing;

pub use client::Client;
pub use problem::Problem;

pub(crate) use state::App;

use crate::assets;
use axum::{Router, middleware};

/// Everything that people reach.
pub(crate) fn app(app: App) -> Router {
    let routes = api::router().layer(middleware::from_fn_with_state(app.clone(), auth::authenticate));
    with_manners(routes.merge(assets::router()).with_state(app))
}

/// Gives a router what every answer has: a problem in JSON for each error, and the security headers.
pub fn with_manners(router: Router) -> Router {
    router
        .fallback(problem::no_such_endpoint)
        .layer(middleware::map_response(problem::of_bare_errors))
        .layer(middleware::map_response(security_headers::add))
}
