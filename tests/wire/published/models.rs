//! The official models of every version from 0.190 to 0.226: what they demand and write is read, what we write has what
//! they demand, and their words are known.
//!
//! `data/published_models.py` asks the models themselves and writes `data/published_models.jsonl`, which has a line for each
//! version at which something changed. Run it to add a version.

use crate::at;
use sandbox_lifecycle::{
    Columns, DesiredState, Lifecycle, Policy, Sandbox, SandboxClass, SandboxDto, SandboxState,
    record::{
        BuildInfo, CreateBuildInfo, CreateSandbox, CreateSandboxSnapshot, ForkSandbox, Kept, NumberedSandboxPage,
        ReadLifecycle, ResizeSandbox, SandboxCreated, SandboxLabels, SandboxListItem, SandboxPage, SandboxStateUpdated,
        SandboxVolume, ServerChoices, ServerTexts, TextMap, UpdateSandboxNetworkSettings, UpdateSandboxState,
    },
    rules::{Event, EventName},
    vocabulary::{GpuType, Size, Word},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What changed at a version.
#[derive(Deserialize)]
struct Changed {
    version: String,
    same: Vec<String>,
    gone: Vec<String>,
    models: BTreeMap<String, Model>,
    words: BTreeMap<String, Vec<String>>,
}

/// A model: its fields, and instances as the model itself writes them.
#[derive(Deserialize)]
struct Model {
    required: BTreeSet<String>,
    optional: BTreeSet<String>,
    minimal: Value,
    full: Value,
}

fn versions() -> Vec<Changed> {
    include_str!("../data/published_models.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Every model of every version at which it changed, with a name for messages.
fn models() -> Vec<(String, String, Model)> {
    let of = |version: Changed| {
        let named = move |(name, model)| (format!("{name} of {}", version.version), name, model);
        version.models.into_iter().map(named)
    };
    versions().into_iter().flat_map(of).collect()
}

/// Reads a value as a `T`, and returns what is written of it.
fn written<T: DeserializeOwned + Serialize>(value: &Value) -> Result<Value, String> {
    let read: T = serde_json::from_value(value.clone()).map_err(|error| error.to_string())?;
    Ok(serde_json::to_value(read).unwrap())
}

/// Reads an instance of a model as our type for it, keeping unknown fields, and returns what is written of it.
fn written_as(model: &str, value: &Value) -> Result<Value, String> {
    type K = Kept<Value>;
    match model {
        "Sandbox" => written::<SandboxDto<K>>(value),
        "SandboxListItem" => written::<SandboxListItem<K>>(value),
        "ListSandboxesResponse" => written::<SandboxPage<K>>(value),
        "PaginatedSandboxesDeprecated" => written::<NumberedSandboxPage<K>>(value),
        "SandboxVolume" => written::<SandboxVolume<K>>(value),
        "BuildInfo" => written::<BuildInfo<K>>(value),
        "CreateSandbox" => written::<CreateSandbox<K>>(value),
        "CreateBuildInfo" => written::<CreateBuildInfo<K>>(value),
        "ResizeSandbox" => written::<ResizeSandbox<K>>(value),
        "UpdateSandboxStateDto" => written::<UpdateSandboxState<K>>(value),
        "CreateSandboxSnapshot" => written::<CreateSandboxSnapshot<K>>(value),
        "ForkSandbox" => written::<ForkSandbox<K>>(value),
        "UpdateSandboxNetworkSettings" => written::<UpdateSandboxNetworkSettings<K>>(value),
        "SandboxLabels" => written::<SandboxLabels<K>>(value),
        "SandboxCreatedWebhook" => written::<SandboxCreated<K>>(value),
        "SandboxStateUpdatedWebhook" => written::<SandboxStateUpdated<K>>(value),
        other => Err(format!("no type of this crate reads {other}")),
    }
}

/// What this crate writes by itself for each model, with as few fields as it ever writes.
fn ours() -> BTreeMap<&'static str, Value> {
    fn value(object: impl Serialize) -> Value {
        serde_json::to_value(object).unwrap()
    }
    let now = at("2024-10-01T12:00:00Z");
    let choices = ServerChoices {
        organization_suspended: false,
        id: "s1".into(),
        organization_id: "o1".into(),
        target: "eu".into(),
        class: SandboxClass::Container,
        runner_id: None,
        gpu_type: None,
        link: None,
        snapshot_ref: None,
        toolbox_proxy_url: "https://proxy.example.com".into(),
    };
    let sandbox = Sandbox::create(CreateSandbox::default(), choices, &Policy::default(), now).unwrap();
    let item = SandboxListItem::from(sandbox.dto());
    let dto = SandboxDto::new("s1", "o1", "n", "u", "eu", "https://proxy.example.com", Size::default());
    let own_row = Sandbox::from_row(dto, Lifecycle::from(Columns::default()), ServerTexts::default());
    let event = Event::StateUpdated { old_state: SandboxState::Starting, new_state: SandboxState::Started };
    // A record has the fields that both of its ways of being made have.
    let mut record = value(sandbox.dto());
    let others = value(own_row.dto());
    record.as_object_mut().unwrap().retain(|name, _| others.get(name).is_some());
    BTreeMap::from([
        ("Sandbox", record),
        ("SandboxListItem", value(&item)),
        ("ListSandboxesResponse", value(SandboxPage::new(vec![item]))),
        ("PaginatedSandboxesDeprecated", value(NumberedSandboxPage::new(vec![sandbox.dto().clone()], 1, 1, 1))),
        ("SandboxVolume", value(SandboxVolume::new("v1", "/data"))),
        ("BuildInfo", value(BuildInfo::new(now, now, "built:1"))),
        ("CreateSandbox", value(CreateSandbox::default())),
        ("CreateBuildInfo", value(CreateBuildInfo::new("FROM scratch"))),
        ("ResizeSandbox", value(ResizeSandbox::default())),
        ("UpdateSandboxStateDto", value(UpdateSandboxState::new(SandboxState::Stopped))),
        ("CreateSandboxSnapshot", value(CreateSandboxSnapshot::new("s"))),
        ("ForkSandbox", value(ForkSandbox::default())),
        ("UpdateSandboxNetworkSettings", value(UpdateSandboxNetworkSettings::default())),
        ("SandboxLabels", value(SandboxLabels::new(TextMap::default()))),
        ("SandboxCreatedWebhook", value(SandboxCreated::new(&sandbox, now))),
        ("SandboxStateUpdatedWebhook", value(SandboxStateUpdated::from_event(&sandbox, event, now).unwrap())),
    ])
}

#[test]
fn every_instance_of_an_official_model_is_read_and_written_back_equal() {
    for (what, name, model) in models() {
        for instance in [&model.minimal, &model.full] {
            assert_eq!(written_as(&name, instance).as_ref(), Ok(instance), "{what}");
        }
        let mut unknown = model.full.clone();
        unknown["tpu"] = json!({"cores": [1, 2.5, null]});
        assert_eq!(written_as(&name, &unknown), Ok(unknown), "{what}, with an unknown field");
    }
}

#[test]
fn no_field_of_an_official_model_is_unknown() {
    for (what, name, model) in models() {
        let known = match name.as_str() {
            "Sandbox" => written::<SandboxDto>(&model.full),
            "SandboxListItem" => written::<SandboxListItem>(&model.full),
            "CreateSandbox" => written::<CreateSandbox>(&model.full),
            name => written_as(name, &model.full),
        };
        assert_eq!(known.as_ref(), Ok(&model.full), "{what}");
        let fields: BTreeSet<_> = model.full.as_object().unwrap().keys().cloned().collect();
        assert_eq!(fields, &model.required | &model.optional, "{what}: the instance has every field");
    }
}

#[test]
fn no_required_field_of_ours_is_optional_in_any_version() {
    for (what, name, model) in models() {
        for field in &model.optional {
            let mut without = model.full.clone();
            without.as_object_mut().unwrap().remove(field);
            assert_eq!(written_as(&name, &without).as_ref(), Ok(&without), "{what} without {field}");
        }
    }
}

#[test]
fn what_we_write_has_every_field_that_a_version_requires() {
    let ours = ours();
    for (what, name, model) in models() {
        let fields: BTreeSet<_> = ours[name.as_str()].as_object().unwrap().keys().cloned().collect();
        assert_eq!(&model.required - &fields, BTreeSet::new(), "{what}");
    }
}

#[test]
fn no_official_object_is_read_from_a_list_of_its_values() {
    for (what, name, model) in models() {
        let by_position: Value = model.full.as_object().unwrap().values().cloned().collect();
        assert!(written_as(&name, &by_position).is_err(), "{what}");
    }
}

#[test]
fn every_word_of_every_version_is_known() {
    for version in versions() {
        for (list, words) in version.words {
            let known = match list.as_str() {
                "SandboxState" => SandboxState::WORDS,
                "SandboxDesiredState" => DesiredState::WORDS,
                "SandboxClass" => SandboxClass::WORDS,
                "GpuType" => GpuType::WORDS,
                "WebhookEvent" => EventName::WORDS,
                other => panic!("no list of this crate has the words of {other}"),
            };
            // Webhooks about snapshots and volumes are no events of a sandbox.
            let of_sandboxes = |word: &&String| list != "WebhookEvent" || word.starts_with("sandbox.");
            let unknown: Vec<_> =
                words.iter().filter(of_sandboxes).filter(|word| !known.contains(&word.as_str())).collect();
            assert_eq!(unknown, [""; 0], "{list} of {}", version.version);
        }
    }
}

#[test]
fn every_full_official_record_gives_a_lifecycle() {
    for (what, name, model) in models() {
        let read = match name.as_str() {
            "Sandbox" => ReadLifecycle::try_from(&serde_json::from_value::<SandboxDto>(model.full).unwrap()),
            "SandboxListItem" => {
                ReadLifecycle::try_from(&serde_json::from_value::<SandboxListItem>(model.full).unwrap())
            }
            _ => continue,
        };
        assert_eq!(read.map(|read| read.not_understood), Ok(vec![]), "{what}");
    }
}

/// The file has each version once, in order, and each model before it is gone.
#[test]
fn the_versions_are_complete() {
    let versions = versions();
    let all: Vec<&String> =
        versions.iter().flat_map(|version| [&version.version].into_iter().chain(&version.same)).collect();
    let number = |version: &str| version.split('.').map(|part| part.parse::<u32>().unwrap()).collect::<Vec<_>>();
    assert!(all.is_sorted_by(|one, next| number(one) < number(next)), "{all:?}");
    assert_eq!((all[0].as_str(), all[all.len() - 1].as_str()), ("0.190.0", "0.226.1"));
    let known: BTreeSet<&str> = versions.iter().flat_map(|version| version.models.keys().map(String::as_str)).collect();
    assert_eq!(known, ours().into_keys().collect());
    let gone: Vec<&str> = versions.iter().flat_map(|version| version.gone.iter().map(String::as_str)).collect();
    assert_eq!(gone, ["PaginatedSandboxesDeprecated"]);
}
