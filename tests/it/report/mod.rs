//! Reports for people.

mod calibration;
mod cases;
mod plot;
mod unreadable;
