//! Free ports of this machine.

use std::collections::HashSet;
use std::io::{Error, ErrorKind, Result};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Mutex, PoisonError};

/// Ports are drawn at most so often until one comes that was not given out before.
const MAX_DRAWS: usize = 100;

/// Gives out free ports, none of them twice: a server needs some time until it listens on its own.
#[derive(Debug, Default)]
pub(crate) struct Ports {
    given: Mutex<HashSet<u16>>,
}

impl Ports {
    /// Returns a port of the loopback interface on which nobody listens now.
    pub(super) fn free(&self) -> Result<u16> {
        for _ in 0..MAX_DRAWS {
            let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
            if self.given.lock().unwrap_or_else(PoisonError::into_inner).insert(port) {
                return Ok(port);
            }
        }
        Err(Error::new(ErrorKind::AddrInUse, "all free ports are given to other servers"))
    }
}

/// Returns whether somebody listens on a port of the loopback interface.
pub(super) fn is_taken(port: u16) -> bool {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    bound.is_err_and(|error| error.kind() == ErrorKind::AddrInUse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_port_is_given_out_twice_and_one_with_a_listener_is_taken() {
        let ports = Ports::default();
        let given: HashSet<u16> = (0..50).map(|_| ports.free().unwrap()).collect();
        assert_eq!(given.len(), 50);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(is_taken(port));
        drop(listener);
        assert!(!is_taken(port));
    }
}
