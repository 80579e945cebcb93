//! Items, labels, rubrics, settings and recordings: what is read, and what is refused with its place.

mod import;
mod invalid;
mod references;
mod shipped;
mod streams;
