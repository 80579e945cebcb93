//! The page of whoever collects labels: who has done how much, and the numbers so far on request.
//!
//! The page is the same for everyone: it asks the server that it comes from for everything that it shows, and sets it as
//! text. It must not show numbers without being asked, since numbers that are seen while people label influence them.

use minijinja::{Value, context};

use crate::error::Result;
use crate::report::html::{Requests, policy, render_plain};

const TEMPLATE: &str = include_str!("owner.j2");
const STYLE: &str = include_str!("../html/page.css");
const SCRIPT: &str = include_str!("owner.js");

/// Returns the page of whoever collects labels. It asks its server for `api/overview`, and for `api/numbers` when a button
/// is pressed.
///
/// # Errors
///
/// A fault of evenhand itself.
pub fn owner_page() -> Result<String> {
    let safe = |text: &str| Value::from_safe_string(text.to_owned());
    let context = context! {
        policy => safe(&policy(STYLE, SCRIPT, Requests::OwnServer)),
        style => safe(STYLE),
        script => safe(SCRIPT),
    };
    render_plain(TEMPLATE, context)
}
