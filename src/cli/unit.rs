//! The words for what is judged.

use evenhand::trial::Unit;

/// Returns the word for one of what is judged.
pub(super) fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::Comparison => "comparison",
        Unit::Response => "response",
    }
}
