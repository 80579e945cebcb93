//! Reports of a ranking: as text and CSV. JSON is the ranking itself.

mod csv;
mod loss;
mod matrix;
mod sentences;
mod shown;
mod table;

pub(in crate::report) use matrix::Matrix;

pub use csv::ranking_csv;
pub use sentences::ranking_headline;
pub use table::ranking_table;
