//! Grades of single responses: the numbers of a run of grades, samples for people, and the commands that read a run.

mod diff;
mod export;
mod merge;
mod rank;
mod sample;
mod show;
mod verdicts;
