//! When trials of one subject are sent one after another, so that the later ones find the beginning of their prompt in the
//! server's cache.
//!
//! Both orders of a comparison begin alike: with the instructions and the item, before the responses. Sent at the same
//! time, both miss the cache, since a server can read what it has computed only afterwards. So where this beginning is
//! long, the other trials wait for the first answer to the first one. That costs no throughput while there is enough else
//! to send; where there is not, all are sent at once.

use crate::input::Message;

/// The shortest beginning of prompts that providers keep in a cache: 1024 tokens of about four bytes.
const MIN_CACHED_BYTES: usize = 4096;
/// The least of it that belongs to the subject, beyond the first message, which is often the same for all: a quarter of
/// that.
const MIN_OWN_BYTES: usize = 1024;

/// Returns whether it is worth waiting until the server has computed the first of some prompts.
pub(super) fn is_worth_waiting<'a>(
    first: &[Message],
    mut others: impl Iterator<Item = &'a [Message]>,
) -> bool {
    let constant = match first {
        [system, _, ..] => system.content.len(),
        _ => 0,
    };
    others.any(|other| {
        let shared = shared_bytes(first, other);
        shared >= MIN_CACHED_BYTES && shared >= constant + MIN_OWN_BYTES
    })
}

/// Returns the length of the beginning that two prompts share, in bytes of their texts.
fn shared_bytes(one: &[Message], other: &[Message]) -> usize {
    let mut shared = 0;
    for (one, other) in one.iter().zip(other) {
        if one.role != other.role {
            break;
        }
        let (one, other) = (one.content.as_bytes(), other.content.as_bytes());
        let alike = one.iter().zip(other).take_while(|(one, other)| one == other).count();
        shared += alike;
        if alike < one.len().max(other.len()) {
            break;
        }
    }
    shared
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(system: usize, item: usize, response: &str) -> Vec<Message> {
        let message = |role: &str, content: String| Message { role: role.to_owned(), content };
        let user = format!("{}{response}", "i".repeat(item));
        vec![message("system", "s".repeat(system)), message("user", user)]
    }

    #[test]
    fn only_a_long_beginning_that_belongs_to_the_subject_is_worth_waiting_for() {
        for (system, item, expected) in [
            (1000, 4000, true),
            (1000, 3000, false),
            // The same for all items: it is in the cache already.
            (8000, 1000, false),
            (8000, 1024, true),
        ] {
            let [one, other] = ["first", "second"].map(|response| prompt(system, item, response));
            let is_worth = is_worth_waiting(&one, std::iter::once(other.as_slice()));
            assert_eq!(is_worth, expected, "{system} and {item} bytes");
        }
        let one = prompt(1000, 4000, "");
        assert!(!is_worth_waiting(&one, std::iter::empty()));
        // Prompts that differ from the start, as those of the two directions of a scale do.
        let reversed = prompt(999, 4000, "");
        assert!(!is_worth_waiting(&one, std::iter::once(reversed.as_slice())));
    }
}
