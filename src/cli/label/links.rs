//! The addresses of the pages: printed for people to copy, and opened in the browser.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;

use tempfile::NamedTempFile;
use unicode_width::UnicodeWidthStr as _;

use super::token::{Tokens, Visitor};
use crate::cli::browser::open_file;
use crate::cli::messages::print_error_line;
use crate::cli::print_note;

/// Where pages are reached: `http://HOST:PORT`.
#[derive(Debug)]
pub(super) struct Base(String);

impl Base {
    /// Returns where the pages of a server at `address` are reached, that was told to serve at `host`.
    pub(super) fn new(host: &str, address: SocketAddr) -> Self {
        let name = match host.parse() {
            Ok(ip @ (IpAddr::V4(_) | IpAddr::V6(_))) => in_address(reachable(ip)),
            Err(_) => host.to_owned(),
        };
        Self(format!("http://{name}:{}", address.port()))
    }

    /// Returns the address of a visitor's page.
    pub(super) fn page(&self, tokens: &Tokens, visitor: Visitor) -> String {
        format!("{}/{}/", self.0, tokens.of(visitor))
    }
}

fn in_address(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

/// Returns an address by which others reach this machine, if it serves at all of them.
fn reachable(ip: IpAddr) -> IpAddr {
    if !ip.is_unspecified() {
        return ip;
    }
    // The address that a packet to elsewhere would come from; nothing is sent. The other end is reserved for documents.
    let (from, to) = match ip {
        IpAddr::V4(_) => ("0.0.0.0:0", "192.0.2.1:9"),
        IpAddr::V6(_) => ("[::]:0", "[2001:db8::1]:9"),
    };
    let ours = UdpSocket::bind(from).and_then(|socket| {
        socket.connect(to)?;
        socket.local_addr()
    });
    let loopback = match ip {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
    };
    ours.map_or(loopback, |ours| ours.ip())
}

/// Prints the addresses of all pages.
pub(super) fn print_links(annotators: &[Arc<str>], base: &Base, tokens: &Tokens) {
    let page = |number: usize| base.page(tokens, Visitor::Annotator(number));
    if let [name] = annotators {
        print_error_line(format_args!("label as {name}: {}", page(0)));
    } else {
        print_error_line(format_args!("send each annotator their own address:"));
        let widest = annotators.iter().map(|name| name.width()).max().unwrap_or(0);
        for (number, name) in annotators.iter().enumerate() {
            let space = " ".repeat(widest - name.width());
            print_error_line(format_args!("  {name}{space}  {}", page(number)));
        }
    }
    print_error_line(format_args!(
        "see who has done how much: {}",
        base.page(tokens, Visitor::Owner)
    ));
}

/// Says what is exposed if the server can be reached from other machines.
pub(super) fn print_exposure(address: SocketAddr) {
    if !address.ip().to_canonical().is_loopback() {
        print_error_line(format_args!(
            "warning: other machines can reach these pages. Whoever has an address can read the texts of all comparisons on \
             it and label in that name; they are sent without encryption (http), so that others in the network may read \
             them too. Use a network that you trust, or a tunnel such as `ssh -L`"
        ));
    }
}

/// Opens a page in the browser, by a file that only this user can read: the command line of a browser is shown to every
/// user of the machine, and the address is a secret. The file is deleted with the value.
pub(super) fn open_page(address: &str) -> Option<NamedTempFile> {
    match opened(address) {
        Ok(file) => Some(file),
        Err(why) => {
            print_note(format_args!("the browser could not be opened: {why}"));
            None
        }
    }
}

fn opened(address: &str) -> Result<NamedTempFile, String> {
    let file = redirect(address).map_err(|error| error.to_string())?;
    open_file(file.path())?;
    Ok(file)
}

/// Writes a page that leads to an address, in a file that only this user can read, as those of `tempfile` are.
fn redirect(address: &str) -> std::io::Result<NamedTempFile> {
    // Tokens and hosts have no character that HTML escapes.
    let html = format!(
        "<!doctype html>\n<meta charset=\"utf-8\">\n<title>evenhand</title>\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta http-equiv=\"refresh\" content=\"0; url={address}\">\n<p><a href=\"{address}\">Label</a></p>\n"
    );
    let mut file = tempfile::Builder::new().prefix("evenhand-").suffix(".html").tempfile()?;
    file.write_all(html.as_bytes())?;
    file.flush()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_that_others_can_use() {
        let base = |host: &str, address: &str| Base::new(host, address.parse().unwrap()).0;
        assert_eq!(base("127.0.0.1", "127.0.0.1:7000"), "http://127.0.0.1:7000");
        assert_eq!(base("::1", "[::1]:7000"), "http://[::1]:7000");
        assert_eq!(base("laptop.local", "192.168.1.4:7000"), "http://laptop.local:7000");
        let any = base("0.0.0.0", "0.0.0.0:7000");
        assert!(any.ends_with(":7000") && !any.contains("0.0.0.0"), "{any}");
    }

    #[test]
    fn the_file_that_leads_to_a_page_is_for_this_user_and_ends_with_the_command() {
        let file = redirect("http://127.0.0.1:7000/token/").unwrap();
        let path = file.path().to_owned();
        let html = std::fs::read_to_string(&path).unwrap();
        assert!(html.contains("content=\"0; url=http://127.0.0.1:7000/token/\""), "{html}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        drop(file);
        assert!(!path.exists());
    }
}
