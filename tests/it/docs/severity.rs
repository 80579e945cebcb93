//! How bad the sample says that its defects are.

use serde_json::Value;

/// Returns the severity of a defect, from 1 to 4.
pub(super) fn severity(defect: &Value) -> u32 {
    match defect.as_str().unwrap() {
        "verbose" => 1,
        "wrong-tone" | "vague" => 2,
        "missing-request" => 3,
        "wrong-number" | "invented-detail" => 4,
        other => panic!("unknown defect {other}"),
    }
}
