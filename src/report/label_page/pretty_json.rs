//! JSON with line breaks, for reading.
//!
//! Only white space between tokens changes: a number stays as it was written, and a key that is there twice is shown
//! twice.

use serde::de::IgnoredAny;

/// How much longer than the text the result may become; deep nesting makes much white space.
const MOST_GROWTH: usize = 8;

/// Returns JSON of an object or a list with a line for each value; `None` if the text is none, or would become too long.
pub(super) fn pretty_json(text: &str) -> Option<String> {
    let text = text.trim();
    if !text.starts_with(['{', '[']) || serde_json::from_str::<IgnoredAny>(text).is_err() {
        return None;
    }
    let most = text.len() * MOST_GROWTH + 1_000;
    let mut pretty = String::with_capacity(text.len() * 2);
    let (mut depth, mut is_string, mut is_escaped) = (0_usize, false, false);
    let mut before = ' ';
    for char in text.chars() {
        if is_string {
            pretty.push(char);
            is_string = is_escaped || char != '"';
            is_escaped = char == '\\' && !is_escaped;
        } else if !char.is_ascii_whitespace() {
            let is_end = matches!(char, '}' | ']');
            depth -= usize::from(is_end);
            let begins = matches!(before, '{' | '[' | ',');
            let is_empty = is_end && matches!(before, '{' | '[');
            if (begins || is_end) && !is_empty {
                pretty.push('\n');
                pretty.extend(std::iter::repeat_n("  ", depth));
            } else if before == ':' {
                pretty.push(' ');
            }
            depth += usize::from(matches!(char, '{' | '['));
            pretty.push(char);
            is_string = char == '"';
            before = char;
        }
        if pretty.len() > most {
            return None;
        }
    }
    Some(pretty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_has_its_line_and_is_as_it_was_written() {
        let text = r#" {"a":[1.50,{"b":"x{\",\\"}],"a":1e999,"c":{},"d":[ ]}"#;
        let expected = "{\n  \"a\": [\n    1.50,\n    {\n      \"b\": \"x{\\\",\\\\\"\n    }\n  ],\n  \"a\": 1e999,\n  \"c\": {},\n  \"d\": []\n}";
        assert_eq!(pretty_json(text).unwrap(), expected);
    }

    #[test]
    fn a_text_that_is_no_object_and_no_list_stays() {
        for text in ["", "1", "\"a\"", "{a}", "[1,]", "see [1]"] {
            assert_eq!(pretty_json(text), None, "{text}");
        }
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(pretty_json(&deep), None);
        let wide = format!("{}{}{}", "[".repeat(100), "1,".repeat(10_000) + "1", "]".repeat(100));
        assert_eq!(pretty_json(&wide), None);
    }
}
