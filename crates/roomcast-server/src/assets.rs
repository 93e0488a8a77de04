//! The page and what it loads, embedded as written (read from the disk in debug builds).

use crate::http::{Problem, etag};
use axum::{
    Router,
    extract::Path,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use rust_embed::{EmbeddedFile, Metadata, RustEmbed};

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../web"]
#[include = "*.html"]
#[include = "*.css"]
#[include = "*.js"]
#[include = "*.mjs"]
#[include = "*.svg"]
#[include = "*.png"]
#[include = "*.ico"]
#[include = "*.webmanifest"]
#[include = "vendor/LICENSE-*"]
#[exclude = "*.test.mjs"]
#[exclude = "test/*"]
#[exclude = "vendor.mjs"]
#[exclude = "node_modules/*"]
struct Web;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../sdk/js/src"]
#[include = "*.mjs"]
#[exclude = "*.test.mjs"]
struct Sdk;

/// `GET /` and `GET /assets/…`.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/", get(async |headers: HeaderMap| answer(Web::get("index.html"), "index.html", &headers)))
        .route(
            "/assets/{*path}",
            get(async |Path(path): Path<String>, headers: HeaderMap| answer(find(&path), &path, &headers)),
        )
}

fn find(path: &str) -> Option<EmbeddedFile> {
    if !is_plain(path) {
        return None;
    }
    match path.strip_prefix("sdk/") {
        Some(rest) => Sdk::get(rest),
        None => Web::get(path),
    }
}

/// Whether a path is made of ordinary names only; decoded, it could be anything.
fn is_plain(path: &str) -> bool {
    let name = |part: &str| {
        !part.starts_with('.') && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    path.split('/').all(|part| !part.is_empty() && name(part))
}

fn answer(file: Option<EmbeddedFile>, path: &str, headers: &HeaderMap) -> Response {
    let Some(file) = file else {
        return Problem::of_status(StatusCode::NOT_FOUND, "there is no such file").into_response();
    };
    let content = ([(header::CONTENT_TYPE, media_type(path))], file.data);
    etag::answer(headers, etag::tag(&hash(&file.metadata)), content)
}

/// The first half of the content's hash.
fn hash(metadata: &Metadata) -> String {
    metadata.sha256_hash().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("webmanifest") => "application/manifest+json",
        None if path.contains("LICENSE") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{
        body::Body,
        http::{HeaderValue, Request},
    };
    use tower::ServiceExt;

    async fn get_with(path: &str, tag: Option<&HeaderValue>) -> Response {
        let mut request = Request::get(path).body(Body::empty()).unwrap();
        if let Some(tag) = tag {
            request.headers_mut().insert(header::IF_NONE_MATCH, tag.clone());
        }
        crate::http::with_manners(router()).oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn every_embedded_file_is_served_and_known_again() {
        let web = Web::iter().map(|path| format!("/assets/{path}"));
        for path in web.chain(Sdk::iter().map(|path| format!("/assets/sdk/{path}"))) {
            let response = get_with(&path, None).await;
            assert_eq!(response.status(), 200, "{path}");
            assert_ne!(response.headers()["content-type"], "application/octet-stream", "{path}");
            assert_eq!(response.headers()["cache-control"], "no-cache");
            let again = get_with(&path, Some(&response.headers()["etag"])).await;
            assert_eq!(again.status(), 304, "{path}");
        }
    }

    #[tokio::test]
    async fn s27_no_path_leads_out() {
        for path in [
            "/assets/../Cargo.toml",
            "/assets/..%2fCargo.toml",
            "/assets/%2e%2e/Cargo.toml",
            "/assets/..%5cCargo.toml",
            "/assets/%2fetc%2fpasswd",
            "/assets//etc/passwd",
            "/assets/index.html%00.css",
            "/assets/.%2f",
            "/assets/sdk/..%2f..%2fpackage.json",
            "/assets/sdk/%2e%2e/package.json",
            "/assets/",
            "/assets/%",
            "/assets/%ff",
        ] {
            let status = get_with(path, None).await.status();
            assert!(status == 404 || status == 400, "{path} {status}");
        }
    }

    #[test]
    fn nothing_but_the_page_is_embedded() {
        for path in Web::iter().chain(Sdk::iter()) {
            assert!(
                !path.contains("test") && !path.contains("package") && !path.contains("node_modules"),
                "{path}"
            );
            assert!(is_plain(&path), "{path} could not be asked for");
        }
    }
}
