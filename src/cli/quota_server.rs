//! `--quota-from`: the database through which processes share the quotas of their judges.

use evenhand::pace::QuotaServer;
use evenhand::run::PreparedTask;
use evenhand::{Error, Result};

use super::environment::{is_on_command_line, optional_variable};
use super::print_note;

/// The flag without its dashes.
const FLAG: &str = "quota-from";
/// Its variable.
pub(super) const QUOTA_VARIABLE: &str = "EVENHAND_QUOTA_FROM";

/// Returns the database that the flag or its variable names, without connecting to it.
///
/// # Errors
///
/// The address is malformed, or has a password that other users of this machine could read.
pub(super) fn quota_server(address: Option<&str>) -> Result<Option<QuotaServer>> {
    let Some(address) = address else { return Ok(None) };
    if has_password(address) && is_on_command_line(FLAG) {
        return Err(Error::usage(
            "--quota-from has a password, which other users of this machine can read on the command line",
        )
        .hint("set the environment variable EVENHAND_QUOTA_FROM to the address, or PGPASSWORD to the password"));
    }
    check_ssl_mode()?;
    let source = if is_on_command_line(FLAG) { "--quota-from" } else { QUOTA_VARIABLE };
    let server = QuotaServer::new(address);
    server.map(Some).map_err(|error| error.detail(format!("it is the value of {source}")))
}

/// Checks the variable that protects the connection: a misspelt value would be ignored.
#[cfg(feature = "postgres")]
fn check_ssl_mode() -> Result<()> {
    let Some(mode) = optional_variable("PGSSLMODE") else { return Ok(()) };
    if QuotaServer::SSL_MODES.contains(&mode.as_str()) {
        return Ok(());
    }
    Err(Error::usage(format!("the environment variable PGSSLMODE has an unknown value: {mode}"))
        .hint(format!("use one of {}", QuotaServer::SSL_MODES.join(", "))))
}

#[cfg(not(feature = "postgres"))]
fn check_ssl_mode() -> Result<()> {
    Ok(())
}

/// Prints whose quotas are shared.
///
/// # Errors
///
/// The command line names a database to share them, and nobody has any.
pub(super) fn print_shared_quotas(task: &PreparedTask) -> Result<()> {
    let Some(server) = task.quota_server() else { return Ok(()) };
    let judges: Vec<&str> = task.judges_that_share().collect();
    if judges.is_empty() && is_on_command_line(FLAG) {
        return Err(Error::usage("--quota-from: no judge has a quota that could be shared")
            .hint("set requests_per_minute or tokens_per_minute of a judge at an endpoint"));
    }
    if judges.is_empty() {
        print_note(format_args!(
            "{QUOTA_VARIABLE}: no judge of this command has a quota, so nothing is shared"
        ));
    } else {
        let (judges, place) = (judges.join(", "), server.place());
        print_note(format_args!("{judges}: the quota is shared through {place}"));
    }
    Ok(())
}

/// Returns whether an address has a password, in its authority or among its parameters.
fn has_password(address: &str) -> bool {
    let authority = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = authority.split(['/', '?']).next().unwrap_or_default();
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
    user.contains(':') || address.to_lowercase().contains("password=")
}

#[cfg(test)]
mod tests {
    use super::has_password;

    #[test]
    fn a_password_is_found_wherever_an_address_can_have_it() {
        for (address, has) in [
            ("postgres://ann@db.example.org/quotas", false),
            ("postgres://db.example.org:5432/quotas", false),
            ("postgres:///quotas?host=/var/run/postgresql", false),
            ("postgres://ann:secret@db.example.org/quotas", true),
            ("postgres://ann:@db.example.org/quotas", true),
            ("postgres://ann:p%40ss@db.example.org", true),
            ("postgres://db.example.org/quotas?user=ann&Password=secret", true),
            ("ann:secret@db.example.org", true),
        ] {
            assert_eq!(has_password(address), has, "{address}");
        }
    }
}
