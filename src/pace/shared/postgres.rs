//! Leases from a row of PostgreSQL.
//!
//! A lease is one statement that moves the row's `free_at`: PostgreSQL locks the row for it, and reads the clock, which is
//! that of the server, while it has the lock. Only this file uses sqlx.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::sync::Mutex;
use url::Url;

use super::source::{Lease, LeaseError, LeaseRequest, LeaseSource};
use super::terms::QuotaTerms;
use crate::error::{Error, Result};

/// How long connecting and a statement may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What an administrator may run instead of giving the right to create tables.
const CREATE: &str = "CREATE TABLE IF NOT EXISTS evenhand_quotas (
    name text PRIMARY KEY,
    requests_per_minute bigint,
    tokens_per_minute bigint,
    free_at timestamptz NOT NULL,
    largest_request bigint NOT NULL,
    largest_at timestamptz NOT NULL
)";

/// A quota that nobody has used for two minutes is set anew.
const REGISTER: &str = "INSERT INTO evenhand_quotas
VALUES ($1, $2, $3, clock_timestamp(), 0, clock_timestamp())
ON CONFLICT (name) DO UPDATE SET
    requests_per_minute = excluded.requests_per_minute,
    tokens_per_minute = excluded.tokens_per_minute,
    largest_request = 0
WHERE evenhand_quotas.free_at < clock_timestamp() - interval '2 minutes'";

const READ: &str = "SELECT requests_per_minute, tokens_per_minute, largest_request,
    extract(epoch FROM free_at - clock_timestamp())::double precision
FROM evenhand_quotas WHERE name = $1";

/// Nothing is booked that would begin in more than ten minutes.
const LEASE: &str = "UPDATE evenhand_quotas SET
    free_at = greatest(free_at, clock_timestamp()) + make_interval(secs => $4),
    largest_request = $5,
    largest_at = CASE WHEN $6 THEN clock_timestamp() ELSE largest_at END
WHERE name = $1 AND largest_request = $7
    AND requests_per_minute IS NOT DISTINCT FROM $2 AND tokens_per_minute IS NOT DISTINCT FROM $3
    AND free_at < clock_timestamp() + interval '10 minutes'
RETURNING extract(epoch FROM free_at - clock_timestamp())::double precision,
    extract(epoch FROM clock_timestamp() - largest_at)::double precision";
const MAX_AHEAD: Duration = Duration::from_mins(10);

/// The parameters of an address that are accepted. `connect_timeout` has no effect: the time limit is [`TIMEOUT`].
const PARAMETERS: [&str; 13] = [
    "application_name",
    "connect_timeout",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "user",
];
/// The values of `sslmode`, from the least to the most protected.
pub(super) const SSL_MODES: [&str; 6] =
    ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

/// A database with the table of quotas.
pub(super) struct Database {
    options: PgConnectOptions,
    /// Where it is, without user and password.
    place: String,
}

/// The row of a quota.
#[derive(Debug)]
pub(super) struct Row {
    database: Arc<Database>,
    name: String,
    terms: QuotaTerms,
    /// `None` before the first statement, and after one that failed or was not waited for.
    connection: Mutex<Option<PgConnection>>,
}

/// What a statement returns.
type Answer<T> = std::result::Result<T, Failure>;

/// A statement's failure.
#[derive(Debug)]
struct Failure {
    message: String,
    /// The code of PostgreSQL, if the server answered.
    code: Option<String>,
}

/// What the table has of a quota.
#[derive(Debug, Clone, Copy)]
struct StoredQuota {
    numbers: Numbers,
    largest: i64,
    /// The time until the timeline is free, in seconds.
    free_in: f64,
}

/// The quotas of requests and tokens per minute.
type Numbers = (Option<i64>, Option<i64>);

const DIFFERS_HINT: &str = "set the same quotas on all machines; new numbers can be set when no process has used the \
                            quota for two minutes";

