//! Whether the rubric, the prompt and the patterns agree about ties.

use super::finding::Findings;
use super::{Inspected, words};
use crate::error::Result;
use crate::input::ReplyFormat;

/// Checks that ties are allowed everywhere or nowhere.
pub(super) fn check(inspected: &Inspected<'_>, findings: &mut Findings<'_>) -> Result<()> {
    let (rubric, places) = (&inspected.loaded.rubric, inspected.places);
    if rubric.scale.is_some() {
        return Ok(());
    }
    let ties = || places.key(&["ties"]);
    if let ReplyFormat::Pattern { tie, .. } = &rubric.reply {
        if rubric.ties && tie.is_none() {
            let message = "ties are allowed, and there is no reply.tie by which one is read: add it, or set ties = false";
            findings.add("tie-not-readable", places.key(&["reply", "format"]), message);
        }
        if !rubric.ties && tie.is_some() {
            let message = "reply.tie reads ties, which ties = false does not allow, so that such a reply is \
                           unreadable: remove it, or set ties = true";
            findings.add("tie-pattern-unused", places.key(&["reply", "tie"]), message);
        }
    }
    for prompt in &inspected.rendered.prompts {
        let text = prompt.instructions();
        let line_with = |words: &str| {
            let first = words.split('\n').next().unwrap_or(words).to_owned();
            places.template_line(move |line| line.contains(&first))
        };
        match (rubric.ties, words::offers_tie(&text)?, words::refuses_tie(&text)?) {
            (true, _, Some(refused)) => {
                let message = format!(
                    "ties are allowed, and the prompt refuses them (`{refused}`): set ties = false, or print this only \
                     {{% if not rubric.ties %}}"
                );
                findings.add("tie-refused", line_with(&refused), message);
            }
            (true, None, None) => {
                let message = "ties are allowed, and the prompt never offers one: say how a tie is answered, or set \
                               ties = false";
                findings.add("tie-not-offered", ties(), message);
            }
            (false, Some(offered), _) => {
                let message = format!(
                    "ties = false, and the prompt offers one (`{offered}`), so that such a reply is unreadable: print \
                     this only {{% if rubric.ties %}}, or set ties = true"
                );
                findings.add("tie-offered", line_with(&offered), message);
            }
            _ => {}
        }
    }
    Ok(())
}
