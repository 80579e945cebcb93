//! Texts of servers, shortened for messages and for the run file.

/// How much of an error's body is kept, in bytes.
const MAX_ERROR_BODY: usize = 4096;
/// How much of a text a message shows, in characters.
const MAX_LINE: usize = 300;

/// Returns the beginning of a body, as much as is kept.
pub(in crate::judge) fn beginning(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(MAX_ERROR_BODY)]).into_owned()
}

/// Returns a body that is not JSON as one line of a message.
pub(in crate::judge) fn plain(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(MAX_ERROR_BODY)]);
    if is_html(body) { "an HTML page".to_owned() } else { one_line(&text) }
}

/// Returns whether a body is a page for people.
pub(in crate::judge) fn is_html(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(b"<")
}

/// Returns a text as one line of at most 300 characters.
pub(in crate::judge) fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut line = words.join(" ");
    if let Some((end, _)) = line.char_indices().nth(MAX_LINE) {
        line.truncate(end);
        line.push('…');
    }
    line
}
