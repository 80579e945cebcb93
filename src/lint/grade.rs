//! Whether the prompt of a rubric that grades names what a reply must contain, whether every grade can be read, and whether
//! a repeated prompt would be read as a grade.

use regex::Regex;

use super::Inspected;
use super::finding::Findings;
use super::pattern_samples::{PatternSample, around_first_group};
use super::words::contains_word;
use crate::input::{Grade, Scale};
use crate::judge::Reply;
use crate::vote::read_grade;

/// Checks the prompt of a rubric that reads JSON.
pub(super) fn check_json(inspected: &Inspected<'_>, findings: &mut Findings<'_>) {
    let rubric = &inspected.loaded.rubric;
    let mentions = |word: &str| inspected.every_prompt(|text| contains_word(text, word));
    let key = if rubric.is_weighted() { "criteria" } else { "grade" };
    if !mentions("json") {
        let message = format!(
            "the rubric reads JSON, and the prompt never asks for JSON, which servers without JSON schemas need to be \
             told: ask for one JSON object with the fields reasoning, criteria{}, or set reply.format",
            if rubric.is_weighted() { "" } else { " and grade" }
        );
        findings.add("json-not-asked", inspected.places.template(), message);
    }
    if !mentions(key) {
        let message = format!(
            "the prompt never mentions `{key}`, which a JSON reply must contain: ask for it"
        );
        findings.add("grade-not-in-prompt", inspected.places.template(), message);
    }
    check_steps(inspected, findings);
    check_echo(inspected, key, findings);
}

/// Checks the prompt of a rubric that reads a pattern.
pub(super) fn check_pattern(
    inspected: &Inspected<'_>,
    pattern: &Regex,
    findings: &mut Findings<'_>,
) {
    check_steps(inspected, findings);
    let Some(scale) = &inspected.loaded.rubric.scale else { return };
    check_readable(inspected, scale, pattern, findings);
    check_pattern_echo(inspected, scale, pattern, findings);
}

/// Checks that the prompt shows every grade, and what the rubric says about it.
fn check_steps(inspected: &Inspected<'_>, findings: &mut Findings<'_>) {
    let Some(scale) = &inspected.loaded.rubric.scale else { return };
    let names = |name: &str| inspected.every_prompt(|text| contains_word(text, name));
    for step in &scale.steps {
        if !names(&step.name) {
            let message = format!(
                "the prompt never mentions the step `{}`, so that the judge does not know that grade: print each of \
                 rubric.scale with its name and description",
                step.name
            );
            findings.add("grade-not-in-prompt", inspected.places.key(&["scale"]), message);
        }
    }
    check_descriptions(inspected, scale, findings);
    if scale.cannot_assess && !names(Grade::CANNOT_ASSESS) {
        let message = "the rubric allows `cannot assess`, and the prompt never offers it: say when it is the answer, or \
                       set cannot_assess = false";
        findings.add("grade-not-in-prompt", inspected.places.key(&["cannot_assess"]), message);
    }
    let mut prompts = inspected.rendered.prompts.iter();
    let offers = prompts.any(|prompt| contains_word(&prompt.instructions(), Grade::CANNOT_ASSESS));
    if !scale.cannot_assess && offers {
        let message = "the prompt offers `cannot assess`, which the rubric does not allow, so that such a reply is \
                       unreadable: set cannot_assess = true, or print this only {% if rubric.cannot_assess %}";
        findings.add("grade-not-allowed", inspected.places.key(&["scale"]), message);
    }
}

/// Checks that the prompt shows what the rubric says about the steps, as a whole and for each criterion.
fn check_descriptions(inspected: &Inspected<'_>, scale: &Scale, findings: &mut Findings<'_>) {
    let Inspected { loaded, rendered, places, .. } = inspected;
    for (number, step) in scale.steps.iter().enumerate() {
        let Some(description) = &step.description else { continue };
        if !rendered.shows(description.trim()) {
            let message = format!(
                "the prompt never shows the description of the step `{}`, so that the judge knows only the name: print \
                 {{{{ step.description }}}} for each step of rubric.scale that has one",
                step.name
            );
            let place = places.key(&["scale", &number.to_string(), "description"]);
            findings.add("unused-description", place, message);
        }
    }
    for (number, criterion) in loaded.rubric.criteria.iter().enumerate() {
        let unused = criterion.steps.iter().find(|(_, text)| !rendered.shows(text.trim()));
        if let Some((step, _)) = unused {
            let message = format!(
                "the prompt never shows what `{step}` means for the criterion `{}`: print \
                 {{{{ criterion.steps[step.name] }}}} for each step that is in criterion.steps, or remove it",
                criterion.name
            );
            findings.add("unused-description", places.criterion(number, "steps"), message);
        }
    }
}

