//! Reports for people.

mod calibration;
mod cases;
mod diff;
mod diff_redaction;
pub(crate) mod html;
mod label_page;
mod overview;
mod plot;
mod unreadable;
