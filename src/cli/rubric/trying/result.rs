//! Printing what a try came to, as a table or as JSON.

use evenhand::report::{Wording, diff_json, diff_table, try_table};
use evenhand::{Error, Result};
use serde_json::{Value, json};

use super::measured::Measured;
use crate::cli::arguments::{Format, RubricTry};
use crate::cli::{json_text, print};

/// Prints the difference to an earlier run, and the numbers of the try.
pub(super) fn print_result(arguments: &RubricTry, measured: &Measured) -> Result<()> {
    let Measured { one, results, compared, .. } = measured;
    let mut wording = Wording::default();
    wording.format = "--format";
    let mut text = String::new();
    match arguments.format {
        Format::Table => {
            if let Some(compared) = compared {
                diff_table(
                    compared,
                    arguments.cases.min(compared.changed_cases()),
                    wording,
                    |piece| {
                        text.push_str(piece);
                        Ok(())
                    },
                )?;
                text.push('\n');
            }
            text.push_str(&try_table(one, results, wording));
        }
        Format::Json => {
            let mut diff = String::new();
            if let Some(compared) = compared {
                diff_json(compared, arguments.cases.min(compared.changed_cases()), |piece| {
                    diff.push_str(piece);
                    Ok(())
                })?;
            }
            let failed =
                |error| Error::internal(format!("cannot write the result as JSON: {error}"));
            let diff = match diff.as_str() {
                "" => Value::Null,
                diff => serde_json::from_str(diff).map_err(failed)?,
            };
            let calibration = serde_json::to_value(results).map_err(failed)?;
            let document = json!({ "try": one, "calibration": calibration, "diff": diff });
            text = json_text(&document);
        }
    }
    print(&text).map(|_| ())
}
