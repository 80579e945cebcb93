//! The database through which processes share quotas.

use std::fmt;

use super::source::LeaseSource;
use super::terms::QuotaTerms;
#[cfg(not(feature = "postgres"))]
use crate::error::Error;
use crate::error::Result;

#[cfg(feature = "postgres")]
use super::postgres::Database;

/// A PostgreSQL database through which processes share quotas.
///
/// Its table `evenhand_quotas` has a row for each quota. It is created if it does not exist. The database needs to answer
/// within a few milliseconds, and at most 250.
#[derive(Debug)]
pub struct QuotaServer {
    #[cfg(feature = "postgres")]
    database: std::sync::Arc<Database>,
    #[cfg(not(feature = "postgres"))]
    never: std::convert::Infallible,
}

/// A quota that this process shares with others.
pub struct SharedQuota {
    pub(in crate::pace) terms: QuotaTerms,
    pub(in crate::pace) source: Box<dyn LeaseSource>,
}

impl QuotaServer {
    /// The values that the variable `PGSSLMODE` may have. Another one would leave the connection unprotected, which the
    /// caller, who reads the environment, has to refuse.
    #[cfg(feature = "postgres")]
    pub const SSL_MODES: [&str; 6] = super::postgres::SSL_MODES;

    /// Returns the server with the address `postgres://USER@HOST:PORT/DATABASE`, without connecting to it. What the
    /// address leaves out is taken from the variables of libpq, such as `PGPASSWORD`, and from the password file.
    ///
    /// # Errors
    ///
    /// The address is not one of PostgreSQL, or this program was built without the feature `postgres`. The message does
    /// not repeat the address, which may have a password.
    pub fn new(url: &str) -> Result<Self> {
        #[cfg(feature = "postgres")]
        return Ok(Self { database: std::sync::Arc::new(Database::new(url)?) });
        #[cfg(not(feature = "postgres"))]
        {
            let _ = url;
            Err(Error::usage("this evenhand cannot share quotas through PostgreSQL")
                .hint("build it with the feature `postgres`"))
        }
    }

    /// Returns where the database is, without user and password, for messages.
    pub fn place(&self) -> &str {
        #[cfg(feature = "postgres")]
        return self.database.place();
        #[cfg(not(feature = "postgres"))]
        match self.never {}
    }

    /// Returns the quota of a name as this process shares it with all others that share it by the same name.
    ///
    /// # Errors
    ///
    /// The database cannot be reached or refuses what it is asked for, or others share the quota now with other numbers.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(clippy::unused_async, reason = "there is no database to wait for")
    )]
    pub async fn share(&self, name: &str, terms: QuotaTerms) -> Result<SharedQuota> {
        #[cfg(feature = "postgres")]
        {
            let row = Database::register(&self.database, name, terms).await?;
            Ok(SharedQuota::new(terms, row))
        }
        #[cfg(not(feature = "postgres"))]
        {
            let _ = (name, terms);
            match self.never {}
        }
    }
}

impl SharedQuota {
    /// Returns a quota whose leases come from `source`, which all processes that share it must use.
    pub fn new(terms: QuotaTerms, source: impl LeaseSource + 'static) -> Self {
        Self { terms, source: Box::new(source) }
    }

    /// Returns where its leases come from.
    pub fn source(&self) -> &dyn LeaseSource {
        &*self.source
    }
}

impl fmt::Debug for SharedQuota {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SharedQuota").field("terms", &self.terms).finish_non_exhaustive()
    }
}
