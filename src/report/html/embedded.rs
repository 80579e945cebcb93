//! Data in a page, as elements that the browser does not run.
//!
//! Base64 has no character that HTML interprets; plain JSON escapes `<`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Result};

/// Returns the element of a small value, as JSON.
pub(in crate::report) fn embedded_json(id: &str, value: &Value) -> String {
    element("application/json", id, &value.to_string().replace('<', "\\u003c"))
}

/// Returns the element of a large value: JSON, compressed and in base64.
///
/// # Errors
///
/// The value cannot be compressed.
pub(in crate::report) fn embedded_packed(id: &str, value: &impl Serialize) -> Result<String> {
    let pack = || {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        serde_json::to_writer(&mut encoder, value)?;
        encoder.finish()
    };
    let bytes = pack().map_err(|error: std::io::Error| {
        Error::internal(format!("the data of a page cannot be compressed: {error}"))
    })?;
    Ok(element("text/plain", id, &STANDARD.encode(bytes)))
}

fn element(kind: &str, id: &str, data: &str) -> String {
    format!("<script type=\"{kind}\" id=\"{id}\">{data}</script>\n")
}
