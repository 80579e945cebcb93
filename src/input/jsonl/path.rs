//! The path of a value in a record, such as `responses.a[1].content`, for messages.

use std::fmt;

/// The path of a value: a field or an entry of what its parent leads to. It costs nothing until it is printed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Path<'a> {
    parent: Option<&'a Self>,
    step: Step<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Field(&'a str),
    Index(usize),
}

impl<'a> Path<'a> {
    /// Returns the path of a field of the record.
    pub(crate) fn new(field: &'a str) -> Self {
        Self { parent: None, step: Step::Field(field) }
    }

    /// Returns the path of a field of the object here.
    pub(crate) fn field(&'a self, field: &'a str) -> Self {
        Self { parent: Some(self), step: Step::Field(field) }
    }

    /// Returns the path of an entry of the list here; entries are counted from 0.
    pub(crate) fn index(&'a self, index: usize) -> Self {
        Self { parent: Some(self), step: Step::Index(index) }
    }

    /// Returns the path for any entry of a list, as in `responses.a[].content`, to count values of one kind.
    pub(crate) fn of_any_entry(&self) -> String {
        let parent = self.parent.map(Path::of_any_entry);
        match (parent, self.step) {
            (None, Step::Field(field)) => field.to_owned(),
            (Some(parent), Step::Field(field)) => format!("{parent}.{field}"),
            (parent, Step::Index(_)) => format!("{}[]", parent.unwrap_or_default()),
        }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            write!(f, "{parent}")?;
        }
        match (self.parent, self.step) {
            (None, Step::Field(field)) => f.write_str(field),
            (Some(_), Step::Field(field)) => write!(f, ".{field}"),
            (_, Step::Index(index)) => write!(f, "[{index}]"),
        }
    }
}
