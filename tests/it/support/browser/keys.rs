//! Keys by their names, as the browser expects them.

use serde_json::{Value, json};

/// Keys with a name: the code of each and the text that it enters.
const NAMED: [(&str, u32, &str); 14] = [
    ("Backspace", 8, ""),
    ("Tab", 9, ""),
    ("Enter", 13, "\r"),
    ("Escape", 27, ""),
    ("Space", 32, " "),
    ("PageUp", 33, ""),
    ("PageDown", 34, ""),
    ("End", 35, ""),
    ("Home", 36, ""),
    ("ArrowLeft", 37, ""),
    ("ArrowUp", 38, ""),
    ("ArrowRight", 39, ""),
    ("ArrowDown", 40, ""),
    ("Delete", 46, ""),
];

const MODIFIERS: [(&str, u32); 4] = [("Alt+", 1), ("Control+", 2), ("Meta+", 4), ("Shift+", 8)];

/// Returns the events of pressing and releasing a key.
pub(super) fn events(name: &str) -> [Value; 2] {
    let (mut key, mut modifiers) = (name, 0);
    while let Some((rest, bit)) =
        MODIFIERS.iter().find_map(|(word, bit)| Some((key.strip_prefix(word)?, bit)))
    {
        (key, modifiers) = (rest, modifiers | bit);
    }
    let named = NAMED.iter().find(|(known, ..)| *known == key);
    let (code, windows, text) = if let Some((name, windows, text)) = named {
        ((*name).to_owned(), *windows, *text)
    } else {
        let mut chars = key.chars();
        let (Some(char), None) = (chars.next(), chars.next()) else {
            panic!("there is no key {key}");
        };
        (physical(char), char.to_ascii_uppercase() as u32, key)
    };
    // A key with Control, Alt or Meta is a command and enters nothing.
    let is_command = modifiers & 7 != 0;
    let text = if is_command { "" } else { text };
    let key = if key == "Space" { " " } else { key };
    let event = |kind: &str, text: &str| {
        json!({
            "type": kind, "key": key, "code": code, "text": text, "modifiers": modifiers,
            "windowsVirtualKeyCode": windows,
        })
    };
    let down = if text.is_empty() { "rawKeyDown" } else { "keyDown" };
    [event(down, text), event("keyUp", "")]
}

/// Returns the name of the key that has a character on an English keyboard, as far as it is named after it.
fn physical(char: char) -> String {
    match char {
        'a'..='z' | 'A'..='Z' => format!("Key{}", char.to_ascii_uppercase()),
        '0'..='9' => format!("Digit{char}"),
        '/' | '?' => "Slash".to_owned(),
        _ => String::new(),
    }
}
