//! Numbers in words: counts, amounts and durations.

pub use crate::error::count;

/// Returns a number of things: `1 comparison`, `1,204 comparisons`, `0 replies`. The plural of the
/// thing ends in `s`, or in `ies` if the thing ends in `y`.
pub fn counted(number: u64, thing: &str) -> String {
    let number_of = count(number);
    match thing.strip_suffix('y') {
        _ if number == 1 => format!("{number_of} {thing}"),
        Some(stem) => format!("{number_of} {stem}ies"),
        None => format!("{number_of} {thing}s"),
    }
}

/// Returns an amount in USD; small ones with more digits.
pub fn usd(amount: f64) -> String {
    if amount != 0.0 && amount < 0.1 { format!("${amount:.4}") } else { format!("${amount:.2}") }
}

/// Returns a number of bytes in the largest unit of which it has at least one.
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let mut size = bytes as f64 / 1024.0;
    if size < 1.0 {
        return counted(bytes, "byte");
    }
    let mut units = UNITS.into_iter().peekable();
    while let Some(unit) = units.next() {
        if size < 1023.95 || units.peek().is_none() {
            return format!("{size:.1} {unit}");
        }
        size /= 1024.0;
    }
    counted(bytes, "byte")
}

/// Returns a duration in seconds, minutes or hours.
pub fn seconds(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        0..60 => format!("{seconds:.1} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}
