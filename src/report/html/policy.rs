//! The content security policy of a page.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};

/// Where a page may send requests to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) enum Requests {
    /// Nowhere.
    None,
    /// To the server that it came from.
    OwnServer,
}

/// Returns a policy that allows nothing but one style and one script, which are written in the page itself: no
/// request to anywhere else, no other script, no style in an attribute, no form, no frame, and no text that becomes
/// HTML.
pub(in crate::report) fn policy(style: &str, script: &str, requests: Requests) -> String {
    let digest = |text: &str| STANDARD.encode(digest(&SHA256, text.as_bytes()));
    let connect = match requests {
        Requests::None => "",
        Requests::OwnServer => "connect-src 'self'; ",
    };
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; {connect}\
         base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
        digest(style),
        digest(script)
    )
}
