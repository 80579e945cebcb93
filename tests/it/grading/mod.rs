//! Grades of single responses: samples of them for people.

mod derived;
mod sample;
