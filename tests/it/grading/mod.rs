//! Grades of single responses: samples of them for people.

mod sample;
