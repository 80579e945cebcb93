//! Reads what users write (items, response files, labels, rubrics, prompts, settings) and imports published
//! data sets into these formats.
//!
//! This module reads and validates; it decides nothing about judging. Every error names the file, the line
//! and the field. Input files are untrusted: nothing in them is executed, and the text of an item is never
//! rendered as a template.

mod conversation;
mod data_file;
mod generated;
mod grade_labels;
mod import;
mod item_source;
mod items;
mod jsonl;
mod known_items;
mod label_values;
mod labels;
mod occurrences;
mod read_conversation;
mod recorded_answer;
mod recorded_grade;
mod recording;
mod reference;
mod response_file;
mod rubric;
mod settings;
mod shipped;
mod similar_names;
mod system_counts;
mod system_name;
mod table;
mod tags;
mod template;
mod text;
mod toml;
mod vote;

pub use conversation::{Content, ToolCall, Turn};
pub use data_file::DataFile;
pub use generated::{Generated, ResponseMark};
pub use grade_labels::{
    GradeAnswer, GradeDetails, GradeLabel, GradeLabels, GradeLine, GradeTask, GradeWords,
    SkippedGrade, grade_words, read_grade_labels, read_grade_lines,
};
pub use import::{
    ImportFormat, ImportOptions, Imported, ImportedJudge, import_files, write_imported,
};
pub use item_source::{ItemReader, ItemSource, Items, read_items, read_scored_items};
pub(crate) use items::changed_field;
pub use items::{Item, Message};
pub(crate) use jsonl::{first_record, kind_of, parse_unique, read_json, read_records};
pub use known_items::{KnownItems, item_names};
pub(crate) use labels::{
    AnsweredForms, ComparisonKey, StandingAnswers, StandingLine, TaskKey, normal_word,
};
pub use labels::{
    Disagreement, EqualPairAnswer, Label, LabelAnswer, LabelDetails, LabelLine, LabelPlace,
    LabelSide, LabelTask, Labels, OtherLines, SkipReason, SkippedLabel, labelled_ids,
    read_label_lines, read_labels,
};
pub(crate) use occurrences::Occurrences;
pub use recorded_answer::RecordedAnswer;
pub use recorded_grade::RecordedGrade;
pub use recording::{RecordedReply, Recording, prepare_recording, write_recording};
pub use reference::Reference;
pub(crate) use rubric::parse_stored_rubric;
pub use rubric::{
    Criterion, Grade, LoadedRubric, PromptSource, ReplyFormat, Rubric, Scale, Step, Take,
    load_rubric,
};
pub use settings::{
    Api, Connection, EARLIER_MAX_TOKENS, EndpointSettings, JudgeProgram, JudgeSettings,
    NO_LIMIT_ABOVE, Price, ServerCommand, Servers, Settings, Stragglers, SystemSettings,
    read_settings,
};
pub use shipped::{ShippedFile, starter_files};
pub use similar_names::AlikeIds;
pub(crate) use similar_names::{alike, look_alike};
pub use system_counts::SystemCount;
pub(crate) use system_counts::SystemCounts;
pub(crate) use system_name::check_system_name;
pub(crate) use table::looks_like_formula;
#[cfg(test)]
pub(crate) use table::restored;
pub use table::{EmptyCells, ItemColumns, LabelColumns};
pub use tags::{TagCheck, TagFilter};
pub use template::LoadedTemplate;
pub(crate) use text::{open_text, read_text};
pub use vote::{RecordedVote, Vote};
