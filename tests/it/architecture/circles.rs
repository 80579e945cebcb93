//! No two files of the source import from each other.
//!
//! Paths in the code are resolved through `use` declarations, so that an item counts for the file that defines
//! it and not for the `mod.rs` that re-exports it. A file and the `mod.rs` above it are one module and may use
//! each other.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use super::{Source, members, sources};

/// A module or an item by its names below the crate.
type Path = Vec<String>;

/// The modules of the source, with what each of them imports and mentions.
#[derive(Default)]
struct Modules {
    /// By module: the path behind each name that it imports or re-exports.
    imports: BTreeMap<Path, BTreeMap<String, Path>>,
    /// By module: the paths that its own code mentions; re-exports are not among them.
    mentions: BTreeMap<Path, Vec<Path>>,
}

/// Returns the module of a source file.
fn module(source: &Source) -> Path {
    let path = source.path.trim_start_matches("src/").trim_end_matches(".rs");
    let names = path.split('/').filter(|name| !["mod", "lib"].contains(name));
    names.map(ToOwned::to_owned).collect()
}

/// Returns the paths of a `use` tree, each with the name that it is imported by.
fn leaves(tree: &str) -> Vec<(Vec<String>, String)> {
    let tree = tree.trim();
    let Some((head, group)) = tree.split_once('{') else {
        let (path, alias) = tree.split_once(" as ").map_or((tree, None), |(p, a)| (p, Some(a)));
        let names: Vec<String> = path.split("::").map(|name| name.trim().to_owned()).collect();
        let name = alias.map(|alias| alias.trim().to_owned()).or_else(|| names.last().cloned());
        return vec![(names, name.unwrap_or_default())];
    };
    let head = head.trim().trim_end_matches("::");
    let inside = members(group).into_iter().filter(|member| !member.trim().is_empty());
    inside.flat_map(|member| leaves(&format!("{head}::{}", member.trim()))).collect()
}

/// Returns a path as it is below the crate, `None` if it is outside of it.
fn below_the_crate(names: &[String], module: &[String], modules: &BTreeSet<Path>) -> Option<Path> {
    let climbs = names.iter().take_while(|name| *name == "super").count();
    let start = match names.first()?.as_str() {
        "crate" | "evenhand" => return Some(names[1..].to_vec()),
        "super" => module.get(..module.len().checked_sub(climbs)?)?,
        "self" => return Some([module, &names[1..]].concat()),
        first => {
            let child = [module, &[first.to_owned()]].concat();
            return modules.contains(&child).then(|| [module, names].concat());
        }
    };
    Some([start, &names[climbs..]].concat())
}

impl Modules {
    fn of(sources: &[Source]) -> Self {
        let declaration = Regex::new(r"(?m)^\s*(pub(?:\([^)]*\))?\s+)?use\s+([^;]+);").unwrap();
        let mention = Regex::new(r"\b(?:crate|super|self)(?:::\w+)+").unwrap();
        let sources: Vec<&Source> =
            sources.iter().filter(|source| source.path != "src/main.rs").collect();
        let names: BTreeSet<Path> = sources.iter().map(|source| module(source)).collect();
        let mut modules = Self::default();
        for source in sources {
            let own = module(source);
            let (mut imports, mut mentions) = (BTreeMap::new(), Vec::new());
            for hit in declaration.captures_iter(&source.code) {
                for (path, name) in leaves(&hit[2]) {
                    let Some(path) = below_the_crate(&path, &own, &names) else { continue };
                    if hit.get(1).is_none() {
                        mentions.push(path.clone());
                    }
                    imports.insert(name, path);
                }
            }
            for hit in mention.find_iter(&declaration.replace_all(&source.code, "")) {
                let path: Vec<String> = hit.as_str().split("::").map(ToOwned::to_owned).collect();
                mentions.extend(below_the_crate(&path, &own, &names));
            }
            modules.imports.insert(own.clone(), imports);
            modules.mentions.insert(own, mentions);
        }
        modules
    }

    /// Returns the module that defines the item at a path. `steps` bounds how many re-exports are followed.
    fn defining(&self, path: &[String], steps: usize) -> Option<Path> {
        let longest =
            (0..=path.len()).rev().find(|end| self.imports.contains_key(&path[..*end]))?;
        let (module, rest) = path.split_at(longest);
        let target = rest.first().and_then(|name| self.imports[module].get(name));
        match target.filter(|_| steps > 0) {
            Some(target) => self.defining(&[target, &rest[1..]].concat(), steps - 1),
            None => Some(module.to_vec()),
        }
    }

    /// Returns the pairs of modules that use each other, except those of which one contains the other.
    fn circles(&self) -> BTreeSet<[String; 2]> {
        let used = |module: &Path| -> BTreeSet<Path> {
            self.mentions[module].iter().filter_map(|path| self.defining(path, 20)).collect()
        };
        let used: BTreeMap<&Path, BTreeSet<Path>> =
            self.mentions.keys().map(|module| (module, used(module))).collect();
        let mut circles = BTreeSet::new();
        for (one, others) in &used {
            for other in others.iter().filter(|other| *one < other && !other.starts_with(one)) {
                if used[other].contains(*one) {
                    circles.insert([one.join("::"), other.join("::")]);
                }
            }
        }
        circles
    }
}

#[test]
fn items_count_for_the_file_that_defines_them_and_not_for_the_one_that_reexports_them() {
    let source =
        |path: &str, code: &str| Source { path: path.to_owned(), lines: 1, code: code.to_owned() };
    let sources = [
        source("src/lib.rs", "pub mod a;\npub mod b;"),
        source("src/a/mod.rs", "mod one;\nmod two;\npub use one::{First, second as renamed};"),
        source("src/a/one.rs", "use super::two::{\n    Third,\n};"),
        source("src/a/two.rs", "use crate::a::{First};"),
        source("src/b.rs", "fn f() { crate::a::renamed(); }\nuse std::fmt;"),
    ];
    let modules = Modules::of(&sources);
    assert_eq!(modules.circles(), BTreeSet::from([["a::one".to_owned(), "a::two".to_owned()]]));
    let path = ["a", "renamed"].map(ToOwned::to_owned);
    assert_eq!(modules.defining(&path, 20).unwrap(), ["a", "one"]);
}

#[test]
fn no_two_files_import_from_each_other() {
    let modules = Modules::of(&sources("src"));
    let mentions: usize = modules.mentions.values().map(Vec::len).sum();
    assert!(mentions > 500, "the search finds only {mentions} paths");
    let found = modules.circles();
    assert!(found.is_empty(), "these import from each other: {found:?}");
}
