//! Faults of a rubric and its prompt that can be found before any judge is asked.
//!
//! [`lint`] renders the prompt with made-up items and looks at what the judge would read: what the rubric says and
//! the prompt never shows, how the votes are written and how they are read, what the criteria ask for. A prompt is
//! judged by what it renders to, not by how its templates are written, so that loops, macros and inherited blocks
//! do not matter. A finding is advice; only a prompt that no judge could be asked with is an error.
//!
//! A comment `allow CODE` on the line of a finding or in the comment lines above it accepts the finding:
//! `# evenhand: allow criterion-about-length` in a rubric, `{# evenhand: allow no-fence #}` in a template.
//!
//! ```text
//! LoadedRubric ─sample→ Rendered ─criteria, prompt_text, reply, shared_prefix, ties, patterns→ RubricFinding ─places→ without allowed ones
//! ```

mod criteria;
mod finding;
mod grade;
mod pattern_samples;
mod patterns;
mod places;
mod prompt_text;
mod reply;
mod sample;
mod shared_prefix;
mod ties;
mod words;

pub use finding::{FindingLevel, RubricFinding};

use crate::error::Result;
use crate::input::LoadedRubric;
use crate::prompt::Prompt;

use finding::Findings;
use places::Places;
use sample::Rendered;

/// What the checks look at.
struct Inspected<'a> {
    loaded: &'a LoadedRubric,
    prompt: &'a Prompt,
    /// The prompt as judges would read it, for made-up items.
    rendered: &'a Rendered,
    places: &'a Places,
}

impl Inspected<'_> {
    /// Returns whether the instructions of every rendered prompt satisfy a condition.
    fn every_prompt(&self, is_it: impl Fn(&str) -> bool) -> bool {
        self.rendered.prompts.iter().all(|prompt| is_it(&prompt.instructions()))
    }
}

/// Returns what is wrong with a rubric and its prompt, by file and line.
///
/// # Errors
///
/// The prompt does not compile.
pub fn lint(loaded: &LoadedRubric) -> Result<Vec<RubricFinding>> {
    let prompt = Prompt::compile(loaded)?;
    let rendered = Rendered::with_samples(loaded, &prompt)?;
    let places = Places::of(loaded, &prompt.used_templates()?);
    let inspected = Inspected { loaded, prompt: &prompt, rendered: &rendered, places: &places };
    let mut findings = Findings::new(&places);
    if let Some(warning) = &loaded.warning {
        findings.add(warning.code, places.key(&["name"]), warning.message.clone());
    }
    criteria::check(&inspected, &mut findings)?;
    prompt_text::check(&inspected, &mut findings)?;
    reply::check(&inspected, &mut findings);
    shared_prefix::check(&inspected, &mut findings);
    ties::check(&inspected, &mut findings)?;
    patterns::check(&inspected, &mut findings);
    Ok(findings.finish())
}
