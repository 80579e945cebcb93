//! Parsers of the values of flags.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use evenhand::trial::Shard;

pub(super) fn system_file(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((system, file)) if !system.is_empty() && !file.is_empty() => {
            Ok((system.to_owned(), PathBuf::from(file)))
        }
        _ => Err("expected SYSTEM=FILE".to_owned()),
    }
}

pub(super) fn system_column(text: &str) -> Result<(String, String), String> {
    match text.split_once('=').unwrap_or((text, text)) {
        (system, column) if !system.is_empty() && !column.is_empty() => {
            Ok((system.to_owned(), column.to_owned()))
        }
        _ => Err("expected SYSTEM=COLUMN, or only COLUMN".to_owned()),
    }
}

pub(super) fn tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((tag, value)) if !tag.is_empty() => Ok((tag.to_owned(), value.to_owned())),
        _ => Err("expected TAG=VALUE, for example product=billing".to_owned()),
    }
}

pub(super) fn switch(text: &str) -> Result<bool, String> {
    match text.to_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Ok(true),
        "0" | "false" | "no" | "off" => Ok(false),
        _ => Err("expected 1, true, yes or on; or 0, false, no or off".to_owned()),
    }
}

pub(super) fn positive(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(number) if (1..=u64::from(u32::MAX)).contains(&number) => Ok(number),
        _ => Err("expected a whole number above 0".to_owned()),
    }
}

pub(super) fn shard(text: &str) -> Result<Shard, String> {
    let numbers = text.split_once('/').and_then(|(number, of)| {
        let numbers = (number.parse().ok()?, of.parse().ok()?);
        Some(numbers)
    });
    match numbers {
        Some((0, _)) => Err("parts are counted from 1: 1/4 to 4/4".to_owned()),
        Some((number, of)) => {
            Shard::new(number, of).ok_or_else(|| format!("there is no part {number} of {of}"))
        }
        None => Err("expected I/N, for example 2/4".to_owned()),
    }
}

pub(super) fn amount(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(amount) if amount.is_finite() && amount >= 0.0 => Ok(amount),
        _ => Err("expected an amount in USD, for example 2.50".to_owned()),
    }
}

pub(super) fn time_limit(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.001..=86_400.0).contains(&seconds) => Ok(seconds),
        _ => Err("expected a number of seconds above 0, at most 86400, for example 2.5".to_owned()),
    }
}

pub(super) fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("expected a share from 0 to 1, for example 0.8".to_owned()),
    }
}

pub(super) fn inner_share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if share > 0.0 && share < 1.0 => Ok(share),
        _ => Err("expected a share between 0 and 1, for example 0.1".to_owned()),
    }
}

pub(super) fn coverage(text: &str) -> Result<f64, String> {
    match share(text) {
        Ok(share) if share > 0.0 => Ok(share),
        _ => Err("expected a share above 0, at most 1, for example 0.8".to_owned()),
    }
}

pub(super) fn power(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(power) if (0.5..=0.999).contains(&power) => Ok(power),
        _ => Err("expected a probability from 0.5 to 0.999, for example 0.8".to_owned()),
    }
}

pub(super) fn duration(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= 86_400.0 => Ok(seconds),
        _ => Err("expected a number of seconds above 0, at most 86400, for example 36".to_owned()),
    }
}

pub(super) fn system_inner_share(text: &str) -> Result<(String, f64), String> {
    let (system, share) = system_share(text)?;
    match share {
        share if share > 0.0 && share < 1.0 => Ok((system, share)),
        _ => Err("expected a share between 0 and 1, for example new=0.5".to_owned()),
    }
}

pub(super) fn kappa(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(kappa) if (-1.0..=1.0).contains(&kappa) => Ok(kappa),
        _ => Err("expected a number from -1 to 1, for example 0.4".to_owned()),
    }
}

pub(super) fn system_share(text: &str) -> Result<(String, f64), String> {
    // A name may contain `=`; a number does not.
    match text.rsplit_once('=') {
        Some((system, number)) if !system.is_empty() => Ok((system.to_owned(), share(number)?)),
        _ => Err("expected SYSTEM=X, for example new=0.5".to_owned()),
    }
}

/// The most characters of an annotator's name.
const LONGEST_NAME: usize = 100;

pub(super) fn annotator(text: &str) -> Result<String, String> {
    let name = text.trim();
    if name.is_empty() {
        return Err("expected a name".to_owned());
    }
    if name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(format!(
            "expected at most {LONGEST_NAME} characters, none of them a control character"
        ));
    }
    Ok(name.to_owned())
}

pub(super) fn host(text: &str) -> Result<String, String> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let is_name = |text: &str| {
        !text.is_empty()
            && text.len() <= 253
            && text.chars().all(|char| char.is_ascii_alphanumeric() || "-._".contains(char))
    };
    if bare.parse::<IpAddr>().is_ok() || is_name(bare) {
        return Ok(bare.to_ascii_lowercase());
    }
    Err("expected an address such as 192.168.1.20, or a name such as laptop.local, without port"
        .to_owned())
}

pub(super) fn age(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .map_err(|_| "expected an age such as 30d, 12h or 2weeks".to_owned())
}
