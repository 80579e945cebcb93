//! Words of a command line that is printed for people to copy into a shell.

use std::path::Path;

/// Returns a word as a shell reads it back.
pub(super) fn quoted(word: &str) -> String {
    let is_plain = |char: char| char.is_alphanumeric() || "-_./:@%+,=".contains(char);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Returns a path as a word of a shell, which no command takes for a flag.
pub(super) fn quoted_path(path: &Path) -> String {
    let path = path.display().to_string();
    if path.starts_with('-') { quoted(&format!("./{path}")) } else { quoted(&path) }
}

/// Returns a flag with its value, with a space before it.
pub(super) fn flag(name: &str, value: &str) -> String {
    // A value that begins with a dash would be another flag.
    let between = if value.starts_with('-') { "=" } else { " " };
    format!(" {name}{between}{}", quoted(value))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{flag, quoted, quoted_path};

    #[test]
    fn a_word_is_quoted_where_a_shell_would_split_or_expand_it() {
        assert_eq!(quoted("runs/a-1.db"), "runs/a-1.db");
        for (word, as_typed) in
            [("", "''"), ("a b", "'a b'"), ("$(rm x)", "'$(rm x)'"), ("it's", r"'it'\''s'")]
        {
            assert_eq!(quoted(word), as_typed);
        }
    }

    #[test]
    fn what_begins_with_a_dash_is_no_flag() {
        assert_eq!(quoted_path(Path::new("-x y")), "'./-x y'");
        assert_eq!(flag("--judge", "-x"), " --judge=-x");
        assert_eq!(flag("--judge", "a b"), " --judge 'a b'");
    }
}
