//! A comparison as judges are asked about it.

use serde_json::{Value, json};

use crate::cases::{GradePreview, Preview, PreviewedAnswer, PreviewedMessage, PreviewedOrder};
use crate::input::LoadedRubric;
use crate::report::escape::for_terminal;
use crate::report::quantities::{count, counted};

/// Returns a comparison as text: the messages of both orders, and what was answered.
pub fn preview_text(preview: &Preview) -> String {
    let mut lines = Vec::new();
    let [a, b] = &preview.between;
    lines.push(format!("item {}: {} and {}", line(&preview.id), line(a), line(b)));
    for (number, order) in preview.orders.iter().enumerate() {
        order_lines(order, number + 1, &mut lines);
    }
    for (judge, verdict) in preview.verdicts.iter().flatten() {
        let winner = verdict.winner.as_ref().map(|winner| format!(": {}", line(winner)));
        let outcome = verdict.outcome.as_str();
        lines.push(format!("{}  {outcome}{}", line(judge), winner.unwrap_or_default()));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn order_lines(order: &PreviewedOrder, number: usize, lines: &mut Vec<String>) {
    lines.push(String::new());
    lines.push(format!(
        "══ order {number} of 2: {} first, {} second ══ about {} (estimated from the length)",
        line(&order.first),
        line(&order.second),
        counted(order.tokens_estimated, "token")
    ));
    message_lines(&order.messages, lines);
    for answer in &order.answers {
        lines.push(String::new());
        lines.push(answer_heading(answer));
        lines.extend(answer.reply.iter().map(|reply| for_terminal(reply, true).into_owned()));
    }
    lines.push(String::new());
}

fn message_lines(messages: &[PreviewedMessage], lines: &mut Vec<String>) {
    for message in messages {
        lines.push(String::new());
        let tokens = count(message.tokens_estimated);
        lines.push(format!("── {} ── about {tokens} tokens", line(&message.role)));
        lines.push(for_terminal(&message.content, true).into_owned());
    }
}

/// Returns a response that is graded as text: the messages of both directions of the scale.
pub fn grade_preview_text(preview: &GradePreview) -> String {
    let mut lines = vec![format!("item {}: {}", line(&preview.id), line(&preview.system))];
    for direction in &preview.directions {
        lines.push(String::new());
        lines.push(format!(
            "══ scale as {} ══ about {} (estimated from the length)",
            direction.scale,
            counted(direction.tokens_estimated, "token")
        ));
        message_lines(&direction.messages, &mut lines);
        lines.push(String::new());
    }
    lines.join("\n")
}

/// Returns responses that are graded as JSON.
pub fn grade_preview_json(rubric: &LoadedRubric, previews: &[GradePreview]) -> Value {
    json!({
        "rubric": { "name": rubric.rubric.name, "version": rubric.rubric.version },
        "responses": previews,
    })
}

fn answer_heading(answer: &PreviewedAnswer) -> String {
    let vote = match (answer.vote, &answer.reason) {
        (Some(vote), _) => vote.as_str().to_owned(),
        (None, Some(reason)) => format!("no vote: {}", line(reason)),
        (None, None) => "no vote".to_owned(),
    };
    let criteria: Vec<String> = answer
        .criteria
        .iter()
        .map(|(name, vote)| format!("{} {}", line(name), vote.as_str()))
        .collect();
    let criteria =
        if criteria.is_empty() { String::new() } else { format!(" ({})", criteria.join(", ")) };
    let tokens = answer.prompt_tokens.filter(|tokens| *tokens > 0);
    let tokens = tokens
        .map(|tokens| format!("; the server counted {} of the prompt", counted(tokens, "token")));
    let repeat =
        if answer.repeat > 0 { format!(", repeat {}", answer.repeat + 1) } else { String::new() };
    format!(
        "── answer of {}{repeat} ── {vote}{criteria}{}",
        line(&answer.judge),
        tokens.unwrap_or_default()
    )
}

fn line(text: &str) -> String {
    for_terminal(text, false).into_owned()
}

/// Returns comparisons as JSON; `note` says what keeps the answers from being answers to these messages.
pub fn preview_json(rubric: &LoadedRubric, previews: &[Preview], note: Option<&str>) -> Value {
    json!({
        "rubric": { "name": rubric.rubric.name, "version": rubric.rubric.version },
        "comparisons": previews,
        "note": note,
    })
}
