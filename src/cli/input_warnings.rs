//! Warnings about items, with the flag that answers each.

use evenhand::Warning;

/// Returns a warning about items with the flag that answers it.
pub(super) fn input_warning(warning: &Warning) -> String {
    let flag = table_flag(warning).map(|flag| format!(" ({flag})")).unwrap_or_default();
    format!("{}{flag}", warning.message)
}

/// Returns the flag that answers a warning about the columns of a table.
pub(super) fn table_flag(warning: &Warning) -> Option<&'static str> {
    match warning.code {
        "columns-as-systems" => Some("--response COLUMN"),
        "row-ids" => Some("--id-column COLUMN"),
        _ => None,
    }
}
