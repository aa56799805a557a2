//! The rooms of `src/`: the arrows between them, read from the code's own imports, and the picture of them in
//! `docs/DESIGN.md`.

use crate::source::{Source, root, sources};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
};

/// The rooms, the lowest first. A room imports only from rooms above it in this list.
const ROOMS: [&str; 12] = [
    "vocabulary",
    "lifecycle",
    "policy",
    "rules",
    "runner",
    "clock",
    "decide",
    "controller",
    "record",
    "client",
    "render",
    "testing",
];

/// The largest number of files and folders in a folder.
const MOST_ENTRIES: usize = 12;

/// A module, as the names on the way to it from the root of the crate.
type Module = Vec<String>;

/// One path in the code of a module: `from` names `item` of `to`.
struct Import {
    from: Module,
    to: Module,
    item: Option<String>,
}

/// Returns the module that a file of `src/` holds.
fn module_of(file: &str) -> Module {
    let path = file.trim_start_matches("src/").trim_end_matches(".rs");
    let path = path.strip_suffix("/mod").unwrap_or(path);
    path.split('/').filter(|name| !["", "lib"].contains(name)).map(str::to_owned).collect()
}

fn modules() -> BTreeMap<Module, Source> {
    sources().into_iter().map(|source| (module_of(&source.name), source)).collect()
}

/// Returns every path of a `use` tree such as `a::{b::C, d}`.
fn expanded(tree: &str) -> Vec<String> {
    let Some((start, rest)) = tree.split_once('{') else {
        return vec![tree.split(" as ").next().unwrap_or_default().trim().to_owned()];
    };
    let inner = rest.trim_end().strip_suffix('}').expect("a use tree closes its brace");
    let (mut parts, mut depth) = (vec![String::new()], 0);
    for letter in inner.chars() {
        depth += i32::from(letter == '{') - i32::from(letter == '}');
        if letter == ',' && depth == 0 {
            parts.push(String::new());
        } else {
            parts.last_mut().expect("a part").push(letter);
        }
    }
    let filled = parts.iter().filter(|part| !part.trim().is_empty());
    filled.flat_map(|part| expanded(&format!("{}{}", start.trim(), part.trim()))).collect()
}

/// Returns every path that the code names, without those that only re-export a child.
fn paths(code: &str) -> Vec<String> {
    let part_of_a_path = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    let (mut found, mut inline) = (Vec::new(), Vec::new());
    let mut at = 0;
    while let Some(letter) = code[at..].chars().next() {
        let rest = &code[at..];
        let begins_a_word = !code[..at].ends_with(|before: char| part_of_a_path(before) || before == '$');
        let line = code[..at].rsplit('\n').next().unwrap_or_default().trim();
        // Inside `mod tests { … }` of a file, one `super` leads to the file itself.
        let depth = inline.iter().filter(|opened_a_module| **opened_a_module).count();
        let out_of_inline = |path: &str| {
            let mut path = path;
            for _ in 0..depth {
                path = path.strip_prefix("super::").unwrap_or(path);
            }
            path.to_owned()
        };
        if let Some(tree) = rest.strip_prefix("use ").filter(|_| begins_a_word) {
            let tree = tree.split(';').next().unwrap_or_default();
            let exported = line.starts_with("pub");
            let leads_up = |path: &String| path.starts_with("crate::") || path.starts_with("super::");
            found.extend(
                expanded(tree).iter().filter(|path| !exported || leads_up(path)).map(|path| out_of_inline(path)),
            );
            at += "use ".len() + tree.len();
            continue;
        }
        if begins_a_word && (rest.starts_with("crate::") || rest.starts_with("super::")) {
            let end = rest.find(|letter| !part_of_a_path(letter)).unwrap_or(rest.len());
            found.push(out_of_inline(&rest[..end]));
            at += end;
            continue;
        }
        match letter {
            '{' => inline.push(line.trim_start_matches("pub ").starts_with("mod ")),
            '}' => drop(inline.pop()),
            _other => {}
        }
        at += letter.len_utf8();
    }
    found
}

