//! Labels from people: forms, sessions and the label file they write.
