//! Items, labels, rubrics, settings and recordings: how they are read, and how errors name their place.

mod conversations;
mod file_kinds;
mod grade_label_errors;
mod grade_labels;
mod graded_rubrics;
mod import;
mod invalid;
mod invalid_conversations;
mod invalid_settings;
mod labels;
mod references;
mod sample;
mod server_command;
mod shipped;
mod streams;
mod table_labels;
mod tables;
mod unreadable;
