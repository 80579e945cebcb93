//! Printing what a try came to, as a table or as JSON.

use evenhand::report::{
    Wording, diff_json, diff_table, grade_diff_json, grade_diff_table, grade_try_table, try_table,
};
use evenhand::{Error, Result};
use serde::Serialize;
use serde_json::{Value, json};

use super::measuring::{Measured, MeasuredNumbers};
use crate::cli::arguments::{Format, RubricTry};
use crate::cli::{json_text, print};

/// Prints the difference to an earlier run, and the numbers of the try.
pub(super) fn print_result(arguments: &RubricTry, measured: &Measured) -> Result<()> {
    let text = match arguments.format {
        Format::Table => table(arguments, measured)?,
        Format::Json => document(arguments, measured)?,
    };
    print(&text).map(|_| ())
}

fn table(arguments: &RubricTry, measured: &Measured) -> Result<String> {
    let mut wording = Wording::default();
    wording.format = "--format";
    let facts = &measured.one.facts;
    let (diff, numbers) = match &measured.numbers {
        MeasuredNumbers::Verdicts(results, compared) => {
            let diff = written(compared.as_deref(), |compared, write| {
                let cases = arguments.cases.min(compared.changed_cases());
                diff_table(compared, cases, wording, write)
            })?;
            (diff, try_table(facts, results, wording))
        }
        MeasuredNumbers::Grades(results, compared) => {
            let diff = written(compared.as_deref(), |compared, write| {
                let cases = arguments.cases.min(compared.changed_cases());
                grade_diff_table(compared, cases, wording, write)
            })?;
            (diff, grade_try_table(facts, results, wording))
        }
    };
    Ok(match diff {
        Some(diff) => format!("{diff}\n{numbers}"),
        None => numbers,
    })
}

fn document(arguments: &RubricTry, measured: &Measured) -> Result<String> {
    let (diff, calibration) = match &measured.numbers {
        MeasuredNumbers::Verdicts(results, compared) => {
            let diff = written(compared.as_deref(), |compared, write| {
                diff_json(compared, arguments.cases.min(compared.changed_cases()), write)
            })?;
            (diff, value(results)?)
        }
        MeasuredNumbers::Grades(results, compared) => {
            let diff = written(compared.as_deref(), |compared, write| {
                grade_diff_json(compared, arguments.cases.min(compared.changed_cases()), write)
            })?;
            (diff, value(results)?)
        }
    };
    let diff: Option<Value> = diff
        .map(|diff| serde_json::from_str(&diff))
        .transpose()
        .map_err(|error| unwritten(&error))?;
    let document = json!({ "try": measured.one, "calibration": calibration, "diff": diff });
    Ok(json_text(&document))
}

/// Returns what `write` writes of a comparison, if there is one.
fn written<T>(
    compared: Option<&T>,
    write: impl FnOnce(&T, &mut dyn FnMut(&str) -> Result<()>) -> Result<()>,
) -> Result<Option<String>> {
    let Some(compared) = compared else { return Ok(None) };
    let mut text = String::new();
    write(compared, &mut |piece| {
        text.push_str(piece);
        Ok(())
    })?;
    Ok(Some(text))
}

fn value(results: &impl Serialize) -> Result<Value> {
    serde_json::to_value(results).map_err(|error| unwritten(&error))
}

fn unwritten(error: &serde_json::Error) -> Error {
    Error::internal(format!("cannot write the result as JSON: {error}"))
}
