//! Labels from people: what each annotator is asked, blind, and the answers, which are kept as soon as they are given.
//!
//! The label file is the only state. It begins with the forms, which have a line without an answer for each entry, and
//! grows by a line for each answer; no line is ever rewritten. So it can be read at any time, several sessions can add
//! to it at the same time, and a session that is stopped loses at most an answer that was not confirmed.
//!
//! ```text
//! Material ─draw→ sample ─deal→ forms ─LabelFile→ lines ─State→ Session ─shown→ ShownTask
//!                                                   ↑                              │ a person
//!                                                   └────────── PageAnswer ←───────┘
//! ```
//!
//! Where the rubric grades single responses, everything is the same but what is shown and what is answered: a form shows
//! one response, an answer is a grade, and the lines are those of labels of grades. Forms, the label file, several
//! sessions on it, repeats, undo and progress do not depend on it, so that they are one code: a `SessionLine` is a line of
//! either kind, and an entry of a form names a comparison or a response. What has a meaning for comparisons only (sides,
//! equal pairs, a win rate) is refused.
//!
//! An annotator sees no systems, verdicts, probabilities or choices of others, and cannot tell a repeat or an equal pair
//! from other comparisons. Which response is on the left is drawn with equal probabilities for each annotator and
//! comparison. This module neither renders pages nor listens to a network: its callers do, with its types.

mod answer;
mod answered;
mod change;
mod disagreements;
mod draw;
mod entry;
mod exported;
mod form;
mod form_checks;
mod forms;
mod grade_counts;
mod label_counts;
mod label_file;
mod material;
mod merge;
mod merge_checks;
mod merge_draws;
mod merged;
mod names;
mod options;
mod other_programs;
mod people;
mod progress;
mod question;
mod session;
mod session_line;
mod shares;
mod shown;
mod sides;
mod standing_lines;
mod state;
mod stopping;

pub use answer::PageAnswer;
pub use answered::{AnsweredTask, FormTask, tasks_for_anybody};
pub use exported::{AnswersFile, is_answers_file, read_answers_file, seal_key};
pub use grade_counts::{GradeCounts, grade_counts};
pub use label_counts::{LabelCounts, label_counts};
pub use material::Material;
pub use merge::{AnswerSource, MergeOptions, merge_answers};
pub use merged::{Merged, MergedFile};
pub use options::FormOptions;
pub(crate) use other_programs::slug;
pub use other_programs::{
    ForeignAnswer, ForeignAnswers, ForeignTask, OtherProgram, TaskReference, read_foreign_answers,
};
pub use progress::{PlaceState, Progress};
pub use question::{Question, QuestionCriterion};
pub use session::Session;
pub use session_line::SessionLine;
pub use shown::{ShownResponses, ShownTask};
pub use standing_lines::{StandingLines, standing_lines};
pub use stopping::{Decision, StoppingRate, StoppingRule};
