//! Grades of single responses: samples of them for people, and the commands that read them.

mod show;
mod verdicts;