impl Database {
    /// Returns the database of an address, without connecting to it.
    pub(super) fn new(url: &str) -> Result<Self> {
        let malformed = |why: &str| {
            Error::usage(format!("the address of the database is not one of PostgreSQL: {why}"))
                .hint("write it as postgres://USER@HOST:PORT/DATABASE")
        };
        let Some((_, rest)) = url
            .split_once("://")
            .filter(|(scheme, _)| matches!(*scheme, "postgres" | "postgresql"))
        else {
            return Err(malformed("it does not begin with postgres://"));
        };
        // Nothing of a password that was taken for something else may be in a message.
        if rest.split_once(['/', '?', '#']).is_some_and(|(_, rest)| rest.contains('@')) {
            return Err(malformed("a password has one of the characters / ? # @").hint(
                "write these as %2F, %3F, %23 and %40, or set PGPASSWORD to the password as it is",
            ));
        }
        let url = Url::parse(url).map_err(|error| malformed(&error.to_string()))?;
        // A misspelt `sslmode` would leave the connection unprotected.
        if let Some((name, _)) = url.query_pairs().find(|(name, _)| !PARAMETERS.contains(&&**name))
        {
            return Err(Error::usage(format!(
                "the address of the database has the parameter `{name}`, which evenhand does not know"
            ))
            .hint(format!("it knows {}", PARAMETERS.join(", "))));
        }
        let root = url.query_pairs().find(|(name, _)| name == "sslrootcert");
        if let Some((_, path)) = root.as_ref().filter(|(_, path)| !Path::new(&**path).is_file()) {
            return Err(Error::usage(format!("sslrootcert: {path}: there is no such file")).hint(
                "name the file with the certificate of the authority that signed the server's",
            ));
        }
        let options = PgConnectOptions::from_url(&url)
            .map_err(|_| {
                malformed("one of its parameters has a value that is not known").hint(format!(
                    "`port` is a number, and `sslmode` one of {}",
                    SSL_MODES.join(", ")
                ))
            })?
            .application_name("evenhand")
            .disable_statement_logging();
        // As libpq does: with an authority, the server's certificate is checked.
        let is_checked = root.is_some() && matches!(options.get_ssl_mode(), PgSslMode::Require);
        let options = if is_checked { options.ssl_mode(PgSslMode::VerifyCa) } else { options };
        let database = options.get_database().unwrap_or(options.get_username());
        let place = match options.get_socket() {
            Some(socket) => format!("{database} at {}", socket.display()),
            None => format!("{database} at {}:{}", options.get_host(), options.get_port()),
        };
        Ok(Self { options, place: format!("the database {place}") })
    }

    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// Makes sure that there is a row for a quota, and checks its numbers.
    pub(super) async fn register(
        database: &Arc<Self>,
        name: &str,
        terms: QuotaTerms,
    ) -> Result<Row> {
        let (database, name, connection) =
            (Arc::clone(database), name.to_owned(), Mutex::new(None));
        let row = Row { database, name, terms, connection };
        let mut registered = row.register().await;
        if has_no_table(&registered) {
            let created = row.create_table().await;
            registered = row.register().await;
            // What fails because another process creates the table at the same moment has several codes; then there is
            // a table now.
            if has_no_table(&registered) {
                created.map_err(|failure| row.error(&failure))?;
            }
        }
        registered.map_err(|failure| row.error(&failure))?;
        match row.read().await.map_err(|failure| row.error(&failure))? {
            Some(stored) if stored.numbers == row.numbers() => Ok(row),
            stored => Err(Error::input(row.differs(stored)).hint(DIFFERS_HINT)),
        }
    }
}

fn has_no_table(registered: &Answer<()>) -> bool {
    registered.as_ref().is_err_and(|failure| failure.has_code(&["42P01"]))
}

