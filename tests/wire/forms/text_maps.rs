//! Texts by name: their order, repeated names, and maps of any size.

use proptest::{collection::vec, prelude::*};
use sandbox_lifecycle::record::TextMap;

fn read(json: &str) -> TextMap {
    serde_json::from_str(json).unwrap()
}

fn texts(map: &TextMap) -> Vec<(&str, &str)> {
    map.iter().collect()
}

#[test]
fn a_repeated_name_is_kept_and_its_last_text_counts() {
    let mut map = read(r#"{"a":"1","b":"2","a":"3"}"#);
    assert_eq!((map.len(), map.get("a"), map.get("b"), map.get("c")), (3, Some("3"), Some("2"), None));
    map.insert("a", "4");
    assert_eq!(texts(&map), [("a", "1"), ("b", "2"), ("a", "4")]);
    map.remove("c");
    map.remove("a");
    assert_eq!(texts(&map), [("b", "2")]);
    map.remove("b");
    assert!(map.is_empty());
}

#[test]
fn a_new_name_is_the_last_one_and_equality_includes_the_order() {
    let mut map = read(r#"{"b":"1"}"#);
    assert!(!map.is_empty());
    map.insert("a", "2");
    assert_eq!(serde_json::to_string(&map).unwrap(), r#"{"b":"1","a":"2"}"#);
    assert_eq!(format!("{map:?}"), r#"{"b": "1", "a": "2"}"#);
    assert_eq!(map, TextMap::from_iter([("b", "1"), ("a", "2")]));
    assert_ne!(map, TextMap::from_iter([("a", "2"), ("b", "1")]));
    assert_ne!(map, TextMap::from_iter([("b", "1"), ("a", "3")]));
}

/// With a search through all names for each insert, these are 20,000,000,000 comparisons, which take minutes.
#[test]
fn two_hundred_thousand_names_are_inserted_found_and_replaced() {
    const COUNT: usize = 200_000;
    let mut map = TextMap::default();
    for n in 0..COUNT {
        map.insert(format!("name-{n}"), "old");
    }
    for n in 0..COUNT {
        map.insert(format!("name-{n}"), n.to_string());
    }
    assert_eq!(map.len(), COUNT);
    assert!((0..COUNT).all(|n| map.get(&format!("name-{n}")) == Some(n.to_string().as_str())));
    assert!(map.iter().zip(0..).all(|((name, text), n)| name == format!("name-{n}") && text == n.to_string()));
    let written = serde_json::to_string(&map).unwrap();
    assert_eq!(read(&written), map);
    assert_eq!(read(&written).get("name-199999"), Some("199999"));
}

/// The operations of a map on a plain list, which is searched from its end.
fn insert(list: &mut Vec<(String, String)>, name: &str, text: &str) {
    match list.iter_mut().rev().find(|(known, _)| known == name) {
        Some((_, old)) => text.clone_into(old),
        None => list.push((name.to_owned(), text.to_owned())),
    }
}

proptest! {
    #[test]
    fn a_map_of_any_size_behaves_as_a_list(
        start in vec((0u8..40, 0u8..9), 0..50), operations in vec((any::<bool>(), 0u8..40, 0u8..9), 0..80),
    ) {
        let named = |(name, text): (u8, u8)| (name.to_string(), text.to_string());
        let mut list: Vec<_> = start.into_iter().map(named).collect();
        let mut map = TextMap::from_iter(list.clone());
        for (inserts, name, text) in operations {
            let (name, text) = named((name, text));
            if inserts {
                insert(&mut list, &name, &text);
                map.insert(name, text);
            } else {
                list.retain(|(known, _)| *known != name);
                map.remove(&name);
            }
            prop_assert_eq!(map.len(), list.len());
            for name in (0..41).map(|name| name.to_string()) {
                let found = list.iter().rev().find(|(known, _)| *known == name).map(|(_, text)| text.as_str());
                prop_assert_eq!(map.get(&name), found);
            }
        }
        prop_assert_eq!(&map, &TextMap::from_iter(list.clone()));
        prop_assert_eq!(map.into_iter().collect::<Vec<_>>(), list);
    }
}
