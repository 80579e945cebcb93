//! Whether the prompt of a rubric that grades names what a reply must contain, and whether a repeated prompt would be read
//! as a grade.

use super::Inspected;
use super::finding::Findings;
use super::reply::every_prompt;
use super::words::contains_word;
use crate::input::Grade;
use crate::judge::Reply;
use crate::vote::read_grade;

/// Checks the prompt of a rubric that reads JSON.
pub(super) fn check_json(inspected: &Inspected<'_>, findings: &mut Findings<'_>) {
    let rubric = &inspected.loaded.rubric;
    let mentions = |word: &str| every_prompt(inspected, |text| contains_word(text, word));
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
    check_echo(inspected, "write all the grades in its place", findings);
}

/// Checks the prompt of a rubric that reads a pattern.
pub(super) fn check_pattern(inspected: &Inspected<'_>, findings: &mut Findings<'_>) {
    check_steps(inspected, findings);
    check_echo(inspected, "describe the line of the grade in other words", findings);
}

/// Checks that the prompt names every grade.
fn check_steps(inspected: &Inspected<'_>, findings: &mut Findings<'_>) {
    let Some(scale) = &inspected.loaded.rubric.scale else { return };
    let names = |name: &str| {
        every_prompt(inspected, |text| text.to_lowercase().contains(&name.to_lowercase()))
    };
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
    if scale.cannot_assess && !names(Grade::CANNOT_ASSESS) {
        let message = "the rubric allows `cannot assess`, and the prompt never offers it: say when it is the answer, or \
                       set cannot_assess = false";
        findings.add("grade-not-in-prompt", inspected.places.key(&["cannot_assess"]), message);
    }
    if !scale.cannot_assess && names(Grade::CANNOT_ASSESS) {
        let message = "the prompt offers `cannot assess`, which the rubric does not allow, so that such a reply is \
                       unreadable: set cannot_assess = true, or print this only {% if rubric.cannot_assess %}";
        findings.add("grade-not-allowed", inspected.places.key(&["scale"]), message);
    }
}

/// Checks that no message of the prompt is itself read as a grade.
fn check_echo(inspected: &Inspected<'_>, remedy: &str, findings: &mut Findings<'_>) {
    let rubric = &inspected.loaded.rubric;
    let Some(scale) = &rubric.scale else { return };
    for message in inspected.rendered.prompts.iter().flat_map(|prompt| &prompt.messages) {
        let read = read_grade(rubric, &Reply::from_text(&*message.content));
        let Ok(reading) = read else { continue };
        let name = scale.name_of(reading.grade).to_owned();
        let place = inspected.places.template_line(|line| line.contains("grade"));
        let message = format!(
            "the prompt contains what is itself read as a grade ({name}), so that a judge that repeats the prompt \
             grades: {remedy}"
        );
        findings.add("echo-is-grade", place, message);
    }
}