/// Returns which module a path leads to from a module, and which of its items. A path of another crate leads nowhere.
fn resolved(path: &str, from: &Module, modules: &BTreeMap<Module, Source>) -> Option<Import> {
    let names: Vec<&str> = path.split("::").filter(|name| !name.is_empty()).collect();
    let child = |of: &Module, name: &str| [of.as_slice(), &[name.to_owned()]].concat();
    let (mut to, mut rest) = match names.first()? {
        &"crate" => (Module::new(), &names[1..]),
        &"super" => (from.clone(), names.as_slice()),
        &"self" => (from.clone(), &names[1..]),
        first if modules.contains_key(&child(from, first)) => (from.clone(), names.as_slice()),
        _another_crate => return None,
    };
    while let Some((&"super", others)) = rest.split_first() {
        to.pop();
        rest = others;
    }
    while let Some((name, others)) = rest.split_first().filter(|(name, _)| modules.contains_key(&child(&to, name))) {
        to = child(&to, name);
        rest = others;
    }
    Some(Import { from: from.clone(), to, item: rest.first().map(|item| (*item).to_owned()) })
}

fn imports(modules: &BTreeMap<Module, Source>) -> Vec<Import> {
    let of = |(from, source): (&Module, &Source)| {
        let paths = if from.is_empty() { Vec::new() } else { paths(&source.code) };
        paths.iter().filter_map(|path| resolved(path, from, modules)).collect::<Vec<_>>()
    };
    modules.iter().flat_map(of).filter(|import| import.from != import.to).collect()
}

/// The arrows between the children of a folder: each one with those that it imports from.
type Arrows = BTreeMap<String, BTreeSet<String>>;

fn arrows(folder: &[String], imports: &[Import]) -> Arrows {
    let mut found = Arrows::new();
    for import in imports {
        let inside = |module: &Module| module.strip_prefix(folder).and_then(|rest| rest.first()).cloned();
        if let (Some(from), Some(to)) = (inside(&import.from), inside(&import.to)) {
            found.entry(to.clone()).or_default();
            let imported = found.entry(from.clone()).or_default();
            if from != to {
                imported.insert(to);
            }
        }
    }
    found
}

/// Returns everything that can be reached from a child along the arrows.
fn reached(from: &str, arrows: &Arrows) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![from.to_owned()];
    while let Some(next) = open.pop() {
        let further = arrows.get(&next).into_iter().flatten().filter(|name| found.insert((*name).clone()));
        open.extend(further.cloned().collect::<Vec<_>>());
    }
    found
}

/// Returns the folders of `src/`, each as the module that it holds.
fn folders(modules: &BTreeMap<Module, Source>) -> BTreeSet<Module> {
    modules.keys().filter_map(|module| module.split_last()).map(|(_, folder)| folder.to_vec()).collect()
}

#[test]
fn no_arrow_between_rooms_runs_back_up() {
    let modules = modules();
    let arrows = arrows(&[], &imports(&modules));
    let level = |room: &str| ROOMS.iter().position(|name| *name == room);
    assert_eq!(arrows.keys().map(String::as_str).collect::<BTreeSet<_>>(), ROOMS.into_iter().collect(), "the rooms");
    for (room, imported) in &arrows {
        for other in imported {
            assert!(level(other) < level(room), "{room} imports from {other}, which is a higher room");
        }
    }
}

#[test]
fn the_files_of_a_folder_do_not_import_in_a_circle() {
    let modules = modules();
    let imports = imports(&modules);
    let mut circles = Vec::new();
    for folder in folders(&modules) {
        let arrows = arrows(&folder, &imports);
        let in_a_circle = |name: &&String| reached(name, &arrows).contains(name.as_str());
        circles.extend(arrows.keys().filter(in_a_circle).map(|name| format!("{}/{name}", folder.join("/"))));
    }
    assert!(circles.is_empty(), "these import each other in a circle: {circles:?}");
}

