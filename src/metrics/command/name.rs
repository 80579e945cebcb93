//! The default name of a command metric, derived from its command line.

use std::path::Path;

/// Returns the default name of the metric that a command computes.
///
/// It is the file stem of the first argument that names an existing file, else the file stem of the program.
/// Characters other than letters, digits and `-_.` are replaced by `-`. `exists` returns whether a path is an
/// existing file; it is a parameter so that this function does not access the file system.
///
/// Words are separated by white space outside of quotation marks; variables are not expanded. An empty command is
/// called `command`.
///
/// # Examples
///
/// ```
/// use evenhand::metrics::command_name;
///
/// let exists = |path: &std::path::Path| path.ends_with("check.py");
/// assert_eq!(command_name("python check.py", exists), "check");
/// assert_eq!(command_name("./compiles --fast", exists), "compiles");
/// assert_eq!(command_name("python -m refusal", exists), "python");
/// ```
pub fn command_name(command: &str, exists: impl Fn(&Path) -> bool) -> String {
    let words = words(command);
    let file = words.iter().skip(1).find(|word| exists(Path::new(word)));
    let named = file.or_else(|| words.first()).map_or("", String::as_str);
    let stem = Path::new(named)
        .file_stem()
        .map_or_else(|| "command".into(), |stem| stem.to_string_lossy());
    let plain = |char: char| char.is_alphanumeric() || matches!(char, '-' | '_' | '.');
    stem.chars().map(|char| if plain(char) { char } else { '-' }).collect()
}

/// Splits a command at white space outside of quotation marks, and removes the marks.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut open_quote) = (Vec::new(), None::<String>, None);
    for char in command.chars() {
        match open_quote {
            Some(mark) if char == mark => open_quote = None,
            None if matches!(char, '\'' | '"') => {
                open_quote = Some(char);
                word.get_or_insert_default();
            }
            None if char.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(char),
        }
    }
    words.extend(word);
    words
}
