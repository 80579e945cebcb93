//! Labels from people: forms, sessions and the label file they write.

mod answers;
mod merge;
mod other_programs;
