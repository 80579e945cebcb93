//! The secret in the address of a page: who knows it may label in this name.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use evenhand::{Error, Result};
use ring::rand::{SecureRandom as _, SystemRandom};

/// How many random bytes a token has: 192 bits.
const BYTES: usize = 24;

/// Who asks for something, by the token in the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Visitor {
    /// The annotator of this number.
    Annotator(usize),
    /// Who started the command.
    Owner,
}

/// The tokens of one start of the command: one of each annotator, and the owner's. They are printed, but never logged.
pub(super) struct Tokens {
    annotators: Vec<String>,
    owner: String,
}

impl Tokens {
    /// Draws new tokens.
    ///
    /// # Errors
    ///
    /// The operating system gives no random bytes.
    pub(super) fn draw(annotators: usize) -> Result<Self> {
        let random = SystemRandom::new();
        let token = || {
            let mut bytes = [0; BYTES];
            random.fill(&mut bytes).map_err(|_| {
                Error::internal("the operating system gives no random bytes for the addresses")
            })?;
            Ok(URL_SAFE_NO_PAD.encode(bytes))
        };
        let annotators = std::iter::repeat_with(token).take(annotators).collect::<Result<_>>()?;
        Ok(Self { annotators, owner: token()? })
    }

    /// Returns the token of a visitor.
    pub(super) fn of(&self, visitor: Visitor) -> &str {
        match visitor {
            Visitor::Annotator(number) => &self.annotators[number],
            Visitor::Owner => &self.owner,
        }
    }

    /// Returns whose token this is. The time that it takes does not depend on how much of it is right.
    pub(super) fn visitor(&self, token: &str) -> Option<Visitor> {
        let given = blake3::hash(token.as_bytes());
        let annotators =
            self.annotators.iter().enumerate().map(|(at, known)| (Visitor::Annotator(at), known));
        let all = annotators.chain([(Visitor::Owner, &self.owner)]);
        // Hashes are compared in constant time, and all of them.
        all.fold(
            None,
            |found, (visitor, known)| {
                if blake3::hash(known.as_bytes()) == given { Some(visitor) } else { found }
            },
        )
    }
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_only_whole_and_to_its_owner() {
        let tokens = Tokens::draw(2).unwrap();
        for visitor in [Visitor::Annotator(0), Visitor::Annotator(1), Visitor::Owner] {
            let token = tokens.of(visitor).to_owned();
            assert_eq!(token.len(), BYTES * 4 / 3);
            assert_eq!(tokens.visitor(&token), Some(visitor));
            assert_eq!(tokens.visitor(&token[1..]), None);
            assert_eq!(tokens.visitor(&format!("{token}A")), None);
        }
        assert_eq!(tokens.visitor(""), None);
    }

    #[test]
    fn tokens_are_never_the_same_and_not_in_debug_output() {
        let [one, other] = [Tokens::draw(2).unwrap(), Tokens::draw(2).unwrap()];
        let all = [&one.annotators[0], &one.annotators[1], &one.owner, &other.annotators[0]];
        for (at, token) in all.iter().enumerate() {
            assert!(!all[..at].contains(token));
            assert!(!format!("{one:?}{other:?}").contains(*token));
        }
    }
}