/// Checks that the pattern reads every grade that the rubric allows, as far as samples show.
fn check_readable(
    inspected: &Inspected<'_>,
    scale: &Scale,
    pattern: &Regex,
    findings: &mut Findings<'_>,
) {
    let Some([before, after]) = around_first_group(pattern.as_str()) else { return };
    let reads = |name: &str| {
        let mut texts = before.iter().flat_map(|before| {
            let named = |after: &PatternSample| format!("{}{name}{}", before.text(), after.text());
            after.iter().map(named).collect::<Vec<_>>()
        });
        // Some patterns want the end of the text, others that of a line.
        texts.any(|text| {
            [format!("{text}\n"), text].iter().any(|text| {
                let found = pattern.captures(text).and_then(|captures| captures.get(1));
                found.is_some_and(|found| {
                    scale.grade_named(found.as_str()) == scale.grade_named(name)
                })
            })
        })
    };
    let is_unread = |name: &&str| !reads(name);
    // Where none is read the samples are no replies, say because of what the pattern wants around them.
    if !scale.names().any(reads) {
        return;
    }
    for name in scale.names().filter(is_unread) {
        let message = format!(
            "reply.grade does not read the grade `{name}`, so that such a reply is unreadable: let its group match the \
             whole name, such as '([a-z ]+)' for several words, and write a longer name before its own beginning"
        );
        findings.add("grade-not-readable", inspected.places.key(&["reply", "grade"]), message);
    }
}

/// Checks that no message of the prompt is itself read as a grade.
fn check_echo(inspected: &Inspected<'_>, key: &str, findings: &mut Findings<'_>) {
    let rubric = &inspected.loaded.rubric;
    let Some(scale) = &rubric.scale else { return };
    for message in inspected.rendered.prompts.iter().flat_map(|prompt| &prompt.messages) {
        let read = read_grade(rubric, &Reply::from_text(&*message.content));
        let Ok(reading) = read else { continue };
        let quoted = format!("\"{key}\"");
        let place = inspected.places.template_line(|line| line.contains(&quoted));
        let message = format!(
            "the prompt contains an object that is itself a grade ({}), so that a judge that repeats the prompt grades: \
             write all the grades in its place, as in \"grade\": one of the grades",
            scale.name_of(reading.grade)
        );
        findings.add("echo-is-grade", place, message);
    }
}

/// Checks that the pattern reads no grade in the prompt or in the texts of the rubric.
fn check_pattern_echo(
    inspected: &Inspected<'_>,
    scale: &Scale,
    pattern: &Regex,
    findings: &mut Findings<'_>,
) {
    let rubric = &inspected.loaded.rubric;
    let steps = scale.steps.iter().filter_map(|step| step.description.as_ref());
    let criteria = rubric.criteria.iter().flat_map(|criterion| {
        std::iter::once(&criterion.description).chain(criterion.steps.values())
    });
    let of_rubric = std::iter::once(&rubric.description).chain(steps).chain(criteria);
    let messages = inspected.rendered.prompts.iter().flat_map(|prompt| &prompt.messages);
    let texts = messages.map(|message| (&message.content, "the prompt"));
    for (text, whose) in texts.chain(of_rubric.map(|text| (text, "a text of the rubric"))) {
        let mut found = pattern.captures_iter(text).filter_map(|captures| captures.get(1));
        if let Some(grade) = found.find_map(|group| scale.grade_named(group.as_str())) {
            let message = format!(
                "reply.grade reads a grade in {whose} ({}), so that a judge that repeats it grades: let the pattern \
                 require what only a reply has, such as a line `Grade: ` that the prompt describes in other words",
                scale.name_of(grade)
            );
            findings.add("echo-is-grade", inspected.places.key(&["reply", "grade"]), message);
            return;
        }
    }
}
