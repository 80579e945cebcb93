//! Keyed hashes of several values: they decide orders, shards, parts, groups and samples of labels, and identify
//! requests and lines.
//!
//! The sample of a limit (`trial::Pilot`) is older and hashes seed and id without a key; it stays, so that samples
//! drawn before stay the same.
//!
//! The result depends on the context and the values alone, so it is the same on every machine, in every
//! order of the input and after every resume. Each text is hashed with its length before it, so that no two
//! lists of texts give the same bytes. A context must never change where stored runs or drawn samples depend on
//! its hash.

/// A BLAKE3 hash under a context of its own, fed value by value.
#[derive(Debug, Clone)]
pub(crate) struct KeyedHash(blake3::Hasher);

impl KeyedHash {
    /// Returns the hash of no values under a context, which names what the hash is for.
    pub(crate) fn new(context: &str) -> Self {
        Self(blake3::Hasher::new_derive_key(context))
    }

    /// Adds bytes as they are: for values of a fixed length, or for a single value at the end.
    #[must_use]
    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.update(bytes);
        self
    }

    /// Adds a seed.
    #[must_use]
    pub(crate) fn seed(self, seed: u64) -> Self {
        self.bytes(&seed.to_le_bytes())
    }

    /// Adds a text, its length first.
    #[must_use]
    pub(crate) fn text(self, text: &str) -> Self {
        self.bytes(&(text.len() as u64).to_le_bytes()).bytes(text.as_bytes())
    }

    /// Adds texts, each with its length first.
    #[must_use]
    pub(crate) fn texts<'a>(self, texts: impl IntoIterator<Item = &'a str>) -> Self {
        texts.into_iter().fold(self, Self::text)
    }

    /// Returns the digest.
    pub(crate) fn digest(&self) -> [u8; 32] {
        *self.0.finalize().as_bytes()
    }

    /// Returns one fair bit.
    pub(crate) fn bit(&self) -> bool {
        self.digest()[0] & 1 == 1
    }

    /// Returns a uniform 64-bit number.
    pub(crate) fn number(&self) -> u64 {
        let digest = self.digest();
        u64::from_le_bytes(std::array::from_fn(|at| digest[at]))
    }

    /// Returns the hash's unlimited output as a stream.
    pub(crate) fn stream(&self) -> blake3::OutputReader {
        self.0.finalize_xof()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_join_to_the_same_bytes_have_different_hashes() {
        let hash = |texts: [&str; 2]| KeyedHash::new("test").texts(texts).digest();
        assert_ne!(hash(["ab", "c"]), hash(["a", "bc"]));
        assert_eq!(hash(["ab", "c"]), hash(["ab", "c"]));
    }

    #[test]
    fn the_bit_and_the_number_are_the_beginning_of_the_stream() {
        let hash = KeyedHash::new("test").seed(7).text("t-1");
        let mut beginning = [0; 8];
        hash.stream().fill(&mut beginning);
        assert_eq!(hash.number(), u64::from_le_bytes(beginning));
        assert_eq!(hash.bit(), beginning[0] & 1 == 1);
    }
}
