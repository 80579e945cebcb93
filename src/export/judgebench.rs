//! `JudgeBench`'s outputs: pairs with the better response by people, and what the judge decided in both orders.
//!
//! `response_A` is that of the system whose name comes first. The second judgment saw `response_B` as A, and its decision
//! is by the letters that it saw. A comparison needs a label that most people chose.

use std::io::Write;

use serde_json::{Value, json};

use super::{ExportCounts, check_one_judge, one_judge, texts, write_line};
use crate::cases::Cases;
use crate::error::{Error, Remedy, Result};
use crate::store::{OrderRecord, TrialRecord};
use crate::trial::{Order, Side};
use crate::verdict::Ballot;
use crate::vote::{Preference, Vote};

/// Writes one line of JSON for each labelled comparison.
///
/// # Errors
///
/// No labels were given, the run has several judges and none was chosen, it cannot be read, or the output not written.
pub fn export_judgebench(cases: &Cases, output: &mut dyn Write) -> Result<ExportCounts> {
    if !cases.has_labels() {
        return Err(Error::usage(
            "JudgeBench has a label for every pair, and no labels were given",
        )
        .suggest(Remedy::SupplyLabels));
    }
    check_one_judge(cases)?;
    let mut counts = ExportCounts::default();
    cases.for_each(|case| {
        let (judge, judged) = one_judge(cases, &case)?;
        let label = match case.people_prefer() {
            Some(Preference::For(Side::A)) => "A>B",
            Some(Preference::For(Side::B)) => "B>A",
            // The layout has no word for a tie.
            Some(Preference::Tie) => {
                counts.ties += 1;
                return Ok(());
            }
            None => {
                counts.unlabelled += 1;
                return Ok(());
            }
        };
        let Some((question, [response_a, response_b])) = texts(&case, [Side::A, Side::B]) else {
            counts.conversations += 1;
            return Ok(());
        };
        // The first judgment is that of the first order: what was not asked has none.
        let [first, second] = [Order::AFirst, Order::BFirst].map(|order| {
            let mut orders = judged.orders.iter();
            orders.find(|record| record.order == order && is_answered(record))
        });
        if first.is_none() && second.is_some() {
            counts.second_order_only += 1;
            return Ok(());
        }
        // A recorded judge has no model, and its name says whose recording it is.
        let model = (!judge.record.is_recording()).then_some(judge.record.model.as_str());
        let judgments: Vec<Value> =
            first.into_iter().chain(second).map(|order| judgment(order, model)).collect();
        counts.written += 1;
        let decided = |order: &OrderRecord| matches!(order.ballot, Ballot::Cast(_));
        counts.without_vote += u64::from(!judged.orders.iter().any(decided));
        let tag = |name: &str| case.item.tags.get(name).cloned().unwrap_or_default();
        write_line(
            output,
            &json!({
                "pair_id": case.record.id,
                "original_id": case.record.id,
                "source": tag("source"),
                "question": question,
                "response_model": tag("response_model"),
                "response_A": response_a,
                "response_B": response_b,
                "label": label,
                "judge_name": judge.record.name,
                "judgments": judgments,
            }),
        )
    })?;
    Ok(counts)
}

/// Returns whether the judge replied in an order, readable or not.
fn is_answered(order: &OrderRecord) -> bool {
    order.trials.iter().any(|trial| trial.deciding_reply().is_some())
}

/// Returns what the judge said and decided in one order.
fn judgment(order: &OrderRecord, model: Option<&str>) -> Value {
    let decision = match order.ballot {
        Ballot::Cast(Vote::First) => Some("A>B"),
        Ballot::Cast(Vote::Second) => Some("B>A"),
        Ballot::Cast(Vote::Tie) => Some("A=B"),
        _ => None,
    };
    let reply = order.trials.iter().find_map(TrialRecord::deciding_reply);
    let mut said = json!({ "response": reply.and_then(|reply| reply.text.clone()) });
    if let Some(model) = model {
        said["judge_model"] = model.into();
    }
    json!({ "judgment": said, "decision": decision })
}
