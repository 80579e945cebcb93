//! Reports for people.

mod calibration;
mod cases;
mod diff;
mod diff_redaction;
mod html;
mod label_page;
mod overview;
mod plot;
mod unreadable;