/// A parent re-exports for the outside only. A child that goes through it hides which sibling it depends on.
#[test]
fn no_file_imports_through_the_re_exports_of_its_parents() {
    let modules = modules();
    let defines = |module: &Module, item: &str| {
        let kinds = ["fn", "struct", "enum", "trait", "type", "const", "static", "macro_rules!"];
        let Some(source) = modules.get(module) else { return false };
        let ends = |rest: &str| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_');
        kinds.iter().any(|kind| source.code.split(&format!("{kind} {item}")).skip(1).any(ends))
    };
    let through_a_parent = |import: &&Import| {
        import.from.starts_with(&import.to) && !import.item.as_ref().is_some_and(|item| defines(&import.to, item))
    };
    let described =
        |import: &Import| format!("{}: {:?} of {}", import.from.join("/"), import.item, import.to.join("/"));
    let broken: Vec<String> = imports(&modules).iter().filter(through_a_parent).map(described).collect();
    assert!(broken.is_empty(), "import from the sibling itself:\n{}", broken.join("\n"));
}

#[test]
fn a_folder_has_at_most_twelve_entries() {
    let mut open = vec![root().join("src")];
    while let Some(folder) = open.pop() {
        let inside = fs::read_dir(&folder).expect("a readable folder").map(|entry| entry.expect("an entry").path());
        let inside: Vec<_> = inside.filter(|path| !path.ends_with("lib.rs")).collect();
        assert!(inside.len() <= MOST_ENTRIES, "{} has {} entries", folder.display(), inside.len());
        open.extend(inside.into_iter().filter(|path| path.is_dir()));
    }
}

/// Returns the subject of a room: the first paragraph of its own page.
fn caption(source: &Source) -> String {
    let lines = source.text.lines().map_while(|line| line.strip_prefix("//!"));
    let paragraph: Vec<&str> = lines.map(str::trim).take_while(|line| !line.is_empty()).collect();
    paragraph.join(" ")
}

/// Returns the table of the rooms, with the caption of each.
pub fn table() -> String {
    let modules = modules();
    let mut table = "| room | its subject |\n|---|---|\n".to_owned();
    for room in ROOMS {
        let source = modules.get(&module_of(room)).expect("a room of `src/`");
        let name = if source.name.ends_with("/mod.rs") { format!("{room}/") } else { format!("{room}.rs") };
        writeln!(table, "| `{name}` | {} |", caption(source)).expect("text");
    }
    table
}

/// Returns a picture of a folder of `src/` in Mermaid. An arrow leads to what is imported, and one is left out where others
/// lead there anyway.
pub fn picture(folder: &str) -> String {
    let modules = modules();
    let arrows = arrows(&module_of(folder), &imports(&modules));
    let mut picture = "```mermaid\nflowchart TD\n".to_owned();
    for (from, imported) in &arrows {
        let on_the_way =
            |to: &&String| imported.iter().any(|other| other != *to && reached(other, &arrows).contains(to.as_str()));
        for to in imported.iter().filter(|to| !on_the_way(to)) {
            writeln!(picture, "    {from} --> {to}").expect("text");
        }
    }
    picture + "```\n"
}

#[test]
fn paths_are_found_in_every_form() {
    let code = "pub use state::State;\npub(crate) use super::word::word;\nuse crate::{a::{B, c}, d as e};\n\
                fn f() { crate::g::H::new(); $crate::hidden(); }\nmod tests { use super::own; use super::super::i::J; }";
    assert_eq!(
        paths(code),
        ["super::word::word", "crate::a::B", "crate::a::c", "crate::d", "crate::g::H::new", "own", "super::i::J"]
    );
}

#[test]
fn a_circle_is_seen() {
    let arrow = |from: &str, to: &[&str]| (from.to_owned(), to.iter().map(|name| (*name).to_owned()).collect());
    let arrows = Arrows::from([arrow("a", &["b"]), arrow("b", &["c"]), arrow("c", &["a"]), arrow("d", &["a"])]);
    assert!(reached("a", &arrows).contains("a"));
    assert!(!reached("d", &arrows).contains("d"));
}
