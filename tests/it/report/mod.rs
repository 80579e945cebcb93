//! Reports for people.

mod calibration;
mod cases;
mod diff;
mod overview;
mod plot;
mod unreadable;
