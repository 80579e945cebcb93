//! Parses the JSON of servers, which is not always JSON.
//!
//! Python's `json` writes `NaN` and `Infinity`, and half of a surrogate pair where a model was cut off inside a
//! character; proxies pass invalid UTF-8 on. What a text lacks is replaced, never guessed: half a pair and
//! invalid bytes become U+FFFD, numbers that JSON does not have become null, control characters are escaped.

use std::fmt::Write as _;

use serde_json::Value;

/// Parses JSON; where that fails, once more with what is not JSON replaced. `None` if it is no JSON even then.
pub(in crate::judge) fn parse_json(body: &[u8]) -> Option<Value> {
    if let Ok(value) = serde_json::from_slice(body) {
        return Some(value);
    }
    serde_json::from_str(&repaired(&String::from_utf8_lossy(body))).ok()
}

/// Returns the text with everything replaced that JSON does not allow, as far as it has a replacement.
fn repaired(text: &str) -> String {
    let mut output = String::with_capacity(text.len());
    let mut rest = text;
    let mut in_string = false;
    while let Some(char) = rest.chars().next() {
        let length = match (in_string, char) {
            (true, '\\') => escape(rest, &mut output),
            (true, '\0'..='\u{1f}') => {
                let _infallible = write!(output, "\\u{:04x}", u32::from(char)).is_ok();
                1
            }
            (_, '"') => {
                in_string = !in_string;
                output.push(char);
                1
            }
            (false, 'N' | 'I' | '-') if let Some(length) = not_a_number(rest) => {
                output.push_str("null");
                length
            }
            _ => {
                output.push(char);
                char.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    output
}

/// Writes the escape with which a text begins, or U+FFFD for half of a surrogate pair; returns its length.
fn escape(text: &str, output: &mut String) -> usize {
    let Some(unit) = unicode_escape(text) else {
        let length = 1 + text[1..].chars().next().map_or(0, char::len_utf8);
        output.push_str(&text[..length]);
        return length;
    };
    let length = match unit {
        0xd800..=0xdbff => match unicode_escape(&text[6..]) {
            Some(0xdc00..=0xdfff) => 12,
            _ => 0,
        },
        0xdc00..=0xdfff => 0,
        _ => 6,
    };
    output.push_str(if length == 0 { "\\ufffd" } else { &text[..length] });
    length.max(6)
}

/// Returns the code unit of the `\u` escape at the beginning of a text: four hexadecimal digits.
fn unicode_escape(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(())?;
    u16::from_str_radix(digits, 16).ok()
}

/// Returns the length of a number that JSON does not have, at the beginning of a text.
fn not_a_number(text: &str) -> Option<usize> {
    ["NaN", "Infinity", "-Infinity", "-NaN"]
        .into_iter()
        .find(|word| text.starts_with(word))
        .map(str::len)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_json_is_replaced() {
        for (text, expected) in [
            (
                &br#"{"a":NaN,"b":[-Infinity,Infinity],"c":-1}"#[..],
                json!({"a":null,"b":[null,null],"c":-1}),
            ),
            (br#"{"a":"NaN \" Infinity"}"#, json!({"a":"NaN \" Infinity"})),
            (br#"["x\ud83d", 1]"#, json!(["x\u{fffd}", 1])),
            (br#"["x\ud83dy", "\ude00"]"#, json!(["x\u{fffd}y", "\u{fffd}"])),
            (br#"["\ud83d\ude00 \ud83d"]"#, json!(["\u{1f600} \u{fffd}"])),
            (br#"["\ud83d\ud83d\ude00"]"#, json!(["\u{fffd}\u{1f600}"])),
            (br#"["\\ud83d\\", NaN]"#, json!(["\\ud83d\\", null])),
            (b"[\"a\xff\xfeb\"]", json!(["a\u{fffd}\u{fffd}b"])),
            (b"[\"a\nb\tc\"]", json!(["a\nb\tc"])),
            (br#"["\u00e9\ud8"]"#, Value::Null),
            (br#"{"a": None}"#, Value::Null),
            (br#"{"a": "#, Value::Null),
            (b"", Value::Null),
        ] {
            let shown = String::from_utf8_lossy(text);
            assert_eq!(parse_json(text).unwrap_or_default(), expected, "{shown}");
        }
    }
}
