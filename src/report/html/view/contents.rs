//! What is in a run: outcomes, tags, lengths, unreadable replies, requests, and what the run was asked with.

use super::parts::other_system;
use super::parts::{Fact, Part, Section, TableView, no_share, share_cells, shown_share};
use super::plots::{outcome_bar, requests_over_run};
use crate::overview::{Overview, RequestReport, RunDescription};
use crate::report::cache::cache_sentence;
use crate::report::quantities::{count, counted, usd};
use crate::report::summary::outcome_meaning;
use crate::report::unreadable::unreadable_reply;
use crate::store::ServedModel;
use crate::summary::JudgeSummary;

/// Returns the third section.
pub(super) fn contents(overview: &Overview) -> Section {
    let mut parts = Vec::new();
    if let Some(judge) = overview.judge_summary() {
        parts.push(outcomes(judge));
    }
    parts.extend(judges(overview));
    parts.extend(tags(overview));
    parts.extend(lengths(overview));
    parts.extend(overview.judge_summary().and_then(unreadable));
    parts.push(requests(&overview.requests));
    parts.push(manifest(&overview.run));
    Section {
        id: "what",
        short: "What is in it?",
        heading: "What is in it?".to_owned(),
        parts,
        ..Section::default()
    }
}

fn outcomes(judge: &JudgeSummary) -> Part {
    let heads = [("outcome", false), ("comparisons", true), ("what it is", false)];
    let mut table = TableView::new("Outcomes", &heads);
    for (outcome, number) in judge.outcomes.iter() {
        let meaning = outcome_meaning(outcome, judge);
        table.rows.push(vec![outcome.as_str().to_owned(), count(number), meaning.to_owned()]);
    }
    Part {
        heading: "Outcomes and coverage".to_owned(),
        sentences: vec![format!(
            "Coverage, the share of kept verdicts, is {}.",
            shown_share(&judge.coverage)
        )],
        figures: vec![outcome_bar(&judge.outcomes, "comparisons")],
        table: Some(table),
        ..Part::default()
    }
}

/// Returns the judges of a jury beside it.
fn judges(overview: &Overview) -> Option<Part> {
    if overview.summary.judges.len() < 2 {
        return None;
    }
    let heads = [
        ("judge", false),
        ("coverage", true),
        ("95 % interval", true),
        ("n", true),
        ("consistency", true),
        ("95 % interval", true),
        ("n", true),
    ];
    let caption = match overview.summary.cascade {
        Some(_) => "The judges and the final verdicts",
        None => "The jury and its judges",
    };
    let mut table = TableView::new(caption, &heads);
    for judge in &overview.summary.judges {
        let mut row = vec![judge.judge.clone()];
        row.extend(share_cells(&judge.coverage));
        match &judge.position {
            Some(position) => row.extend(share_cells(&position.consistency)),
            None => row.extend(no_share()),
        }
        table.rows.push(row);
    }
    Some(Part { heading: "Judges".to_owned(), table: Some(table), ..Part::default() })
}

fn tags(overview: &Overview) -> Option<Part> {
    if overview.tags.is_empty() {
        return None;
    }
    let several = overview.margins.len() > 1;
    let mut heads =
        vec![("tag", false), ("comparisons", true), ("coverage", true), ("95 % interval", true)];
    heads.extend([("consistency", true), ("95 % interval", true), ("n", true)]);
    let with_labels = overview.tags.iter().any(|tag| tag.agreement.is_some());
    if with_labels {
        heads.extend([("agreement", true), ("95 % interval", true), ("n", true)]);
    }
    heads.extend([("win rate of", false), ("", true), ("95 % interval", true), ("n", true)]);
    let mut table = TableView::new("By tag", &heads);
    for tag in &overview.tags {
        let [coverage, interval, _] = share_cells(&tag.coverage);
        let mut row =
            vec![format!("{}={}", tag.tag, tag.value), count(tag.planned), coverage, interval];
        row.extend(share_cells(&tag.consistency));
        match &tag.agreement {
            Some(agreement) => row.extend(share_cells(agreement)),
            None if with_labels => row.extend(no_share()),
            None => {}
        }
        for (at, rate) in tag.win_rates.iter().enumerate() {
            // The further pairs of a tag have rows of their own, below its numbers.
            let mut row = if at == 0 { row.clone() } else { vec![String::new(); row.len()] };
            let other = other_system(&rate.between, &rate.system);
            row.push(if several {
                format!("{} against {other}", rate.system)
            } else {
                rate.system.clone()
            });
            let quoted = if overview.is_jury() { &rate.kept } else { &rate.order_averaged };
            row.extend(share_cells(quoted));
            table.rows.push(row);
        }
    }
    let what = if overview.is_jury() { "over kept verdicts" } else { "order-averaged" };
    let mut notes = vec![format!("Win rates are the judge's own, {what}.")];
    if overview.tags_left_out > 0 {
        notes.push(format!(
            "{} with few comparisons are left out.",
            counted(overview.tags_left_out, "tag value")
        ));
    }
    table.note = notes.join(" ");
    Some(Part { heading: "By tag".to_owned(), table: Some(table), ..Part::default() })
}

