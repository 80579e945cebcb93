//! Reports for people.

mod calibration;
mod cases;
mod diff;
mod plot;
mod unreadable;
