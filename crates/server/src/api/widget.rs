//! The widget's own files, where the service hands them out: `/widget/nidan-flow.js` leads to the
//! folder of the version.

use std::path::Path;

use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use nidan_protocol::ErrorCode;
use tower::ServiceBuilder;
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::Service;
use crate::config::ConfigError;
use crate::refusal::Refusal;

/// The element's script.
const ENTRY: &str = "nidan-flow.js";
/// The path has the version in it: what is there never changes (RFC 8246).
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Which version is the current one may change with the next start.
const FOR_A_WHILE: &str = "public, max-age=300";

/// The part of the package's own description that is needed.
#[derive(serde::Deserialize)]
struct Package {
    version: String,
}

/// The version in a folder that `cargo xtask dist` made.
///
/// # Errors
/// [`ConfigError::Value`] when it is no such folder.
pub(crate) fn version(folder: &Path) -> Result<String, ConfigError> {
    let wrong = |reason: String| ConfigError::Value {
        key: "widget_folder".to_owned(),
        reason,
    };
    let text = std::fs::read_to_string(folder.join("package.json"))
        .map_err(|error| wrong(format!("{}: {error}", folder.display())))?;
    let Package { version } =
        serde_json::from_str(&text).map_err(|error| wrong(format!("package.json: {error}")))?;
    let is_plain = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '.' | '-' | '+');
    if version.is_empty() || !version.chars().all(is_plain) || !folder.join(ENTRY).is_file() {
        return Err(wrong(format!(
            "{} is no folder that `cargo xtask dist` made",
            folder.display()
        )));
    }
    Ok(version)
}

/// The files, as they are and compressed.
pub(super) fn routes(folder: &Path, version: &str) -> Router<Service> {
    // Relative: a proxy may serve all of this under a path of its own.
    let entry = format!("{version}/{ENTRY}");
    let current = async move || {
        (
            StatusCode::TEMPORARY_REDIRECT,
            [
                (header::LOCATION, entry),
                (header::CACHE_CONTROL, FOR_A_WHILE.to_owned()),
            ],
        )
    };
    let immutable = |response: &axum::http::Response<_>| {
        let stands =
            response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
        stands.then(|| HeaderValue::from_static(FOR_EVER))
    };
    // Words in eleven languages are in scripts and sheets too.
    let in_utf_8 = |response: &axum::http::Response<_>| {
        let known = response
            .headers()
            .get(header::CONTENT_TYPE)?
            .to_str()
            .ok()?;
        let is_bare = known.starts_with("text/") && !known.contains("charset");
        let named = is_bare.then(|| HeaderValue::try_from([known, "; charset=utf-8"].concat()))?;
        named.ok()
    };
    let nothing =
        tower::service_fn(async |_request| Ok(Refusal::new(ErrorCode::NotFound).into_response()));
    let files = ServeDir::new(folder)
        .append_index_html_on_directories(false)
        .precompressed_br()
        .precompressed_gzip()
        .fallback(nothing);
    let files = ServiceBuilder::new()
        .layer(SetResponseHeaderLayer::if_not_present(
            header::CACHE_CONTROL,
            immutable,
        ))
        .layer(SetResponseHeaderLayer::overriding(
            header::CONTENT_TYPE,
            in_utf_8,
        ))
        // A cache on the way must not hand brotli to whoever does not read it.
        .layer(SetResponseHeaderLayer::appending(
            header::VARY,
            HeaderValue::from_static("accept-encoding"),
        ))
        .service(files);
    Router::new()
        .route("/widget/nidan-flow.js", get(current))
        .nest_service(&format!("/widget/{version}"), files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_none_is_refused_by_the_settings_name() {
        let folder = tempfile::tempdir().unwrap();
        let refused = || version(folder.path()).unwrap_err().to_string();
        assert!(refused().starts_with("`widget_folder`: "), "{}", refused());
        std::fs::write(
            folder.path().join("package.json"),
            "{ \"version\": \"../1\" }",
        )
        .unwrap();
        assert!(refused().contains("cargo xtask dist"), "{}", refused());
        std::fs::write(
            folder.path().join("package.json"),
            "{ \"version\": \"1.0.0\" }",
        )
        .unwrap();
        std::fs::write(folder.path().join(ENTRY), "").unwrap();
        assert_eq!(version(folder.path()).unwrap(), "1.0.0");
    }
}
