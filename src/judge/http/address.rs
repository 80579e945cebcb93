//! The address of a request, as messages show it.

use std::fmt;

use url::Url;

use super::secrets::Secrets;

/// The address of a request, without its query, user and password. It displays as the end of a sentence.
#[derive(Debug, Clone)]
pub(in crate::judge) struct Address {
    url: String,
    /// The base URL that the server probably has, where this one lacks a version.
    guess: Option<String>,
}

impl Address {
    /// Returns the address of a URL that ends in the path of an API, such as `/chat/completions`.
    pub(in crate::judge) fn of(url: &Url, secrets: &Secrets) -> Self {
        let mut shown = url.clone();
        // They can be neither set nor removed where a URL has no host, and then it has none.
        let _has_no_user = shown.set_username("").and_then(|()| shown.set_password(None)).is_err();
        shown.set_query(None);
        shown.set_fragment(None);
        let base = ["/chat/completions", "/messages"]
            .into_iter()
            .find_map(|path| shown.as_str().strip_suffix(path));
        let has_version = shown.path().split('/').any(is_version);
        // A server that is addressed by a version in the query has none in its path.
        let guess = base.filter(|_| !has_version && url.query().is_none());
        let guess = guess.map(|base| secrets.redact(format!("{base}/v1")));
        Self { guess, url: secrets.redact(shown.into()) }
    }

    /// Returns the address itself.
    pub(in crate::judge) fn url(&self) -> &str {
        &self.url
    }

    /// Returns the base URL that is probably meant, as the end of a sentence about an unknown path.
    pub(in crate::judge) fn guess(&self) -> String {
        let guess = self.guess.as_ref();
        guess.map(|base| format!("; most servers need base_url = \"{base}\"")).unwrap_or_default()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, " (address: {})", self.url)
    }
}

/// Returns a URL with a path added to its own.
pub(in crate::judge) fn with_path(url: &Url, path: &str) -> Url {
    let mut url = url.clone();
    url.set_path(&format!("{}{path}", url.path().trim_end_matches('/')));
    url
}

/// Returns whether a part of a path is a version, such as `v1` or `v1beta`.
fn is_version(part: &str) -> bool {
    part.strip_prefix('v').is_some_and(|rest| rest.starts_with(|char: char| char.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str) -> Address {
        let mut secrets = Secrets::default();
        secrets.set_key("sk-0123456789");
        Address::of(&Url::parse(url).unwrap(), &secrets)
    }

    #[test]
    fn it_has_no_query_no_password_and_no_key() {
        for (url, shown) in [
            ("http://h:1/v1/chat/completions?api-version=2#x", "http://h:1/v1/chat/completions"),
            ("https://ana:secret@h/v1/messages", "https://h/v1/messages"),
            ("https://h/sk-0123456789/v1/messages", "https://h/[redacted]/v1/messages"),
        ] {
            assert_eq!(address(url).url(), shown);
        }
    }

    #[test]
    fn a_version_is_guessed_only_where_there_is_none() {
        for (url, guess) in [
            ("http://h:1/chat/completions", "; most servers need base_url = \"http://h:1/v1\""),
            ("http://h:1/api/messages", "; most servers need base_url = \"http://h:1/api/v1\""),
            ("http://h:1/v1/chat/completions", ""),
            ("http://h:1/v1beta/openai/chat/completions", ""),
            ("http://h:1/openai/deployments/d/chat/completions?api-version=2", ""),
        ] {
            assert_eq!(address(url).guess(), guess, "{url}");
        }
    }
}
