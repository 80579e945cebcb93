//! Items, labels, rubrics, settings and recordings: how they are read, and how errors name their place.

mod import;
mod invalid;
mod references;
mod shipped;
mod streams;
