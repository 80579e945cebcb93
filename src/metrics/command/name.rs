//! What to call a command in a table: a short name, taken from the command itself.

use std::path::Path;

/// Returns the name of the metric that a command computes.
///
/// It is the file stem of the first word after the program that names an existing file, else the file
/// stem of the program. Whatever is neither a letter nor a digit nor one of `-_.` becomes `-`. `exists`
/// says whether a path is a file; it is a parameter so that this function looks at no disk.
///
/// Words are what lies between white space or within quotation marks; no variable is expanded. A command
/// without a program is called `command`.
///
/// # Examples
///
/// ```
/// use evenhand::metrics::name_of;
///
/// let exists = |path: &std::path::Path| path.ends_with("check.py");
/// assert_eq!(name_of("python check.py", exists), "check");
/// assert_eq!(name_of("./compiles --fast", exists), "compiles");
/// assert_eq!(name_of("python -m refusal", exists), "python");
/// ```
pub fn name_of(command: &str, exists: impl Fn(&Path) -> bool) -> String {
    let words = words(command);
    let file = words.iter().skip(1).find(|word| exists(Path::new(word)));
    let named = file.or_else(|| words.first()).map_or("", String::as_str);
    let stem = Path::new(named)
        .file_stem()
        .map_or_else(|| "command".into(), |stem| stem.to_string_lossy());
    let plain = |char: char| char.is_alphanumeric() || matches!(char, '-' | '_' | '.');
    stem.chars().map(|char| if plain(char) { char } else { '-' }).collect()
}

/// Splits a command at white space that is not within quotation marks, and drops the marks.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut within) = (Vec::new(), None::<String>, None);
    for char in command.chars() {
        match within {
            Some(mark) if char == mark => within = None,
            None if matches!(char, '\'' | '"') => {
                within = Some(char);
                word.get_or_insert_default();
            }
            None if char.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(char),
        }
    }
    words.extend(word);
    words
}
