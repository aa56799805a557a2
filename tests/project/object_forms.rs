//! Objects are read only from objects: no type lets serde derive a reader that also takes the fields by position.

use crate::source::sources;

/// The declaration of a type with the attributes in front of it, as far as a file has no strings and comments any more.
struct Declared<'a> {
    attributes: &'a str,
    head: &'a str,
    body: &'a str,
}

/// Returns the declarations of the types for which serde derives a reader.
fn derived(code: &str) -> Vec<Declared<'_>> {
    let is_read = |attribute: &&str| attribute.starts_with("#[derive(") && has_word(attribute, "Deserialize");
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(start) = rest.find("#[") {
        let length = attributes_at(&rest[start..]);
        let (attributes, item) = (&rest[start..start + length], &rest[start + length..]);
        rest = item;
        if attributes.split_inclusive(")]").map(str::trim).any(|attribute| is_read(&attribute)) {
            let end = item.find(['{', ';', '(']).unwrap_or(item.len());
            let body = if item[end..].starts_with('{') { &item[end..end + closing(&item[end..])] } else { "" };
            found.push(Declared { attributes, head: item[..end].trim(), body });
        }
    }
    found
}

/// Returns the length of the attributes at the beginning of the code, and of the space after them.
fn attributes_at(code: &str) -> usize {
    let mut length = 0;
    while code[length..].starts_with("#[") {
        length += 1 + closing(&code[length + 1..]);
        length += code[length..].len() - code[length..].trim_start().len();
    }
    length
}

/// Returns the length of the bracketed code at the beginning.
fn closing(code: &str) -> usize {
    let mut depth = 0;
    for (at, letter) in code.char_indices() {
        match letter {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    code.len()
}

fn has_word(code: &str, word: &str) -> bool {
    code.split(|letter: char| !letter.is_alphanumeric() && letter != '_').any(|found| found == word)
}

/// Returns whether the derived reader of a type takes a list in place of an object.
fn takes_a_list(declared: &Declared<'_>, code: &str) -> bool {
    let Declared { attributes, head, body } = declared;
    let by_another_form = ["from", "try_from", "transparent"].iter().any(|word| has_word(attributes, word));
    let name = head.split_whitespace().last().unwrap_or_default();
    let guarded = code.contains(&format!("{name}::deserialize(ObjectsOnly(")) || head.contains('$');
    let has_object = if has_word(head, "enum") {
        has_word(attributes, "tag") || body.get(1..).is_some_and(|variants| variants.contains('{'))
    } else {
        !body.is_empty() && !body.contains("#[serde(flatten")
    };
    has_object && !by_another_form && !guarded
}

#[test]
fn no_derived_reader_takes_the_fields_of_an_object_by_position() {
    let of = |source: crate::source::Source| {
        let found = derived(&source.code);
        let broken = found.iter().filter(|declared| takes_a_list(declared, &source.code));
        broken.map(|declared| format!("{}: {}", source.name, declared.head)).collect::<Vec<_>>()
    };
    let broken: Vec<String> = sources().into_iter().flat_map(of).collect();
    assert!(broken.is_empty(), "declare these types with `object_form!`\n{}", broken.join("\n"));
}

#[test]
fn the_scan_finds_each_kind_of_object() {
    let found = |code: &str| derived(code).iter().filter(|declared| takes_a_list(declared, code)).count();
    assert_eq!(found("#[derive(Debug, Deserialize)]\npub struct A {\n    a: u8,\n}"), 1);
    assert_eq!(found("#[derive(serde::Deserialize)]\n#[serde(default)]\nstruct A {\n    a: u8,\n}"), 1);
    assert_eq!(found("#[derive(Deserialize)]\n#[serde(tag = \"\")]\nenum A {\n    B(u8),\n}"), 1);
    assert_eq!(found("#[derive(Deserialize)]\nenum A {\n    B { c: u8 },\n}"), 1);
    assert_eq!(found("#[derive(Deserialize)]\nenum A {\n    B,\n    C(u8),\n}"), 0);
    assert_eq!(found("#[derive(Deserialize)]\n#[serde(try_from = \"\")]\nstruct A {\n    a: u8,\n}"), 0);
    assert_eq!(found("#[derive(Deserialize)]\nstruct A {\n    #[serde(flatten)]\n    a: u8,\n}"), 0);
    assert_eq!(found("#[derive(Deserialize)]\nstruct A(u8);\n#[derive(Clone)]\nstruct B {\n    a: u8,\n}"), 0);
    assert_eq!(found("#[derive(Deserialize)]\nstruct A {}\nfn f() { A::deserialize(ObjectsOnly(x)) }"), 0);
}
