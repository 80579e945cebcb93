//! What a way leaves uncertain, in words.

use crate::costing::Leaves;
use crate::report::number_format::{NumberFormat, percent};
use crate::report::text_report::{printable, share_with_interval};
use crate::stats::Estimate;

/// Returns the word for it in files.
pub(super) fn code(leaves: &Leaves) -> &'static str {
    match leaves {
        Leaves::BiasUnknown => "bias-unknown",
        Leaves::BiasOpen { .. } => "bias-open",
        Leaves::Biased { .. } => "biased",
        Leaves::RateItself => "rate-itself",
        Leaves::Undecided { .. } => "undecided",
        Leaves::Unreadable { .. } => "unreadable",
        Leaves::CheapVerdicts { .. } => "cheap-verdicts",
        Leaves::OneLabel => "one-label",
        Leaves::CorrelationAssumed { .. } => "correlation-assumed",
        Leaves::DeviationAssumed => "deviation-assumed",
        Leaves::WinRateAssumed { .. } => "win-rate-assumed",
        Leaves::ReplyLength => "reply-length",
        Leaves::Price => "price",
        Leaves::BatchPrice => "batch-price",
        Leaves::PilotMissing { .. } => "pilot-missing",
    }
}

/// Returns a sentence.
pub(super) fn leaves_sentence(leaves: &Leaves) -> String {
    match leaves {
        Leaves::BiasUnknown => {
            "Whether people prefer the same: without labels the judge's bias is not known.".to_owned()
        }
        Leaves::BiasOpen { bias } => format!(
            "Whether people prefer the same: by the labels so far the judge's win rate is {} off.",
            points(bias)
        ),
        Leaves::Biased { bias } => format!(
            "What people prefer: labels show that the judge's win rate is {} off, more than the margin.",
            points(bias)
        ),
        Leaves::RateItself => {
            "The rate itself: only its side of one half, or that it is nearer than the margin, is found. That holds at \
             every look."
                .to_owned()
        }
        Leaves::Undecided { probability } => format!(
            "It is not decided when all items are used up with a probability of {}.",
            share_with_interval(probability)
        ),
        Leaves::Unreadable { by } => format!(
            "Orders without a readable vote could move the rate by {:.1} points.",
            by * 100.0
        ),
        Leaves::CheapVerdicts { kept, agreement, strong_agreement } => {
            let kept = share_with_interval(kept);
            let agreement = agreement.zip(*strong_agreement).map(|(cascade, strong)| {
                format!(
                    " On the dev part it agrees with people {}, the strong judge alone {}.",
                    share_with_interval(&cascade),
                    share_with_interval(&strong)
                )
            });
            format!(
                "What the strong judge would say of the verdicts that the cheap one keeps, {kept} of all.{}",
                agreement.unwrap_or_default()
            )
        }
        Leaves::OneLabel => {
            "How far people agree with each other: each comparison has the label of one person.".to_owned()
        }
        Leaves::CorrelationAssumed { correlation } => format!(
            "The number of labels: that the judge's scores correlate with people's by {correlation:.3} is assumed."
        ),
        Leaves::DeviationAssumed => {
            "How near it is: that scores differ as much as they can is assumed.".to_owned()
        }
        Leaves::WinRateAssumed { win_rate } => format!(
            "When it is decided: a win rate of {} is assumed.",
            percent(Some(*win_rate))
        ),
        Leaves::ReplyLength => {
            "The cost: replies may have no tokens or as many as are allowed.".to_owned()
        }
        Leaves::Price => "The cost: the price or the tokens of a judge are not known.".to_owned(),
        Leaves::BatchPrice => {
            "The cost: that a batch has half of the price of single requests is assumed.".to_owned()
        }
        Leaves::PilotMissing { judges } => {
            let judges: Vec<String> = judges.iter().map(|judge| printable(judge)).collect();
            format!("Everything: it takes a pilot of {}, over the same items.", judges.join(" and of "))
        }
    }
}

/// Returns a difference of shares with its interval.
pub(super) fn points(difference: &Estimate) -> String {
    let value = NumberFormat::Points.value(difference.value);
    match NumberFormat::Points.interval(difference) {
        interval if interval.is_empty() => format!("{value} points"),
        interval => format!("{value} points ({interval})"),
    }
}