impl fmt::Debug for Database {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The options have the password.
        formatter.debug_struct("Database").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Row {
    async fn create_table(&self) -> Answer<()> {
        self.run(async |connection| sqlx::query(CREATE).execute(connection).await).await?;
        Ok(())
    }

    fn error(&self, failure: &Failure) -> Error {
        let error = Error::endpoint(self.describe(failure));
        // The codes are those of PostgreSQL: no right, and a user or a password that is not accepted.
        if failure.has_code(&["42501"]) {
            let create = CREATE.split_whitespace().collect::<Vec<_>>().join(" ");
            let user = self.database.options.get_username();
            return error.hint(format!(
                "have somebody who may create tables run: {create}; GRANT SELECT, INSERT, UPDATE ON evenhand_quotas TO \
                 \"{user}\";"
            ));
        }
        if failure.has_code(&["28P01", "28000"]) {
            return error.hint(
                "check user and password: they are taken from the address, from PGUSER and PGPASSWORD, or from the \
                 password file, which only its owner may be able to read",
            );
        }
        error.hint(if failure.code.is_some() {
            "correct what the database names, then run the same command again"
        } else {
            "check that the server is running, and the address and its certificates are correct, then run the same \
             command again"
        })
    }

    fn describe(&self, failure: &Failure) -> String {
        format!("the quotas in {}: {}", self.database.place, failure.message)
    }

    /// Runs a statement on a connection, which is used again if the statement succeeds.
    async fn run<T>(
        &self,
        statement: impl AsyncFnOnce(&mut PgConnection) -> sqlx::Result<T>,
    ) -> Answer<T> {
        let run = async {
            let mut kept = self.connection.lock().await;
            // Taken out, so that a statement that is not waited for does not leave its answer for the next one.
            let mut connection = match kept.take() {
                Some(connection) => connection,
                None => PgConnection::connect_with(&self.database.options).await?,
            };
            let result = statement(&mut connection).await;
            if result.is_ok() {
                *kept = Some(connection);
            }
            result
        };
        match tokio::time::timeout(TIMEOUT, run).await {
            Ok(result) => result.map_err(Failure::from),
            Err(_) => Err(Failure {
                message: format!("no answer within {} s", TIMEOUT.as_secs()),
                code: None,
            }),
        }
    }

    fn numbers(&self) -> Numbers {
        let number = |quota: Option<u64>| quota.and_then(|quota| i64::try_from(quota).ok());
        (number(self.terms.requests_per_minute()), number(self.terms.tokens_per_minute()))
    }

    fn differs(&self, stored: Option<StoredQuota>) -> String {
        let text = |(requests, tokens): Numbers| {
            let number =
                |quota: Option<i64>| quota.map_or("none".to_owned(), |quota| quota.to_string());
            format!(
                "requests_per_minute {} and tokens_per_minute {}",
                number(requests),
                number(tokens)
            )
        };
        let stored = stored.map_or("no longer there".to_owned(), |stored| text(stored.numbers));
        format!(
            "the quota `{}` in {} is {stored}; here it is {}",
            self.name,
            self.database.place,
            text(self.numbers())
        )
    }

    async fn register(&self) -> Answer<()> {
        let (requests, tokens) = self.numbers();
        let register = sqlx::query(REGISTER).persistent(false);
        let register = register.bind(&self.name).bind(requests).bind(tokens);
        self.run(async |connection| register.execute(connection).await).await?;
        Ok(())
    }

    /// Returns the quota as the table has it.
    async fn read(&self) -> Answer<Option<StoredQuota>> {
        let read = sqlx::query_as::<_, (Option<i64>, Option<i64>, i64, f64)>(READ);
        let read = read.persistent(false).bind(&self.name);
        let row = self.run(async |connection| read.fetch_optional(connection).await).await?;
        Ok(row.map(|(requests, tokens, largest, free_in)| StoredQuota {
            numbers: (requests, tokens),
            largest,
            free_in,
        }))
    }

    async fn book(&self, request: LeaseRequest) -> std::result::Result<Lease, LeaseError> {
        let unavailable = |failure| LeaseError::Unavailable(self.describe(&failure));
        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let (requests, tokens) = self.numbers();
        let book = sqlx::query_as::<_, (f64, f64)>(LEASE)
            .bind(&self.name)
            .bind(requests)
            .bind(tokens)
            .bind(request.gap_seconds + request.seconds)
            .bind(whole(request.largest_tokens))
            .bind(request.own_largest >= request.largest_tokens)
            .bind(whole(request.known_largest));
        let booked = self.run(async |connection| book.fetch_optional(connection).await);
        let Some((free_in, largest_age)) = booked.await.map_err(unavailable)? else {
            return Err(self.why_not().await);
        };
        let time = |seconds: f64| Duration::try_from_secs_f64(seconds).unwrap_or_default();
        Ok(Lease::new(time(free_in - request.seconds), time(largest_age)))
    }

    /// Returns why the row did not match.
    async fn why_not(&self) -> LeaseError {
        let stored = match self.read().await {
            Err(failure) => return LeaseError::Unavailable(self.describe(&failure)),
            Ok(stored) => stored,
        };
        let same = stored.filter(|stored| stored.numbers == self.numbers());
        match same.map(|stored| (u64::try_from(stored.largest), stored.free_in)) {
            Some((_, free_in)) if free_in >= MAX_AHEAD.as_secs_f64() - 1.0 => {
                LeaseError::Full(format!(
                    "others have booked the quota `{}` in {} for the next {free_in:.0} s; if no such processes run, the \
                     server's clock was set back: then run UPDATE evenhand_quotas SET free_at = now() + interval '1 minute'",
                    self.name, self.database.place
                ))
            }
            Some((Ok(largest), _)) => LeaseError::OtherLargest(largest),
            _ => LeaseError::Refused(format!("{}; {DIFFERS_HINT}", self.differs(stored))),
        }
    }
}

impl LeaseSource for Row {
    fn place(&self) -> &str {
        &self.database.place
    }

    fn lease(
        &self,
        request: LeaseRequest,
    ) -> BoxFuture<'_, std::result::Result<Lease, LeaseError>> {
        self.book(request).boxed()
    }
}

impl Failure {
    fn has_code(&self, codes: &[&str]) -> bool {
        self.code.as_deref().is_some_and(|code| codes.contains(&code))
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        let code = match &error {
            sqlx::Error::Database(database) => {
                Some(database.code().unwrap_or_default().into_owned())
            }
            _ => None,
        };
        let message = match &error {
            sqlx::Error::Database(database) => database.message().to_owned(),
            error => error.to_string(),
        };
        Self { message, code }
    }
}
