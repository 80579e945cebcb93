//! What people write: items, responses in files of their own, labels, rubrics, prompts, settings; and
//! what others have published, turned into these.
//!
//! This module reads and checks; it decides nothing about judging. Every failure names the file, the
//! line and the field. Files come in from the outside and are hostile: nothing in them is executed,
//! and no text of an item is ever taken for a template.

mod import;
mod item_source;
mod items;
mod json;
mod labels;
mod line_index;
mod recording;
mod reference;
mod responses;
mod roster;
mod rubric;
mod settings;
mod shipped;
mod toml;

pub use import::{Imported, ImportedJudge, PublishedSet, import_published, write_imported};
pub use item_source::{ItemReader, ItemSource, Items, read_items};
pub(crate) use items::changed_field;
pub use items::{Content, Item, Message};

pub(crate) use json::{kind_of, parse_unique, read_json};
pub use labels::{Label, Labels, labelled_ids, read_labels};
pub use recording::{RecordedReply, Recording, prepare_recording, write_recording};
pub use reference::Reference;
pub use roster::Roster;
pub(crate) use rubric::parse_stored_rubric;
pub use rubric::{Criterion, LoadedRubric, PromptSource, ReplyFormat, Rubric, Take, load_rubric};
pub use settings::{Connection, JudgeSettings, NO_LIMIT_ABOVE, Price, Settings, read_settings};
pub use shipped::{ShippedFile, starting_files};
