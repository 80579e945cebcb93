//! From a raw reply to the grade of a response.

use std::collections::BTreeMap;

use regex::Regex;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::json::AnswerForm;
use super::{Unreadable, choose, json, read_reply};
use crate::input::{Grade, ReplyFormat, Rubric, Scale, Take};
use crate::judge::Reply;

/// What was read from a reply that grades a response.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct GradeReading {
    /// The grade.
    pub grade: Grade,
    /// The grades on single criteria, as far as they could be read.
    pub criteria: BTreeMap<String, Grade>,
}

/// Reads the grade of a reply as the rubric says. As with [`read_vote`](super::read_vote), only the answer is read.
///
/// Where the criteria have weights the grade is computed: the mean of their steps by weight, rounded to a step, a half
/// down. A criterion that cannot be assessed has no part in it; where none can be assessed, neither can the response.
///
/// # Errors
///
/// The reply has no readable grade, or the rubric compares responses. That is an outcome, not a failure: it is counted.
pub fn read_grade(rubric: &Rubric, reply: &Reply) -> Result<GradeReading, Unreadable> {
    let Some(scale) = &rubric.scale else { return Err(Unreadable::NoVote) };
    if let Some(grade) = &reply.recorded_grade {
        let grade = scale.grade_named(grade).ok_or(Unreadable::NoVote)?;
        return Ok(GradeReading { grade, criteria: BTreeMap::new() });
    }
    let form = GradeForm { rubric, scale };
    read_reply(
        reply,
        form.key(),
        matches!(rubric.reply, ReplyFormat::Json { .. }),
        |answer| {
            match &rubric.reply {
                ReplyFormat::Json { take } => json::read(answer, *take, &form),
                ReplyFormat::GradePattern { grade, take } => {
                    match_grade(answer, grade, *take, scale)
                }
                // No rubric that grades has another format.
                ReplyFormat::Pattern { .. } | ReplyFormat::Logprobs { .. } => {
                    Err(Unreadable::NoVote)
                }
            }
        },
        Ok,
    )
}

/// Finds every match of a pattern; its first group is the name of a grade. Returns also where the match ends.
fn match_grade(
    text: &str,
    pattern: &Regex,
    take: Take,
    scale: &Scale,
) -> Result<(GradeReading, usize), Unreadable> {
    let found = pattern.captures_iter(text).filter_map(|captures| {
        let end = captures.get(0)?.end();
        let name = captures.get(1).map_or("", |group| group.as_str());
        let grade = scale.grade_named(name).ok_or(Unreadable::NoVote);
        Some(grade.map(|grade| (grade, end)))
    });
    let (grade, end) = choose(found.collect(), take, |(grade, _)| *grade)?;
    Ok((GradeReading { grade, criteria: BTreeMap::new() }, end))
}

/// The object of a reply. A repeated key is an error, so two grades in one object are not read as one.
#[derive(Deserialize)]
struct Answer {
    reasoning: Option<IgnoredAny>,
    grade: Option<Value>,
    criteria: Option<Value>,
}

/// Answers with the grade of a response.
struct GradeForm<'a> {
    rubric: &'a Rubric,
    scale: &'a Scale,
}

impl AnswerForm for GradeForm<'_> {
    type Reading = GradeReading;
    type Choice = Grade;

    fn key(&self) -> &'static str {
        if self.rubric.is_weighted() { "criteria" } else { "grade" }
    }

    fn read(&self, object: &str) -> Option<Result<GradeReading, Unreadable>> {
        let Ok(answer) = serde_json::from_str::<Answer>(object) else {
            return Some(Err(Unreadable::Malformed));
        };
        if answer.reasoning.is_none() && answer.grade.is_none() && answer.criteria.is_none() {
            return None;
        }
        let mut criteria = BTreeMap::new();
        if let Some(Value::Object(given)) = &answer.criteria {
            for criterion in &self.rubric.criteria {
                if let Some(grade) = given.get(&criterion.name).and_then(|word| self.grade(word)) {
                    criteria.insert(criterion.name.clone(), grade);
                }
            }
        }
        let grade = if self.rubric.is_weighted() {
            weighted_grade(self.rubric, &criteria)
        } else {
            answer.grade.as_ref().and_then(|word| self.grade(word))
        };
        Some(grade.map(|grade| GradeReading { grade, criteria }).ok_or(Unreadable::NoVote))
    }

    fn choice(reading: &GradeReading) -> Grade {
        reading.grade
    }
}

impl GradeForm<'_> {
    /// Reads the name of a grade. Where the names are numbers, the judge may write one without quotation marks.
    fn grade(&self, word: &Value) -> Option<Grade> {
        match word {
            Value::String(name) => self.scale.grade_named(name),
            Value::Number(number) => self.scale.grade_named(&number.to_string()),
            _ => None,
        }
    }
}

/// Returns the grade that those on all criteria give by their weights; `None` if one of them is missing.
fn weighted_grade(rubric: &Rubric, criteria: &BTreeMap<String, Grade>) -> Option<Grade> {
    let (mut sum, mut weights) = (0.0, 0.0);
    for criterion in &rubric.criteria {
        if let Some(step) = criteria.get(&criterion.name)?.step() {
            let weight = criterion.weight.unwrap_or_default();
            (sum, weights) = (sum + weight * f64::from(step), weights + weight);
        }
    }
    if weights <= 0.0 {
        return Some(Grade::CannotAssess);
    }
    // Twelve digits: the sum of equal parts of a half is a half, whatever the order of the criteria.
    let mean = (sum / weights * 1e12).round() / 1e12;
    Some(Grade::Step((mean - 0.5).ceil().max(0.0) as u8))
}
