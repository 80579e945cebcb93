//! `evenhand import`: files of other programs and published sets in their own layouts.

mod alpaca_eval;
mod arenas;
mod benchmarks;
mod faults;
mod grade_tables;
mod graded;
mod kept;
mod promptfoo;
mod published;
mod recognition;
mod small;
mod tools;
