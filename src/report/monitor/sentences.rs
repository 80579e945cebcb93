//! What a check found, in sentences.

use super::rows::stream_words;
use super::words::Words;
use crate::error::{capitalised, listed};
use crate::monitor::{
    Check, CheckResult, Drift, InputDrift, Measure, ScaleChange, Stream, StreamKind,
};
use crate::report::number_format::NumberFormat;
use crate::report::quantities::{count, counted};
use crate::report::text_report::{p_value, share_with_interval};

/// Returns what a check found: the result, what has changed, and what could have been missed.
pub fn check_headline(check: &Check) -> Vec<String> {
    let mut sentences = vec![result(check)];
    sentences.extend(reasons(check));
    sentences.extend(visible(check));
    sentences.push(format!(
        "Without a change there are {} checks or more between false alarms on average, if no limit is too low; each is \
         with a probability of 1 %.",
        count(check.false_alarm_every as u64)
    ));
    sentences
}

/// Returns the numbers that raise the alarm, those of the judge first.
fn reasons(check: &Check) -> Option<String> {
    const MOST: usize = 3;
    let alarms: Vec<&Stream> = check.streams.iter().filter(|stream| stream.alarm).collect();
    let words = Words::of(check.rate);
    let reason = |stream: &&Stream| {
        let percent = |value: Option<f64>| NumberFormat::Percent.value(value);
        format!(
            "{}: {} before, {} now",
            stream_words(&stream.name, words),
            percent(Some(stream.before)),
            percent(stream.after)
        )
    };
    let mut reasons: Vec<String> = alarms.iter().take(MOST).map(reason).collect();
    if alarms.len() > MOST {
        reasons.push(format!("{} more", alarms.len() - MOST));
    }
    let features = check.input.iter().flat_map(|input| &input.features);
    let features: Vec<String> = features
        .filter(|feature| feature.alarm)
        .map(|feature| {
            let size = feature.cramers_v.unwrap_or_default();
            format!("{} (V {size:.2})", feature_words(&feature.feature, words))
        })
        .collect();
    if !features.is_empty() {
        reasons.push(format!("new items differ from anchors in {}", listed(&features)));
    }
    (!reasons.is_empty()).then(|| format!("{}.", capitalised(&reasons.join("; "))))
}

fn result(check: &Check) -> String {
    let words = Words::of(check.rate);
    let names = check.drift.iter().map(|drift| match drift {
        Drift::Judge => "the judge",
        Drift::System => "the systems",
        Drift::Input => "the traffic",
    });
    let names: Vec<&str> = names.collect();
    match check.result {
        CheckResult::Alarm if names.is_empty() => format!(
            "Alarm: {} have changed; whether {} cannot be told.",
            words.verdicts,
            match check.unattributed.as_slice() {
                [StreamKind::System] => "the judge or the systems have changed",
                [StreamKind::NewItems] if is_judged_alike(check) => {
                    "the systems have changed or the new items are harder"
                }
                _ => "the judge, the systems or the items have changed",
            }
        ),
        CheckResult::Alarm => {
            let have = if names == ["the systems"] || names.len() > 1 { "have" } else { "has" };
            format!("Alarm: {} {have} changed.", names.join(" and "))
        }
        CheckResult::NoAlarm => {
            "No alarm: neither the judge nor the systems nor the traffic have changed \
                                 as far as can be seen."
                .to_owned()
        }
        CheckResult::Inconclusive if check.newest.is_none() => {
            "Inconclusive: there is no run after the baseline yet.".to_owned()
        }
        CheckResult::Inconclusive => {
            let unseen = check.unseen.iter().map(|kind| match kind {
                StreamKind::Judge => "of the judge".to_owned(),
                StreamKind::System => format!("of {} on other responses", words.rates),
                StreamKind::NewItems => format!("of {} on new items", words.rates),
            });
            format!(
                "Inconclusive: there is no alarm, but a change of {} points could have been missed: {}.",
                points(check.visible_change),
                unseen.collect::<Vec<_>>().join(", ")
            )
        }
    }
}

/// Returns whether the judge is asked as in the baseline, and its server names the same model.
fn is_judged_alike(check: &Check) -> bool {
    check.judge.as_ref().is_some_and(|judge| judge.changed.is_empty() && judge.served.is_empty())
}

/// Returns the smallest change of the judge that would have been seen by now, or that none would.
fn visible(check: &Check) -> Option<String> {
    check.newest.as_ref()?;
    if is_other_scale(check) {
        return Some(
            "Whether the judge has changed cannot be seen: the scale has other steps than in the baseline."
                .to_owned(),
        );
    }
    let Some(stream) = check.deciding_stream() else {
        return Some(format!(
            "Whether the judge has changed cannot be seen: there are no anchors, or they have no labels and the noise of \
             its {} is not known.",
            Words::of(check.rate).verdicts
        ));
    };
    let what = match stream.name.measure {
        Measure::Disagreement => "more replies that disagree with people",
        _ => &format!("more changed {}", Words::of(check.rate).verdicts),
    };
    let since = counted(stream.checks, "check");
    Some(match stream.smallest_change {
        Some(change) => format!(
            "The smallest change of the judge that would have been seen by now with a power of 80 %, after {since} of {}: \
             {} points {what}.",
            counted(per_check(stream), "item"),
            points(change)
        ),
        None => format!("After {since}, no change of the judge would have been seen yet."),
    })
}

