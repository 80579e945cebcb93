//! Calibration: judges against people's labels.

mod adjudicated;
mod claims;
mod confidence;
mod document;
mod doubt;
mod edges;
mod end_to_end;
mod forced_choice;
mod gates;
mod judges;
mod jury_golden;
mod jury_members;
mod label_plan;
mod label_sample;
mod labelling;
mod labels;
mod labels_of_other_pairs;
mod margin_rule;
mod needed;
mod selection_effect;
mod self_preference;
mod systems;
mod ties;
