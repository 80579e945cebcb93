//! Porter's stemmer for English, with the extensions of NLTK, which ROUGE uses.
//!
//! Porter's five steps remove and replace suffixes; a step applies the rule of the first suffix in its list
//! that matches, or none if the condition of that rule fails. NLTK's extensions: a table of irregular words,
//! short words in `-ies` and `-ied`, `y` after a consonant only, `-alli` before `-bli`, `-fulli` and
//! `-logi`, and a stem of vowel and consonant counts as short.
//!
//! M. F. Porter (1980). An algorithm for suffix stripping. *Program* 14(3), 130–137.

/// Irregular words and their stems.
const IRREGULAR: [(&str, &str); 16] = [
    ("sky", "sky"),
    ("skies", "sky"),
    ("dying", "die"),
    ("lying", "lie"),
    ("tying", "tie"),
    ("news", "news"),
    ("innings", "inning"),
    ("inning", "inning"),
    ("outings", "outing"),
    ("outing", "outing"),
    ("cannings", "canning"),
    ("canning", "canning"),
    ("howe", "howe"),
    ("proceed", "proceed"),
    ("exceed", "exceed"),
    ("succeed", "succeed"),
];

/// Suffixes of step 2 and their replacements, applied if the measure of the stem is above 0.
const STEP_2: [(&str, &str); 20] = [
    ("ational", "ate"),
    ("tional", "tion"),
    ("enci", "ence"),
    ("anci", "ance"),
    ("izer", "ize"),
    ("bli", "ble"),
    ("entli", "ent"),
    ("eli", "e"),
    ("ousli", "ous"),
    ("ization", "ize"),
    ("ation", "ate"),
    ("ator", "ate"),
    ("alism", "al"),
    ("iveness", "ive"),
    ("fulness", "ful"),
    ("ousness", "ous"),
    ("aliti", "al"),
    ("iviti", "ive"),
    ("biliti", "ble"),
    ("fulli", "ful"),
];

/// Suffixes of step 3 and their replacements, applied if the measure of the stem is above 0.
const STEP_3: [(&str, &str); 7] = [
    ("icate", "ic"),
    ("ative", ""),
    ("alize", "al"),
    ("iciti", "ic"),
    ("ical", "ic"),
    ("ful", ""),
    ("ness", ""),
];

/// Suffixes of step 4, removed if the measure of the stem is above 1.
const STEP_4: [&str; 19] = [
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou",
    "ism", "ate", "iti", "ous", "ive", "ize",
];

/// Replaces a word of lower-case ASCII letters and digits by its stem.
///
/// Digits count as consonants. Words of one or two letters are unchanged.
pub(super) fn stem(word: &mut String) {
    if let Some((_, stem)) = IRREGULAR.iter().find(|(form, _)| form == word) {
        word.clear();
        word.push_str(stem);
    } else if word.len() > 2 {
        step_1a(word);
        step_1b(word);
        step_1c(word);
        step_2(word);
        step_3(word);
        step_4(word);
        step_5a(word);
        step_5b(word);
    }
}

/// Step 1a: `-sses`, `-ies`, `-s`.
fn step_1a(word: &mut String) {
    if word.ends_with("ies") {
        // NLTK: "ties" becomes "tie", "flies" becomes "fli".
        let dropped = if word.len() == 4 { 1 } else { 2 };
        word.truncate(word.len() - dropped);
    } else if word.ends_with("sses") {
        word.truncate(word.len() - 2);
    } else if word.ends_with('s') && !word.ends_with("ss") {
        word.truncate(word.len() - 1);
    }
}

/// Step 1b: `-ied`, `-eed`, `-ed`, `-ing`, and the repair of the stem afterwards.
fn step_1b(word: &mut String) {
    if word.ends_with("ied") {
        let dropped = if word.len() == 4 { 1 } else { 2 };
        word.truncate(word.len() - dropped);
        return;
    }
    if let Some(stem) = word.strip_suffix("eed") {
        if measure(stem) > 0 {
            word.truncate(word.len() - 1);
        }
        return;
    }
    let stem = word.strip_suffix("ed").or_else(|| word.strip_suffix("ing"));
    let Some(stem) = stem.filter(|stem| consonants(stem).any(|consonant| !consonant)) else {
        return;
    };
    word.truncate(stem.len());
    if ["at", "bl", "iz"].iter().any(|ending| word.ends_with(ending)) {
        word.push('e');
    } else if ends_with_double_consonant(word) {
        if !word.ends_with(['l', 's', 'z']) {
            word.pop();
        }
    } else if measure(word) == 1 && ends_short(word) {
        word.push('e');
    }
}

/// Step 1c: `-y` after a consonant that is not the first letter.
fn step_1c(word: &mut String) {
    if let Some(stem) = word.strip_suffix('y')
        && stem.len() > 1
        && consonants(stem).last() == Some(true)
    {
        word.pop();
        word.push('i');
    }
}