fn per_check(stream: &Stream) -> u64 {
    stream.units.checked_div(stream.checks).unwrap_or_default()
}

fn points(change: f64) -> String {
    format!("{:.1}", change * 100.0)
}

/// Returns a feature in words.
pub(in crate::report) fn feature_words(feature: &str, words: Words) -> String {
    match feature {
        "prompt-length" => "length of prompts".to_owned(),
        "response-length" => "length of responses".to_owned(),
        "language" => "language of prompts".to_owned(),
        "undecided" => words.undecided.to_owned(),
        other => other.strip_prefix("tag:").map_or(other.to_owned(), |tag| format!("tag {tag}")),
    }
}

/// Returns what is known of the judge.
pub(in crate::report) fn judge_sentences(check: &Check) -> Vec<String> {
    let words = Words::of(check.rate);
    let Some(judge) = &check.judge else {
        return vec!["There is no run after the baseline yet.".to_owned()];
    };
    if is_other_scale(check) {
        return vec![
            "The scale has other steps than in the baseline, so nothing is known of the judge."
                .to_owned(),
        ];
    }
    if judge.units == 0 {
        return vec![format!(
            "No {} has the texts of the baseline, so nothing is known of the judge.",
            words.units[0]
        )];
    }
    let noise = match &judge.noise {
        Some(noise) if noise.high == Some(0.0) => "a rule always answers alike".to_owned(),
        Some(noise) => format!(
            "asked the same again, the judge of the baseline changed {}",
            share_with_interval(noise)
        ),
        None => "how many change by noise alone is not known".to_owned(),
    };
    let mut sentences = vec![format!(
        "Of {} with unchanged texts, {} ended otherwise than in the baseline, {} of them with another {}; {noise}.",
        counted(judge.units, words.units[0]),
        share_with_interval(&judge.verdicts_changed),
        count(judge.reversed),
        words.choice
    )];
    if let (Some(right), Some(p)) = (judge.right_verdicts, judge.mcnemar_mid_p) {
        let detectable = judge.detectable.map_or(String::new(), |detectable| {
            format!(
                "; such a test sees a difference of {} points with a power of 80 %",
                points(detectable)
            )
        });
        sentences.push(format!(
            "It is right less often than in the baseline on {} of {} with labels and more often on {} (McNemar's mid-p over \
             these items, for this look alone: {}{detectable}).",
            count(right.items_with_fewer),
            counted(right.items, "item"),
            count(right.items_with_more),
            p_value(p)
        ));
    }
    sentences
}

/// Returns what is known of the systems.
pub(in crate::report) fn system_sentences(check: &Check) -> Vec<String> {
    let words = Words::of(check.rate);
    let Some(system) = &check.system else { return Vec::new() };
    if is_other_scale(check) {
        return vec![format!(
            "The scale has other steps than in the baseline, so {} on other responses are not compared.",
            words.rates
        )];
    }
    vec![match (system.units, system.new_items.is_empty()) {
        (0, true) => {
            "No response has changed since the baseline, and there are no new items.".to_owned()
        }
        (0, false) => {
            "No response to an item of the baseline has changed; there are new items.".to_owned()
        }
        (n, _) => {
            format!("{} {}.", counted(n, words.units[0]), words.changed[usize::from(n != 1)])
        }
    }]
}

/// Returns whether grades are not compared, since the judge chose among other steps.
fn is_other_scale(check: &Check) -> bool {
    check.scale_change == Some(ScaleChange::Steps)
}

/// Returns what is known of the traffic.
pub(in crate::report) fn input_sentence(input: &InputDrift, words: Words) -> String {
    if input.new == 0 {
        return "There are no new items to compare with the anchors.".to_owned();
    }
    if input.anchors == 0 {
        return "There are no anchors to compare new items with.".to_owned();
    }
    let sure = input.features.iter().filter(|feature| feature.alarm);
    let names: Vec<String> = sure.map(|feature| feature_words(&feature.feature, words)).collect();
    let sizes =
        format!("{} against {}", counted(input.new, "new item"), counted(input.anchors, "anchor"));
    if !input.is_weighted {
        return format!(
            "{sizes}: not tested, since the probability with which they were drawn is known of only some of them."
        );
    }
    if names.is_empty() {
        format!("{sizes}: no feature raises the alarm.")
    } else {
        format!("{sizes}: they differ in {}.", names.join(", "))
    }
}
