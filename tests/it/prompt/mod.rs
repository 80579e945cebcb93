//! Prompts: how items are rendered, and what hostile text can do in them.

mod conversations;
mod grade;
mod hostile_text;
