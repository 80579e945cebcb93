//! The language of a text, as far as its script and its most frequent words show it.
//!
//! It tells apart what a change of traffic looks like, and is no translation aid: a script that one language uses most
//! is named as such, and a text in Latin letters is the language whose function words it has most of. Short texts and
//! languages without a list here are `latin`, texts without letters `none`.

/// The least function words that name a language.
const LEAST_WORDS: usize = 2;

/// Scripts by ranges of code points, in which their letters are.
const SCRIPTS: [(&str, &[std::ops::RangeInclusive<u32>]); 13] = [
    ("latin", &[0x41..=0x5a, 0x61..=0x7a, 0xc0..=0x24f, 0x1e00..=0x1eff]),
    ("cyrillic", &[0x400..=0x52f]),
    ("greek", &[0x370..=0x3ff, 0x1f00..=0x1fff]),
    ("arabic", &[0x600..=0x6ff, 0x750..=0x77f, 0xfb50..=0xfdff, 0xfe70..=0xfeff]),
    ("hebrew", &[0x590..=0x5ff]),
    ("devanagari", &[0x900..=0x97f]),
    ("bengali", &[0x980..=0x9ff]),
    ("tamil", &[0xb80..=0xbff]),
    ("thai", &[0xe00..=0xe7f]),
    ("hangul", &[0x1100..=0x11ff, 0x3130..=0x318f, 0xac00..=0xd7af]),
    ("kana", &[0x3040..=0x30ff]),
    ("han", &[0x3400..=0x4dbf, 0x4e00..=0x9fff, 0xf900..=0xfaff, 0x2_0000..=0x3_134f]),
    ("armenian", &[0x530..=0x58f]),
];

/// Frequent words of languages in Latin letters that few other languages have.
const WORDS: [(&str, &[&str]); 9] = [
    (
        "en",
        &[
            "the", "and", "of", "to", "is", "you", "that", "it", "for", "with", "this", "my",
            "how", "what", "are", "can", "have", "not", "your", "when",
        ],
    ),
    (
        "de",
        &[
            "der", "die", "das", "und", "ist", "nicht", "ich", "ein", "eine", "mit", "für", "auf",
            "den", "wie", "zu", "wir", "sie", "mein", "kann", "bitte",
        ],
    ),
    (
        "fr",
        &[
            "le", "les", "des", "est", "et", "une", "pour", "dans", "que", "je", "vous", "pas",
            "sur", "avec", "mon", "du", "ne", "ce", "comment", "votre",
        ],
    ),
    (
        "es",
        &[
            "el", "los", "las", "es", "y", "una", "para", "que", "con", "por", "mi", "del", "cómo",
            "puedo", "está", "su", "qué", "al", "pero", "como",
        ],
    ),
    (
        "it",
        &[
            "il", "gli", "è", "una", "per", "che", "non", "di", "con", "sono", "della", "come",
            "mio", "si", "ho", "del", "nel", "posso", "questo", "anche",
        ],
    ),
    (
        "pt",
        &[
            "o", "os", "um", "uma", "para", "que", "não", "com", "por", "meu", "do", "da", "em",
            "como", "é", "você", "eu", "posso", "está", "mas",
        ],
    ),
    (
        "nl",
        &[
            "het", "een", "en", "van", "is", "niet", "ik", "voor", "met", "op", "dat", "hoe",
            "mijn", "zijn", "wat", "kan", "aan", "maar", "je", "deze",
        ],
    ),
    (
        "pl",
        &[
            "nie", "jest", "się", "na", "do", "jak", "że", "czy", "mój", "to", "dla", "proszę",
            "mogę", "jestem", "mam", "ale", "po", "od", "co", "za",
        ],
    ),
    (
        "tr",
        &[
            "bir", "ve", "bu", "için", "ne", "nasıl", "değil", "var", "ile", "ben", "mı", "mi",
            "çok", "daha", "ama", "benim", "yok", "olarak", "kadar", "gibi",
        ],
    ),
];

/// Returns the language of a text: a code such as `en`, the name of a script such as `cyrillic`, `latin` for Latin
/// letters in an unknown language, or `none` for a text without letters.
///
/// # Examples
///
/// ```
/// use evenhand::traffic::language;
///
/// assert_eq!(language("How do I get the refund for my order?"), "en");
/// assert_eq!(language("Wie kann ich das zurückgeben?"), "de");
/// assert_eq!(language("Где мой заказ?"), "cyrillic");
/// assert_eq!(language("42"), "none");
/// ```
pub fn language(text: &str) -> &'static str {
    // The beginning shows the language of a long text.
    let beginning = text.chars().take(4_000);
    let mut letters = [0_u32; SCRIPTS.len()];
    for char in beginning.clone() {
        let code = char as u32;
        let script = SCRIPTS.iter().position(|(_, ranges)| {
            ranges.iter().any(|range| range.contains(&code)) && char.is_alphabetic()
        });
        if let Some(script) = script {
            letters[script] += 1;
        }
    }
    let most = (0..SCRIPTS.len()).rev().max_by_key(|script| letters[*script]).unwrap_or_default();
    match SCRIPTS[most].0 {
        _ if letters[most] == 0 => "none",
        // Japanese mixes kana with more Chinese characters.
        "han" if letters.iter().zip(SCRIPTS).any(|(n, (name, _))| name == "kana" && *n > 0) => {
            "kana"
        }
        "latin" => by_words(&beginning.collect::<String>().to_lowercase()),
        script => script,
    }
}

/// Returns the language in Latin letters whose words a text has most of; `latin` if it has too few of any, or as many
/// of two.
fn by_words(text: &str) -> &'static str {
    let mut found = [0_usize; WORDS.len()];
    for word in text.split(|char: char| !char.is_alphabetic()) {
        for (count, (_, words)) in found.iter_mut().zip(WORDS) {
            *count += usize::from(words.contains(&word));
        }
    }
    let most = found.iter().copied().max().unwrap_or_default();
    let mut named = found.iter().zip(WORDS).filter(|(count, _)| **count == most);
    match (named.next(), named.next()) {
        (Some((_, (language, _))), None) if most >= LEAST_WORDS => language,
        _ => "latin",
    }
}
