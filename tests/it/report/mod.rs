//! Reports for people.

mod calibration;
mod cases;
mod diff;
mod diff_redaction;
mod generated;
mod grading;
pub(crate) mod html;
pub(crate) mod label_page;
mod overview;
mod plot;
mod unreadable;