/// Step 2: double suffixes.
fn step_2(word: &mut String) {
    // NLTK: "alli" becomes "al" first, and the step continues with the result.
    if word.strip_suffix("alli").is_some_and(|stem| measure(stem) > 0) {
        word.truncate(word.len() - 2);
    }
    if let Some((suffix, replacement)) = STEP_2.iter().find(|(suffix, _)| word.ends_with(suffix)) {
        replace(word, suffix, replacement);
    } else if let Some(stem) = word.strip_suffix("ogi").filter(|stem| stem.ends_with('l'))
        // The "l" belongs to the stem here, so that "geologi" has a measure of 1.
        && measure(stem) > 0
    {
        word.pop();
    }
}

/// Step 3: the suffixes of [`STEP_3`].
fn step_3(word: &mut String) {
    if let Some((suffix, replacement)) = STEP_3.iter().find(|(suffix, _)| word.ends_with(suffix)) {
        replace(word, suffix, replacement);
    }
}

/// Replaces a suffix if the measure of the stem before it is above 0.
fn replace(word: &mut String, suffix: &str, replacement: &str) {
    let stem = word.len() - suffix.len();
    if measure(&word[..stem]) > 0 {
        word.truncate(stem);
        word.push_str(replacement);
    }
}

/// Step 4: suffixes removed from long stems.
fn step_4(word: &mut String) {
    let Some(suffix) = STEP_4.iter().find(|suffix| word.ends_with(*suffix)) else { return };
    let stem = &word[..word.len() - suffix.len()];
    if measure(stem) > 1 && (*suffix != "ion" || stem.ends_with(['s', 't'])) {
        word.truncate(stem.len());
    }
}

/// Step 5a: a final `-e` of a long stem, or of one that does not end short.
fn step_5a(word: &mut String) {
    if let Some(stem) = word.strip_suffix('e') {
        let measure = measure(stem);
        if measure > 1 || (measure == 1 && !ends_short(stem)) {
            word.pop();
        }
    }
}

/// Step 5b: a final `-ll` of a long stem.
fn step_5b(word: &mut String) {
    if word.ends_with("ll") && measure(&word[..word.len() - 1]) > 1 {
        word.pop();
    }
}

/// Returns for each letter whether it is a consonant: not a vowel, and not a `y` after a consonant.
fn consonants(word: &str) -> impl Iterator<Item = bool> {
    word.bytes().scan(false, |consonant, letter| {
        *consonant = match letter {
            b'a' | b'e' | b'i' | b'o' | b'u' => false,
            b'y' => !*consonant,
            _ => true,
        };
        Some(*consonant)
    })
}

/// Returns Porter's measure: how often a consonant follows a vowel.
fn measure(stem: &str) -> usize {
    let mut vowel = false;
    consonants(stem)
        .filter(|&consonant| std::mem::replace(&mut vowel, !consonant) && consonant)
        .count()
}

fn ends_with_double_consonant(word: &str) -> bool {
    let bytes = word.as_bytes();
    matches!(bytes, [.., before, last] if before == last) && consonants(word).last() == Some(true)
}

/// Returns whether a word ends in consonant, vowel, consonant other than `w`, `x` or `y`, as "hop" does, or
/// consists of a vowel and a consonant.
fn ends_short(word: &str) -> bool {
    let mut last = [None; 3];
    for consonant in consonants(word) {
        last = [last[1], last[2], Some(consonant)];
    }
    match last {
        [Some(true), Some(false), Some(true)] => !word.ends_with(['w', 'x', 'y']),
        [None, Some(false), Some(true)] => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::stem;

    #[test]
    fn stems_equal_those_of_porter_with_the_extensions_of_nltk() {
        for (word, expected) in [
            ("caresses", "caress"),
            ("ponies", "poni"),
            ("ties", "tie"),
            ("flies", "fli"),
            ("dying", "die"),
            ("died", "die"),
            ("spied", "spi"),
            ("feed", "feed"),
            ("agreed", "agre"),
            ("conflated", "conflat"),
            ("hopping", "hop"),
            ("falling", "fall"),
            ("filing", "file"),
            ("happy", "happi"),
            ("enjoy", "enjoy"),
            ("relational", "relat"),
            ("conditional", "condit"),
            ("geology", "geolog"),
            ("theology", "theolog"),
            ("hopefully", "hope"),
            ("generalizations", "gener"),
            ("adoption", "adopt"),
            ("controlling", "control"),
            ("probate", "probat"),
            ("rate", "rate"),
            ("news", "news"),
            ("yyyy", "yyyi"),
        ] {
            let mut text = word.to_owned();
            stem(&mut text);
            assert_eq!(text, expected, "{word}");
        }
    }
}
