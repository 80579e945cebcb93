//! The names that systems may have.

/// Checks that `name` may be the name of a system; the error says why not.
pub(crate) fn check_system_name(name: &str) -> std::result::Result<(), String> {
    if name.is_empty() {
        Err("a system's name is empty".to_owned())
    } else if name == "tie" || name == "jury" || name.starts_with("builtin:") {
        Err(format!("`{name}` is a reserved name and cannot be a system"))
    } else {
        Ok(())
    }
}
