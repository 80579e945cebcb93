//! What the columns of a table mean, as far as the user says it.

/// What an empty cell in the column of a response means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EmptyCells {
    /// It is an error: a table cannot say whether the response is empty or missing.
    #[default]
    Error,
    /// The response is empty, and is judged like any other.
    EmptyResponse,
    /// There is no response of that system to the item.
    NoResponse,
}

/// Which columns of a table make an item. What is not set follows from the names of the columns.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ItemColumns {
    /// The column of the id; by default `id`, or the numbers of the rows if there is none.
    pub id: Option<String>,
    /// The column of the prompt; by default `prompt`.
    pub prompt: Option<String>,
    /// The systems, each with the column of its responses; if there are any, no other column is a response. By
    /// default all columns without another meaning, each a system of that name.
    pub responses: Vec<(String, String)>,
    /// Whether columns without another meaning are no responses, as in a file of prompts.
    pub only_named_responses: bool,
    /// Columns that hold labels and no responses.
    pub labels: Vec<String>,
    /// What an empty cell of a response means.
    pub empty_cells: EmptyCells,
}

impl Layout {
    /// Returns the name of the column that is enough for a table; `None` if several are needed.
    pub(in crate::input) fn only_column(&self) -> Option<&str> {
        match self {
            Self::Items(columns) if columns.only_named_responses => {
                Some(columns.prompt.as_deref().unwrap_or("prompt"))
            }
            _ => None,
        }
    }
}

impl ItemColumns {
    /// Returns whether a column is named, which has no meaning in a file that is not a table.
    pub(in crate::input) fn names_a_column(&self) -> bool {
        self.id.is_some() || self.prompt.is_some() || !self.responses.is_empty()
    }
}

/// Which columns of a table hold labels.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct LabelColumns {
    /// The column of the id; by default `id`.
    pub id: Option<String>,
    /// The columns of the winners, or of the grades, each filled in by one annotator, who is named by the column or, if
    /// there is only one, by the column `annotator`. By default `winner`, or else `grade`.
    pub winners: Vec<String>,
    /// The systems, each with the column of its responses in the table of items: a label may name the column.
    pub responses: Vec<(String, String)>,
}

impl LabelColumns {
    /// Returns the system that a cell names: by its name, or else by the column of its responses.
    pub(super) fn system<'a>(&'a self, cell: &'a str) -> &'a str {
        let is_system = self.responses.iter().any(|(system, _)| system == cell);
        let by_column = || self.responses.iter().find(|(_, column)| column == cell);
        by_column().filter(|_| !is_system).map_or(cell, |(system, _)| system)
    }
}

/// What the rows of a table are.
#[derive(Debug, Clone)]
pub(in crate::input) enum Layout {
    Items(ItemColumns),
    Labels(LabelColumns),
    GradeLabels(LabelColumns),
    Responses(EmptyCells),
    Recording,
    /// Another program's table: every column is a field of its name.
    AnyFields,
}

/// The columns of a label file. In a table of items they are no responses.
pub(super) const LABEL_COLUMNS: [&str; 6] =
    ["winner", "annotator", "between", "between.1", "between.2", "probability"];
