//! The fence: a delimiter that does not occur in any text of a comparison.

use serde_json::Value;

use crate::input::{Content, Item, Reference};
use crate::keyed_hash::KeyedHash;
use crate::trial::{Comparison, Side, Subject, SystemResponse};

/// The initial number of digits: enough that a fence rarely occurs by chance, few enough to stay readable.
const SHORTEST: usize = 8;

/// Returns a delimiter that occurs neither in the responses nor in any other text of the item that a prompt
/// may quote, so that no text can close its own quotation.
///
/// It is a hash of both responses in hexadecimal, lengthened until it does not occur; it is the same in both
/// orders.
pub fn fence(comparison: &Comparison) -> String {
    let mut hash = KeyedHash::new("evenhand: fence");
    for side in [Side::A, Side::B] {
        hash = hash.texts(comparison.response(side).parts()).bytes(&[0xff]);
    }
    let contents = [comparison.response(Side::A), comparison.response(Side::B)];
    unused_digits(&hash, &comparison.item, &contents)
}

/// Returns the same for a single response: a delimiter that is the same in both directions of the scale.
pub(super) fn fence_of_response(response: &SystemResponse) -> String {
    let content = response.content();
    let hash = KeyedHash::new("evenhand: fence of a response").texts(content.parts());
    unused_digits(&hash, &response.item, &[content])
}

/// Returns the delimiter of whatever a model is asked about.
pub(crate) fn fence_of_subject(subject: &Subject) -> String {
    match subject {
        Subject::Comparison(comparison) => fence(comparison),
        Subject::Response(response) => fence_of_response(response),
        Subject::Prompt(item) => fence_of_prompt(item),
    }
}

/// Returns a delimiter that occurs in no text of an item apart from its responses.
pub(super) fn fence_of_prompt(item: &Item) -> String {
    let hash = KeyedHash::new("evenhand: fence of a prompt").texts(item.prompt.parts());
    unused_digits(&hash, item, &[])
}

/// Returns the shortest beginning of a hash that occurs neither in some responses nor in the other texts of an item.
fn unused_digits<const N: usize>(
    hash: &KeyedHash,
    item: &Item,
    responses: &[&Content; N],
) -> String {
    // JSON never escapes a hexadecimal digit, so a fence in a text of an object is in its serialization, too.
    let context = item.context.as_ref().map(ToString::to_string);
    let fields = match &item.reference {
        Some(Reference::Object(fields)) => Some(Value::Object(fields.clone()).to_string()),
        _ => None,
    };
    let texts: Vec<&str> = responses
        .iter()
        .copied()
        .chain([&item.prompt])
        .flat_map(|content| content.parts().chain(content.roles()))
        .chain(item.reference.iter().flat_map(Reference::texts))
        .chain(fields.as_deref())
        .chain(context.as_deref())
        .collect();
    let longest = texts.iter().map(|text| text.len()).max().unwrap_or(0);
    let mut digits = String::new();
    let mut output = hash.stream();
    let mut length = SHORTEST;
    loop {
        while digits.len() < length {
            let mut bytes = [0; 32];
            output.fill(&mut bytes);
            digits.extend(bytes.iter().map(|byte| format!("{byte:02x}")));
        }
        let candidate = &digits[..length];
        if length > longest || texts.iter().all(|text| !text.contains(candidate)) {
            return candidate.to_owned();
        }
        length += 1;
    }
}
