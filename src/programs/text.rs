//! What programs print, in the form in which messages show it.

/// What Python prints for values that are not written as JSON, and what its `json` module writes for numbers that
/// are not valid JSON.
const PYTHON_LITERALS: [&str; 9] =
    ["True", "False", "None", "nan", "inf", "-inf", "NaN", "Infinity", "-Infinity"];

/// Returns a text as one line of at most `length` characters, with control characters escaped.
pub(crate) fn one_line(text: &str, length: usize) -> String {
    let mut line = String::new();
    for (count, char) in text.trim().chars().enumerate() {
        if count == length {
            line.push('…');
            break;
        }
        if char.is_control() { line.extend(char.escape_default()) } else { line.push(char) }
    }
    line
}

/// Returns a hint for a line of output that is no valid answer; `python` says how Python writes one.
pub(crate) fn stdout_hint(line: &[u8], python: &'static str) -> &'static str {
    let is_python =
        PYTHON_LITERALS.iter().any(|word| word.as_bytes() == line) || line.starts_with(b"{'");
    if is_python { python } else { "write only answers to stdout, and logs to stderr" }
}
