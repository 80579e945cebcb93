//! Prompts: how items are rendered, and what hostile text can do in them.

mod hostile_text;