fn lengths(overview: &Overview) -> Option<Part> {
    let lengths = &overview.lengths;
    lengths.judge.value?;
    let mut sentence = format!(
        "{} prefers the longer response in {}",
        overview.judge,
        shown_share(&lengths.judge)
    );
    if let Some(people) = lengths.people.as_ref().filter(|people| people.value.is_some()) {
        sentence = format!("{sentence}; people do in {}", shown_share(people));
    }
    let with_people = lengths.bands.iter().any(|band| band.people.is_some());
    let mut heads = vec![
        ("length of the first to the other", false),
        ("comparisons", true),
        ("by the judge", true),
        ("95 % interval", true),
        ("n", true),
    ];
    if with_people {
        heads.extend([("by people", true), ("95 % interval", true), ("n", true)]);
    }
    let mut table =
        TableView::new("Win rate by the ratio of the lengths of both responses", &heads);
    for band in &lengths.bands {
        let other = other_system(&band.between, &band.system);
        let range = format!("{} to {other}: {:.2} – {:.2}", band.system, band.low, band.high);
        let mut row = vec![range, count(band.comparisons)];
        row.extend(share_cells(&band.judge));
        match &band.people {
            Some(people) => row.extend(share_cells(people)),
            None if with_people => row.extend(no_share()),
            None => {}
        }
        table.rows.push(row);
    }
    Some(Part {
        heading: "Length and wins".to_owned(),
        sentences: vec![format!("{sentence}.")],
        table: (!table.rows.is_empty()).then_some(table),
        ..Part::default()
    })
}

/// Returns why replies could not be read.
fn unreadable(judge: &JudgeSummary) -> Option<Part> {
    let counts = judge.unreadable.filter(|_| judge.unreadable() > 0)?;
    let mut table =
        TableView::new("Trials without a readable vote", &[("reason", false), ("trials", true)]);
    for (reason, number) in counts.iter().filter(|(_, number)| *number > 0) {
        table.rows.push(vec![unreadable_reply(reason).to_owned(), count(number)]);
    }
    Some(Part {
        heading: "Unreadable replies".to_owned(),
        sentences: vec![format!(
            "{} of {} have no readable vote.",
            count(judge.unreadable()),
            counted(judge.answered(), "answered trial")
        )],
        table: Some(table),
        ..Part::default()
    })
}

