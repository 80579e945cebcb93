//! Porter's stemmer for English, with the extensions of NLTK, which ROUGE uses.
//!
//! Porter's five steps strip and replace endings; a step applies the rule of the first ending in its list
//! that fits, or none if the condition of that rule fails. NLTK's extensions: a table of irregular words,
//! short words in `-ies` and `-ied`, `y` after a consonant only, `-alli` before `-bli`, `-fulli` and
//! `-logi`, and a stem of vowel and consonant counts as short.
//!
//! M. F. Porter (1980). An algorithm for suffix stripping. *Program* 14(3), 130–137.

/// Words that the rules would get wrong, and what they become.
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

/// Endings of step 2, replaced where the stem has a positive measure.
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

/// Endings of step 3, replaced where the stem has a positive measure.
const STEP_3: [(&str, &str); 7] = [
    ("icate", "ic"),
    ("ative", ""),
    ("alize", "al"),
    ("iciti", "ic"),
    ("ical", "ic"),
    ("ful", ""),
    ("ness", ""),
];

/// Endings of step 4, dropped where the stem's measure is above 1.
const STEP_4: [&str; 19] = [
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou",
    "ism", "ate", "iti", "ous", "ive", "ize",
];

/// Replaces a word of lower-case ASCII letters and digits by its stem.
///
/// Digits count as consonants. Words of one or two letters stay as they are.
pub(super) fn stem(word: &mut String) {
    if let Some((_, stem)) = IRREGULAR.iter().find(|(form, _)| form == word) {
        word.clear();
        word.push_str(stem);
    } else if word.len() > 2 {
        plural(word);
        past(word);
        final_y(word);
        double_ending(word);
        ending(word);
        last_ending(word);
        final_e(word);
        final_ll(word);
    }
}

/// Step 1a: `-sses`, `-ies`, `-s`.
fn plural(word: &mut String) {
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

/// Step 1b: `-ied`, `-eed`, `-ed`, `-ing`, and what is then needed to make a word of it.
fn past(word: &mut String) {
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
fn final_y(word: &mut String) {
    if let Some(stem) = word.strip_suffix('y')
        && stem.len() > 1
        && consonants(stem).last() == Some(true)
    {
        word.pop();
        word.push('i');
    }
}

/// Step 2: endings made of two.
fn double_ending(word: &mut String) {
    // NLTK: "alli" comes first, and what is left goes on through the step.
    if word.strip_suffix("alli").is_some_and(|stem| measure(stem) > 0) {
        word.truncate(word.len() - 2);
    }
    if let Some((ending, replacement)) = STEP_2.iter().find(|(ending, _)| word.ends_with(ending)) {
        replace(word, ending, replacement);
    } else if let Some(stem) = word.strip_suffix("ogi").filter(|stem| stem.ends_with('l'))
        // The "l" belongs to the stem here, so that "geologi" has a measure of 1.
        && measure(stem) > 0
    {
        word.pop();
    }
}

/// Step 3: endings that are left after step 2.
fn ending(word: &mut String) {
    if let Some((ending, replacement)) = STEP_3.iter().find(|(ending, _)| word.ends_with(ending)) {
        replace(word, ending, replacement);
    }
}

/// Replaces an ending if the stem before it has a positive measure.
fn replace(word: &mut String, ending: &str, replacement: &str) {
    let stem = word.len() - ending.len();
    if measure(&word[..stem]) > 0 {
        word.truncate(stem);
        word.push_str(replacement);
    }
}

/// Step 4: endings that are dropped from long words.
fn last_ending(word: &mut String) {
    let Some(ending) = STEP_4.iter().find(|ending| word.ends_with(*ending)) else { return };
    let stem = &word[..word.len() - ending.len()];
    if measure(stem) > 1 && (*ending != "ion" || stem.ends_with(['s', 't'])) {
        word.truncate(stem.len());
    }
}

/// Step 5a: `-e` of a word that is long, or not short before it.
fn final_e(word: &mut String) {
    if let Some(stem) = word.strip_suffix('e') {
        let measure = measure(stem);
        if measure > 1 || (measure == 1 && !ends_short(stem)) {
            word.pop();
        }
    }
}

/// Step 5b: `-ll` of a long word.
fn final_ll(word: &mut String) {
    if word.ends_with("ll") && measure(&word[..word.len() - 1]) > 1 {
        word.pop();
    }
}

/// Says of each letter whether it is a consonant: no vowel, and no `y` behind a consonant.
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

/// Porter's measure: how often a consonant follows a vowel.
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

/// Whether the word ends in consonant, vowel, consonant other than `w`, `x`, `y`, as "hop" does, or is
/// just a vowel and a consonant.
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
    fn words_have_the_stems_that_porter_gives_and_nltk_changes() {
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
