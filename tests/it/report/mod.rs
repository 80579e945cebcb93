//! Reports for people.

mod calibration;
mod cases;
mod diff;
mod diff_redaction;
pub(crate) mod html;
mod overview;
mod plot;
mod unreadable;