/// Returns what was asked.
pub(super) fn requests(requests: &RequestReport) -> Part {
    let mut facts = vec![
        Fact::new("attempts", counted(requests.attempts, "stored attempt")),
        Fact::new(
            "replies",
            format!(
                "{}, {} copied from other runs",
                count(requests.replies),
                count(requests.reused)
            ),
        ),
        Fact::new("retries", count(requests.retries)),
    ];
    let tokens = &requests.tokens;
    if tokens.prompt + tokens.completion > 0 {
        facts.push(Fact::new(
            "tokens",
            format!(
                "{} of prompts ({} cached), {} of replies ({} of reasoning)",
                count(tokens.prompt),
                count(tokens.cached),
                count(tokens.completion),
                count(tokens.reasoning)
            ),
        ));
    }
    facts.extend(cache_sentence(tokens).map(|sentence| Fact::new("cache", sentence)));
    facts.push(Fact::new(
        "cost",
        requests.cost_usd.map_or("not known: no price or no token counts".to_owned(), usd),
    ));
    if let Some(latency) = &requests.latency_ms {
        let ms = |value: f64| count(value.round() as u64);
        facts.push(Fact::new(
            "latency",
            format!(
                "median {} ms, 90 % within {} ms, 99 % within {} ms, longest {} ms (n {})",
                ms(latency.p50),
                ms(latency.p90),
                ms(latency.p99),
                ms(latency.max),
                count(latency.n)
            ),
        ));
    }
    for error in &requests.errors {
        let status =
            error.status.map_or("no response".to_owned(), |status| format!("HTTP status {status}"));
        facts
            .push(Fact::new("errors", format!("{status}: {}", counted(error.attempts, "attempt"))));
    }
    Part {
        heading: "Requests, cost and time".to_owned(),
        figures: requests_over_run(requests),
        facts,
        ..Part::default()
    }
}

/// Returns what the run was asked with.
fn manifest(run: &RunDescription) -> Part {
    let rubric = &run.rubric;
    let mut facts = vec![
        Fact::new("run file", run.file.clone()),
        Fact::new("begun", format!("{}, by evenhand {}", run.begun, run.begun_by)),
        Fact::new("rubric", format!("{} {}", rubric.name, rubric.version)),
    ];
    if let Some(description) = rubric.description.as_ref().filter(|text| !text.is_empty()) {
        facts.push(Fact::new("question", description.clone()));
    }
    for criterion in &rubric.criteria {
        let text = match &criterion.description {
            Some(description) => format!("{}: {description}", criterion.name),
            None => criterion.name.clone(),
        };
        facts.push(Fact::new("criterion", text));
    }
    let ties = if rubric.ties { "may answer \"tie\"" } else { "must choose one" };
    facts.push(Fact::new("replies", format!("read as {}; the judge {ties}", rubric.format)));
    for judge in &run.judges {
        facts.push(Fact::new("judge", judge_text(judge)));
    }
    facts.push(Fact::new("systems", run.systems.join(", ")));
    if let Some(baseline) = &run.baseline {
        facts.push(Fact::new("baseline", baseline.clone()));
    }
    if !run.selection.is_empty() {
        facts.push(Fact::new("selection", run.selection.join(", ")));
    }
    facts.push(Fact::new(
        "orders",
        format!("seed {}, each order asked {}", run.seed, times(run.repeat)),
    ));
    facts.push(Fact::new("digest of the rubric", rubric.digest.clone()));
    facts.push(Fact::new("digest of the requests", rubric.requests.clone()));
    Part { heading: "How it was asked".to_owned(), facts, ..Part::default() }
}

/// Returns a number of times in words.
pub(super) fn times(repeat: u32) -> String {
    match repeat {
        1 => "once".to_owned(),
        repeat => format!("{repeat} times"),
    }
}

/// Returns a model that answered, with the number of its replies.
fn served_text(served: &ServedModel) -> String {
    let model = served.model.as_deref().unwrap_or("a model without a name");
    let fingerprint =
        served.fingerprint.as_ref().map(|one| format!(" ({one})")).unwrap_or_default();
    format!("answered by {model}{fingerprint} in {}", counted(served.replies, "reply"))
}

/// Returns a judge with its settings.
pub(super) fn judge_text(judge: &crate::overview::JudgeDescription) -> String {
    let mut parts = vec![format!("{}: {}", judge.name, judge.model)];
    parts.extend(judge.start.as_ref().map(|command| format!("started by {command}")));
    parts.extend(judge.command.as_ref().map(|command| format!("the program {command}")));
    parts.extend(judge.base_url.clone());
    parts.extend(judge.temperature.map(|value| format!("temperature {value}")));
    parts.extend(judge.max_tokens.map(|value| format!("at most {}", counted(value, "token"))));
    if !judge.extra.is_empty() {
        parts.push(serde_json::Value::Object(judge.extra.clone()).to_string());
    }
    for served in &judge.served {
        parts.push(served_text(served));
    }
    parts.join("; ")
}
