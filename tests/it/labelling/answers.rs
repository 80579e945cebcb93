//! A label file with forms, and files of answers to them, for the tests of merging.

use std::path::PathBuf;

use evenhand::input::{DataFile, Item, LabelColumns, Labels, read_labels};
use evenhand::labelling::{
    FormOptions, Material, MergeOptions, Merged, Session, TaskReference, merge_answers, seal_key,
};
use serde_json::{Value, json};

use crate::support::Folder;

/// A folder with a label file in which `ana` and `ben` have the same form of four comparisons.
pub(crate) struct Answering {
    pub(crate) folder: Folder,
}

pub(crate) fn items() -> Vec<Item> {
    (0..4)
        .map(|at| {
            Item::new(format!("i{at}"), format!("Question {at}?"))
                .with_response("quail", format!("Answer {at}, the first"))
                .with_response("zebra", format!("Answer {at}, the second"))
        })
        .collect()
}

pub(crate) fn material() -> Material {
    Material::of_items(items(), None, None).unwrap()
}

impl Answering {
    pub(crate) fn new() -> Self {
        let scene = Self { folder: Folder::new() };
        drop(scene.session());
        scene
    }

    pub(crate) fn labels(&self) -> PathBuf {
        self.folder.path().join("labels.jsonl")
    }

    pub(crate) fn session(&self) -> Session {
        let annotators = ["ana", "ben"].map(str::to_owned).into();
        let options = FormOptions { annotators, ..FormOptions::default() };
        Session::open(material(), &self.labels(), &options).unwrap()
    }

    /// The text of the label file.
    pub(crate) fn text(&self) -> String {
        std::fs::read_to_string(self.labels()).unwrap()
    }

    pub(crate) fn read(&self) -> Labels {
        let file = DataFile::labels(self.labels(), LabelColumns::default());
        read_labels(&file, material().known_items()).unwrap()
    }

    /// The reference to a place in a form.
    pub(crate) fn reference(&self, annotator: usize, place: usize) -> String {
        let session = self.session();
        let digest = session.form_digest(annotator).unwrap();
        TaskReference::new(&digest, &session.annotators()[annotator], place).to_string()
    }

    /// What a page of an annotator hands back.
    pub(crate) fn page(&self, annotator: usize, answers: &Value) -> String {
        let session = self.session();
        let name = &session.annotators()[annotator];
        sealed(&session.form_digest(annotator).unwrap(), name, answers)
    }

    pub(crate) fn merge(&self, files: &[&str]) -> evenhand::Result<Merged> {
        self.merge_with(files, &MergeOptions::default())
    }

    pub(crate) fn merge_with(
        &self,
        files: &[&str],
        options: &MergeOptions,
    ) -> evenhand::Result<Merged> {
        let files: Vec<PathBuf> = files.iter().map(|name| self.folder.path().join(name)).collect();
        merge_answers(&material(), &self.labels(), &files, options)
    }
}

/// A file of answers with its seal.
pub(crate) fn sealed(form: &[u8; 32], annotator: &str, answers: &Value) -> String {
    let (annotator_json, form_json) = (json!(annotator), json!(hex(form)));
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &seal_key(form, annotator));
    let seal = format!("[1,{annotator_json},{form_json},{answers}]");
    let seal = hex(ring::hmac::sign(&key, seal.as_bytes()).as_ref());
    format!(
        r#"{{"evenhand":"answers","version":1,"annotator":{annotator_json},"form":{form_json},"answers":{answers},"seal":"{seal}"}}"#
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

/// The numbers of a merged file: merged, of these skipped, already there, open, discarded, left out.
pub(crate) fn counts(merged: &Merged) -> Vec<[usize; 6]> {
    let of = |file: &evenhand::labelling::MergedFile| {
        let counts = [
            file.merged,
            file.skipped,
            file.already_there,
            file.open,
            file.discarded,
            file.left_out(),
        ];
        assert_eq!(file.read(), counts.iter().sum::<usize>() - file.skipped);
        counts
    };
    merged.files.iter().map(of).collect()
}
