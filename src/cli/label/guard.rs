//! What a request must fulfil before anything is done about it, and what every answer says to the browser.
//!
//! A page of another site may send requests to any address that the browser can reach. It does not know the token, and
//! these rules hold even if it did: the `Host` shows that the address was not a name under control of another site
//! (DNS rebinding), and `Origin` that a change was asked for by a page of this server.

use std::net::IpAddr;

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderName, ORIGIN,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Why a request is refused: the status, and what it says.
pub(super) type Refusal = (StatusCode, &'static str);

/// The names by which this server may be called.
#[derive(Debug)]
pub(super) struct Guard {
    /// What `--host` names, in lower case.
    host: String,
    port: u16,
}

impl Guard {
    pub(super) fn new(host: &str, port: u16) -> Self {
        Self { host: host.to_ascii_lowercase(), port }
    }

    /// Checks method and headers.
    ///
    /// # Errors
    ///
    /// Returns the refusal.
    pub(super) fn check(&self, method: &Method, headers: &HeaderMap) -> Result<(), Refusal> {
        let host = only(headers, &HOST).filter(|host| self.is_ours(host));
        let host = host.ok_or((
            StatusCode::MISDIRECTED_REQUEST,
            "this server is not called so: use the address as it was printed",
        ))?;
        // A link from elsewhere to the page itself is no harm; whatever the page asks for comes from the page.
        let site = headers.get(FETCH_SITE).map(HeaderValue::as_bytes);
        match *method {
            Method::GET | Method::HEAD => Ok(()),
            Method::POST => {
                let is_ours = only(headers, &ORIGIN)
                    .and_then(|origin| origin.strip_prefix("http://"))
                    .is_some_and(|origin| origin.eq_ignore_ascii_case(host));
                if !is_ours || site.is_some_and(|site| site != b"same-origin") {
                    return Err((
                        StatusCode::FORBIDDEN,
                        "this request does not come from the page",
                    ));
                }
                match only(headers, &CONTENT_TYPE).map(str::trim) {
                    Some("application/json") => Ok(()),
                    _ => Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, "expected application/json")),
                }
            }
            _ => Err((StatusCode::METHOD_NOT_ALLOWED, "expected GET, HEAD or POST")),
        }
    }

    /// Returns whether a `Host` names this server: by an address, which no other site can take over, by `localhost`, or
    /// by the name that the command was given.
    fn is_ours(&self, host: &str) -> bool {
        // A colon within brackets is part of the address.
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => (name, port),
            _ => (host, "80"),
        };
        if port != self.port.to_string() {
            return false;
        }
        let in_brackets = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        match in_brackets {
            Some(address) => matches!(address.parse(), Ok(IpAddr::V6(_))),
            None => {
                matches!(name.parse(), Ok(IpAddr::V4(_)))
                    || name.eq_ignore_ascii_case("localhost")
                    || name.eq_ignore_ascii_case(&self.host)
            }
        }
    }
}

/// Returns the value of a header that is there once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// Adds what every answer says: what a page may do is in the page itself; nobody may frame, keep or include it.
pub(super) fn secure(headers: &mut HeaderMap) {
    let fixed = [
        (CONTENT_SECURITY_POLICY, "frame-ancestors 'none'"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
        (RESOURCE_POLICY, "same-origin"),
        (OPENER_POLICY, "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(method: &Method, headers: &[(&HeaderName, &str)]) -> Result<(), StatusCode> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append((*name).clone(), value.parse().unwrap());
        }
        Guard::new("Laptop.local", 7000).check(method, &map).map_err(|(status, _)| status)
    }

    #[test]
    fn only_addresses_and_names_of_this_server_are_hosts() {
        for ours in [
            "127.0.0.1:7000",
            "192.168.1.4:7000",
            "[::1]:7000",
            "localhost:7000",
            "laptop.local:7000",
        ] {
            assert_eq!(checked(&Method::GET, &[(&HOST, ours)]), Ok(()), "{ours}");
        }
        for other in [
            "evil.example:7000",
            "127.0.0.1",
            "127.0.0.1:7001",
            "127.0.0.1.evil.example:7000",
            "",
            "evil.example:7000@127.0.0.1:7000",
            "[::1",
            "::1:7000",
            "[evil.example]:7000",
            "localhost.:7000",
        ] {
            let refused = checked(&Method::GET, &[(&HOST, other)]);
            assert_eq!(refused, Err(StatusCode::MISDIRECTED_REQUEST), "{other}");
        }
        assert_eq!(checked(&Method::GET, &[]), Err(StatusCode::MISDIRECTED_REQUEST));
        let twice = [(&HOST, "127.0.0.1:7000"), (&HOST, "evil.example:7000")];
        assert_eq!(checked(&Method::GET, &twice), Err(StatusCode::MISDIRECTED_REQUEST));
    }

    #[test]
    fn a_change_comes_from_a_page_of_this_server() {
        let host = (&HOST, "127.0.0.1:7000");
        let json = (&CONTENT_TYPE, "application/json");
        let ours = (&ORIGIN, "http://127.0.0.1:7000");
        let post = |headers: &[(&HeaderName, &str)]| checked(&Method::POST, headers);
        assert_eq!(post(&[host, json, ours]), Ok(()));
        assert_eq!(post(&[host, json, ours, (&FETCH_SITE, "same-origin")]), Ok(()));
        assert_eq!(post(&[host, json]), Err(StatusCode::FORBIDDEN));
        for origin in
            ["null", "http://evil.example", "https://127.0.0.1:7000", "http://localhost:7000"]
        {
            assert_eq!(
                post(&[host, json, (&ORIGIN, origin)]),
                Err(StatusCode::FORBIDDEN),
                "{origin}"
            );
        }
        for site in ["cross-site", "same-site", "none"] {
            let refused = post(&[host, json, ours, (&FETCH_SITE, site)]);
            assert_eq!(refused, Err(StatusCode::FORBIDDEN), "{site}");
        }
        for kind in
            ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-7"]
        {
            let refused = post(&[host, ours, (&CONTENT_TYPE, kind)]);
            assert_eq!(refused, Err(StatusCode::UNSUPPORTED_MEDIA_TYPE), "{kind}");
        }
    }

    #[test]
    fn other_methods_are_refused() {
        let host = (&HOST, "127.0.0.1:7000");
        for method in [Method::PUT, Method::DELETE, Method::OPTIONS, Method::TRACE, Method::CONNECT]
        {
            assert_eq!(checked(&method, &[host]), Err(StatusCode::METHOD_NOT_ALLOWED), "{method}");
        }
    }
}
