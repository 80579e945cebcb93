//! What a scripted server answers to the prompts that ship with evenhand, in place of a model.

use serde_json::Value;

use super::page::repository;

/// The replies to each prompt of `systems/prompts.jsonl`, in its order: by `short`, and by `guided`, which knows the
/// facts. To the third both are about equally long.
const REPLIES: [[&str; 2]; 8] = [
    [
        "Yes, we can refund the second payment. Please send us the invoice number.",
        "Please reply with the invoice number, so that we find both payments. The second one is then refunded to the same \
         card within 5 working days; there is nothing else that you need to do.",
    ],
    [
        "Sorry about that! Please send us your order number, and we will look into it.",
        "Please send us the order number. The carrier then traces the parcel, which takes up to 3 working days. If it is \
         not found, you choose: we send a new one, or we refund it.",
    ],
    [
        "Yes, an unopened lamp can be returned within our return period.",
        "Yes. Open Orders, choose the lamp and Return, print the label.",
    ],
    [
        "You can cancel in the settings of your account. Please see our terms for refunds.",
        "Open Account, then Plan, and choose Cancel. The plan runs to the end of the month that you have paid for; that \
         month is not refunded.",
    ],
    [
        "Use one of your recovery codes. If you have none, we can check who you are by email.",
        "Enter a recovery code in place of the login code. If you have none, tell us when you have time for a video call, \
         in which we check who you are. We arrange it within one working day.",
    ],
    [
        "That should be possible as long as there are free seats! Please tell us your booking number and the names of \
         both people, and we will add them to your booking for Saturday.",
        "Tell us your booking number. The booking team answers today; seats can be added until 24 hours before.",
    ],
    [
        "The roll is probably in the wrong way round. Please turn it.",
        "Take out the roll and turn it round: thermal paper prints on one side only. If it still feeds blank paper, tell \
         us, and we replace the print head, which has a warranty of 2 years.",
    ],
    [
        "No, your data is safe. Please install the app again.",
        "No: what was synchronised is on our server. Install version 5.2, in which the calendar no longer closes the app. \
         If anything is missing afterwards, tell us what it is.",
    ],
];

/// Returns the reply to a prompt, with facts if the system message asks for them. A prompt that is not known is
/// answered all the same.
pub(super) fn reply(system: &str, user: &str) -> String {
    let text = std::fs::read_to_string(repository("systems/prompts.jsonl")).unwrap();
    let prompts: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(prompts.len(), REPLIES.len(), "a reply to each prompt that ships");
    let asked = |prompt: &Value| user.ends_with(prompt["prompt"].as_str().unwrap());
    let is_guided = system.contains("step by step");
    match prompts.iter().position(asked) {
        Some(at) => REPLIES[at][usize::from(is_guided)].to_owned(),
        None if is_guided => {
            "First tell us more about it; then we will find out what can be done.".to_owned()
        }
        None => "We will find out.".to_owned(),
    }
}
