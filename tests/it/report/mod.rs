//! Reports for people.

mod calibration;
mod cases;
mod diff;
mod html;
mod overview;
mod plot;
mod unreadable;
