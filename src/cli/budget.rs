//! `--max-cost` and `--max-requests` that are too small for one more comparison.
//!
//! With such a budget nothing would be sent, however often the command is repeated. If the run has cost nothing
//! yet, the command is refused. If the run has used up its budget, it is incomplete, and a message says which budget
//! the next comparison needs.

use evenhand::report::counted;
use evenhand::run::{LeastLimits, PreparedTask, RetryScope, Session};
use evenhand::{Error, Result};

use super::arguments::BudgetArguments;
use super::judge_report::Asked;
use super::unit::unit_name;

/// Checks that every judge has a price and replies of limited length if the cost is limited.
pub(super) fn check_limits(budget: &BudgetArguments, task: &PreparedTask) -> Result<()> {
    if let Some(judge) = task.unlimited_judge().filter(|_| budget.max_cost.is_some()) {
        return Err(Error::input(format!("judges.{judge}.max_tokens is \"none\""))
            .detail("--max-cost needs the maximum length of every reply")
            .hint("set max_tokens to a number"));
    }
    match task.unpriced_judge().filter(|_| budget.max_cost.is_some()) {
        Some(judge) => Err(Error::input(format!("judges.{judge}.price is missing"))
            .detail("--max-cost needs the price of every judge")
            .hint("add price = { input_per_million = …, output_per_million = … } to the judge's settings")),
        None => Ok(()),
    }
}

/// Checks that the budget allows one comparison.
///
/// # Errors
///
/// It does not; the message names the least budget that does.
pub(super) fn check_budget(
    budget: &BudgetArguments,
    scope: RetryScope,
    session: &Session,
) -> Result<()> {
    if budget.max_cost.is_none() && budget.max_requests.is_none() {
        return Ok(());
    }
    let Some(least) = session.least_limits(scope)? else { return Ok(()) };
    let unit = unit_name(session.task().unit());
    if let Some(given) = budget.max_requests.filter(|given| *given < least.requests()) {
        return Err(Error::usage(format!(
            "--max-requests {given} is not enough for one {unit}, so nothing would be asked"
        ))
        .detail(format!(
            "a {unit} is asked whole or not at all, and the next one needs {}{}",
            counted(least.requests(), "request"),
            of_judges(&least)
        ))
        .hint(format!("use --max-requests {} or more", least.requests())));
    }
    let is_too_little = |given: &f64| least.spent <= 0.0 && !least.fits_cost(*given);
    if let Some(given) = budget.max_cost.filter(is_too_little) {
        return Err(Error::usage(format!(
            "--max-cost {given} is less than one {unit} may cost, so nothing would be asked"
        ))
        .detail(format!("the next one {}", worst_case(&least)))
        .hint(format!(
            "use --max-cost {} or more, or lower the judge's max_tokens",
            exact_usd(least.least_cost())
        )));
    }
    Ok(())
}

/// Returns what must change for the next comparison to be asked, where the budget has ended this command and the
/// same command would ask nothing more; `None` where repeating it helps.
pub(super) fn needs(
    budget: &BudgetArguments,
    scope: RetryScope,
    session: &Session,
    asked: &Asked,
) -> Result<Option<String>> {
    if !asked.report.as_ref().is_some_and(|report| report.budget_exhausted) {
        return Ok(None);
    }
    let Some(least) = session.least_limits(scope)? else { return Ok(None) };
    let unit = unit_name(session.task().unit());
    if budget.max_cost.is_some_and(|given| !least.fits_cost(given)) {
        return Ok(Some(format!(
            "the run may have cost ${} so far, and the next {unit} {}; run the same command with --max-cost {} \
             or more",
            exact_usd(least.spent),
            worst_case(&least),
            exact_usd(least.least_cost())
        )));
    }
    let too_few = budget.max_requests.is_some_and(|given| given < least.requests());
    Ok(too_few.then(|| {
        format!(
            "the next {unit} needs {}{}; run the same command with --max-requests {} or more",
            counted(least.requests(), "request"),
            of_judges(&least),
            least.requests()
        )
    }))
}

/// Returns what a comparison may cost, as the end of a sentence.
fn worst_case(least: &LeastLimits) -> String {
    format!(
        "may cost ${} ({}{}, each with a reply of full length)",
        exact_usd(least.comparison_cost()),
        counted(least.requests(), "request"),
        of_judges(least)
    )
}

/// Returns how many judges share the requests, unless it is one.
fn of_judges(least: &LeastLimits) -> String {
    match least.judges() {
        0 | 1 => String::new(),
        judges => format!(" of {judges} judges"),
    }
}

/// Returns an amount in USD with at least two decimals, and as many as it has up to six.
fn exact_usd(amount: f64) -> String {
    let shown = format!("{amount:.6}");
    let kept = shown.trim_end_matches('0').len();
    let least = shown.find('.').map_or(kept, |point| point + 3);
    shown[..kept.max(least)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::exact_usd;

    #[test]
    fn an_amount_has_the_decimals_that_it_needs() {
        for (amount, expected) in
            [(0.2, "0.20"), (0.12 + 0.2, "0.32"), (3.0, "3.00"), (0.000_012, "0.000012")]
        {
            assert_eq!(exact_usd(amount), expected);
        }
    }
}
