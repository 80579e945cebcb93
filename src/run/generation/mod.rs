//! Generation: systems are asked to respond to prompts, and the responses become items to be judged.
//!
//! A system is a model with its settings and the template of its prompt. It is asked by the same engine as a judge:
//! paced, retried, within the budget, every attempt stored. A stored reply is the response to a prompt if its request
//! is the one that would be sent now; so a changed prompt, template or parameter asks again what it concerns and
//! nothing else, and nothing that was paid for is lost.
//!
//! ```text
//! Generation → PreparedGeneration ─plan→ GenerationSession ─open_prompts→ SubjectToAsk ─engine→ Attempt
//!   Attempt ─stored_responses→ SampleState ─output→ items, GenerationSummary
//! ```

mod open_prompts;
mod output;
mod plan;
mod session;
mod stored_responses;
mod task;

pub use output::{GenerationSummary, SystemSummary};
pub use plan::{GenerationForecast, GenerationPlan, SystemPlan};
pub use session::GenerationSession;
pub use task::{Generation, PreparedGeneration, System};
