//! Families of models, by the names of models.
//!
//! A judge can prefer responses of its own family. Routers, gateways and local servers call models by names of their own
//! (`openrouter/anthropic/claude-…`, `qwen2.5:7b-instruct-q4`), which have the family's word in them. A model that was
//! trained on the answers of another one belongs to both families if its name says so (`deepseek-r1-distill-llama-70b`).
//! A name without such a word belongs to none: nothing is guessed.

/// The families, each with the words that names of its models have. A word may be followed by digits in a name, as in
/// `gpt4`; several words must occur in sequence.
const FAMILIES: [(&str, &[&str]); 21] = [
    ("Claude", &["claude", "sonnet", "haiku"]),
    ("Command", &["command r", "command a", "c4ai"]),
    ("DeepSeek", &["deepseek"]),
    ("ERNIE", &["ernie"]),
    ("Gemini", &["gemini", "gemma", "palm"]),
    ("GLM", &["glm", "chatglm"]),
    ("GPT", &["gpt", "chatgpt", "o1", "o3", "o4", "davinci"]),
    ("Granite", &["granite"]),
    ("Grok", &["grok"]),
    ("Hunyuan", &["hunyuan"]),
    ("Jamba", &["jamba"]),
    ("Kimi", &["kimi", "moonshot"]),
    ("Llama", &["llama", "codellama"]),
    ("MiniMax", &["minimax"]),
    (
        "Mistral",
        &["mistral", "mixtral", "ministral", "magistral", "codestral", "devstral", "pixtral"],
    ),
    ("Nemotron", &["nemotron"]),
    ("Nova", &["nova micro", "nova lite", "nova pro", "nova premier"]),
    ("OLMo", &["olmo"]),
    ("Phi", &["phi"]),
    ("Qwen", &["qwen", "qwq"]),
    ("SmolLM", &["smollm"]),
];

/// Returns a family to which the models of both names belong; `None` if there is none.
pub fn shared_family(one: &str, other: &str) -> Option<&'static str> {
    let (one, other) = (words(one), words(other));
    let belongs = |name: &[String], marks: &[&str]| marks.iter().any(|mark| has(name, mark));
    let shared = FAMILIES.iter().find(|(_, marks)| belongs(&one, marks) && belongs(&other, marks));
    shared.map(|(family, _)| *family)
}

/// Returns a family to which the models of a name and of one of some others belong; `None` if there is none.
pub fn shared_family_of_any<'a>(
    one: &str,
    others: impl IntoIterator<Item = &'a str>,
) -> Option<&'static str> {
    others.into_iter().find_map(|other| shared_family(one, other))
}

/// Returns the words of a name in lower case: sequences of letters and digits.
fn words(name: &str) -> Vec<String> {
    let words = name.split(|char: char| !char.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// Returns whether a name contains the words of a mark in sequence.
fn has(name: &[String], mark: &str) -> bool {
    let mark: Vec<&str> = mark.split(' ').collect();
    name.windows(mark.len()).any(|words| words.iter().zip(&mark).all(|(word, mark)| is(word, mark)))
}

/// Returns whether a word is that of a mark, with a number behind it or not.
fn is(word: &str, mark: &str) -> bool {
    let Some(rest) = word.strip_prefix(mark) else { return false };
    // `o1` is no `o12`, and the digits behind a word may be followed by a letter: `gpt4o`.
    let ends_with_digit = mark.ends_with(|char: char| char.is_ascii_digit());
    rest.is_empty() || !ends_with_digit && rest.starts_with(|char: char| char.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_of_one_family_are_found_through_the_names_of_routers_and_servers() {
        for (one, other, family) in [
            ("gpt-4o-mini", "gpt-4.1", Some("GPT")),
            ("azure/my-GPT4o", "o3-mini", Some("GPT")),
            ("openrouter/anthropic/claude-sonnet-4.5", "claude-3-haiku@20240307", Some("Claude")),
            ("us.anthropic.claude-opus-4-1-v1:0", "sonnet", Some("Claude")),
            ("google/gemma-3-27b-it", "models/gemini-2.5-pro", Some("Gemini")),
            ("qwen2.5:7b-instruct-q4_K_M", "Qwen/QwQ-32B", Some("Qwen")),
            ("deepseek-r1-distill-llama-70b", "meta-llama/Llama-3.3-70B", Some("Llama")),
            ("deepseek-r1-distill-llama-70b", "deepseek-chat", Some("DeepSeek")),
            ("mistral-large", "mixtral-8x7b", Some("Mistral")),
            ("cohere.command-r-plus-v1:0", "command-a-03-2025", Some("Command")),
            ("amazon.nova-pro-v1:0", "nova-lite", Some("Nova")),
            ("microsoft/phi-4", "phi3:mini", Some("Phi")),
            ("smollm2:135m", "SmolLM-360M", Some("SmolLM")),
        ] {
            assert_eq!(shared_family(one, other), family, "{one} {other}");
            assert_eq!(shared_family(other, one), family, "{other} {one}");
        }
    }

    #[test]
    fn nothing_is_guessed_from_names_without_the_word_of_a_family() {
        for (one, other) in [
            ("gpt-4o", "claude-3"),
            ("gpt-4o", "our-model"),
            ("baseline", "baseline"),
            ("o1", "o12"),
            ("philosophy", "phi-4"),
            ("supernova", "nova-pro"),
            ("command", "command-r"),
            ("vicuna-13b", "llama-13b"),
            ("", ""),
        ] {
            assert_eq!(shared_family(one, other), None, "{one} {other}");
        }
    }
}
