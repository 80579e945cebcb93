//! The page on which people label, from a server or as a file.
//!
//! Both are the same page; `about`, a piece of JSON in it, says where answers go. A task comes to it as JSON in which
//! every text is a tree of nodes, made here: the script creates elements from it and sets texts, and never parses
//! anything as HTML. A task says nothing of systems, ids, verdicts or other people.
//!
//! ```text
//! ShownTask ─content, differences→ texts with marks ─markdown, highlight→ nodes ─task_json→ JSON ┬→ a server's answer
//!                                                                                                └→ ExportedForm ─page→ HTML
//! ```
//!
//! The page contains its scripts in this order: `../html/dom.js` creates elements; `content.js` creates those of nodes;
//! `seal.js` computes an HMAC; `stores.js` keeps answers on the server or in the browser; `clock.js` measures time;
//! `notices.js` shows messages; `remarks.js` is what can be said beside a choice; `kinds.js` is what differs between
//! comparing two responses and grading one; `keys.js` handles keys; `label.js` is the page.
//!
//! [`owner_page`] is another page, of whoever collects the labels.

mod content;
mod differences;
mod highlight;
mod languages;
mod markdown;
mod nodes;
mod owner;
mod page;
mod pretty_json;
mod task;

pub use owner::owner_page;
pub use page::{ExportedForm, exported_label_page, served_label_page};
pub use task::task_json;
