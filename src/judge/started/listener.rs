//! Who listens on a port: the server that was started, another program, or an unknown one.
//!
//! A port that was free may be taken before the server listens on it, and then a stranger would answer, and would
//! receive every prompt. Linux shows which user and process own a listening socket.

/// Who listens on a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listener {
    /// A process of the given group.
    OfGroup,
    /// A process of another user, who is not the administrator.
    AnotherUser,
    /// It is not known: the system does not show it, or the server listens through another program, as containers do.
    Unknown,
}

/// Returns who listens on a port; `group` is the process group of the server that was started.
#[cfg(target_os = "linux")]
pub(super) fn listener(port: u16, group: u32) -> Listener {
    let read = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
    let tables = read("/proc/net/tcp") + &read("/proc/net/tcp6");
    let sockets = linux::listening(&tables, port);
    if sockets.is_empty() {
        return Listener::Unknown;
    }
    if linux::is_open_in(group, &sockets) {
        return Listener::OfGroup;
    }
    let own = rustix::process::geteuid().as_raw();
    if sockets.iter().all(|socket| socket.user == own || socket.user == 0) {
        Listener::Unknown
    } else {
        Listener::AnotherUser
    }
}

/// Returns that it is not known.
#[cfg(not(target_os = "linux"))]
pub(super) fn listener(_port: u16, _group: u32) -> Listener {
    Listener::Unknown
}

#[cfg(target_os = "linux")]
mod linux {
    use std::path::Path;

    /// A listening socket.
    #[derive(Debug, PartialEq, Eq)]
    pub(super) struct Socket {
        pub(super) user: u32,
        pub(super) inode: u64,
    }

    /// Returns the sockets that listen on a port, from the tables in `/proc/net`.
    pub(super) fn listening(tables: &str, port: u16) -> Vec<Socket> {
        /// The state of a socket that listens.
        const LISTEN: &str = "0A";
        let socket = |line: &str| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let [_, local, _, state, _, _, _, user, _, inode, ..] = fields[..] else { return None };
            let (_, of_port) = local.rsplit_once(':')?;
            let is_it = state == LISTEN && u16::from_str_radix(of_port, 16) == Ok(port);
            let (user, inode) = (user.parse().ok()?, inode.parse().ok()?);
            is_it.then_some(Socket { user, inode })
        };
        tables.lines().filter_map(socket).collect()
    }

    /// Returns whether a process of a group has one of the sockets open.
    pub(super) fn is_open_in(group: u32, sockets: &[Socket]) -> bool {
        let names: Vec<String> =
            sockets.iter().map(|socket| format!("socket:[{}]", socket.inode)).collect();
        let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let processes = processes.filter(|entry| group_of(&entry.path()) == Some(group));
        let files = processes.filter_map(|entry| std::fs::read_dir(entry.path().join("fd")).ok());
        let targets =
            files.flatten().flatten().filter_map(|file| std::fs::read_link(file.path()).ok());
        targets.into_iter().any(|target| {
            target.to_str().is_some_and(|target| names.iter().any(|name| name == target))
        })
    }

    /// Returns the group of the process with this folder in `/proc`.
    fn group_of(process: &Path) -> Option<u32> {
        let status = std::fs::read_to_string(process.join("stat")).ok()?;
        // The name of the program, in parentheses, may contain anything.
        let (_, fields) = status.rsplit_once(')')?;
        fields.split_whitespace().nth(2)?.parse().ok()
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn listening_sockets_are_found_by_their_port() {
            let tables = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0 100 0 0 10 0
   1: 0100007F:1F90 0100007F:C001 01 00000000:00000000 00:00000000 00000000  1001        0 4712 1 0 20 4 30 10 -1
   2: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0 100 0 0 10 0
  sl  local_address                         remote_address                        st tx_queue
   0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     7        0 4714 1
";
            let found = listening(tables, 8080);
            assert_eq!(
                found,
                [(1000, 4711), (7, 4714)].map(|(user, inode)| Socket { user, inode })
            );
            assert_eq!(listening(tables, 22).len(), 1);
            assert_eq!(listening(tables, 8081), []);
        }

        #[test]
        fn a_socket_of_this_process_is_open_in_its_group_and_in_no_other() {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let port = listener.local_addr().unwrap().port();
            let tables = std::fs::read_to_string("/proc/net/tcp").unwrap();
            let sockets = listening(&tables, port);
            assert_eq!(sockets.len(), 1);
            let own = group_of(Path::new("/proc/self")).unwrap();
            assert!(is_open_in(own, &sockets));
            assert!(!is_open_in(own + 1, &sockets));
        }
    }
}
