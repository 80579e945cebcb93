//! Reports for people.

mod calibration;
mod cases;
mod overview;
mod plot;
mod unreadable;
