//! Reads any bytes as each form in which something comes in, or gets an error, without a panic. What was read survives a
//! write and a second read unchanged.
//!
//! The first byte chooses the form. The others are its text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sandbox_lifecycle::{
    ApiProfile, Changes, Columns, Command, Context, DesiredState, Effect, Input, Lifecycle, Policy, Report, RunnerView,
    Sandbox, SandboxClass, SandboxDto, SandboxState, Step, Timer, Wait,
    chrono::{DateTime, Utc},
    client::{Assessment, Contents, Evidence, Goal, Observation, Usage},
    controller::Question,
    lifecycle::{Column, ColumnKind, ColumnValue, HeldResources, PartialLifecycle},
    record::{
        BackupRef, CommandRequest, CreateSandbox, CreateSandboxSnapshot, DomainAllowList, Dropped, ErrorBody,
        ForkSandbox, Items, Kept, LifecycleView, ListQuery, Message, NetworkAllowList, NumberedSandboxPage,
        OutboxEntry, OutboxKey, RECORD_COLUMNS, ReadLifecycle, RecordEdit, ResizeSandbox, SandboxCreated,
        SandboxLabels, SandboxListItem, SandboxPage, SandboxStateUpdated, Target, Timestamp,
        UpdateSandboxNetworkSettings, UpdateSandboxState,
    },
    rules::{Answer, Call, Cause, Event, Expects, Job, KnownContext, Outcome, Task, Verb},
    runner::{CopyAnswer, End, EpochRefusal, Ledger, Listed},
    vocabulary::{
        AutoArchive, AutoDelete, AutoPause, AutoStop, BackupState, CopyState, Fault, GpuType, Minutes, QueueTimeout,
        Size, SizeChange, Ttl,
    },
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, value::RawValue};
use std::{fmt, str::FromStr};

type Read = fn(&[u8]);

/// Each form in which something comes in.
const FORMS: &[Read] = &[
    // What callers and runners send.
    command_request,
    list_query,
    wire::<CreateSandbox<Kept<Box<RawValue>>>>,
    wire::<ResizeSandbox<Kept<Box<RawValue>>>>,
    wire::<UpdateSandboxState<Kept<Box<RawValue>>>>,
    wire::<CreateSandboxSnapshot<Kept<Box<RawValue>>>>,
    wire::<ForkSandbox<Kept<Box<RawValue>>>>,
    wire::<UpdateSandboxNetworkSettings<Kept<Box<RawValue>>>>,
    wire::<SandboxLabels<Kept<Box<RawValue>>>>,
    changes_of_requests,
    text::<NetworkAllowList>,
    text::<DomainAllowList>,
    // What a server answers and sends.
    wire::<SandboxDto<Kept<Box<RawValue>>>>,
    wire::<SandboxListItem<Kept<Box<RawValue>>>>,
    wire::<SandboxPage>,
    wire::<NumberedSandboxPage>,
    wire::<Items<SandboxDto>>,
    wire::<ErrorBody>,
    wire::<SandboxCreated<Kept<Box<RawValue>>>>,
    wire::<SandboxStateUpdated<Kept<Box<RawValue>>>>,
    wire::<Timestamp>,
    lifecycles_of_records,
    error_bodies,
    // What a host stores: rows, inputs, steps.
    stored::<Lifecycle>,
    stored::<Columns>,
    stored::<Changes>,
    columns_of_a_row,
    stored::<Step>,
    stored::<Expects>,
    stored::<Effect>,
    stored::<Cause>,
    stored::<Event>,
    stored::<Command>,
    stored::<Report>,
    stored::<Timer>,
    stored::<Input>,
    stored::<Context>,
    stored::<KnownContext>,
    stored::<Policy>,
    stored::<Call>,
    stored::<Task>,
    stored::<Job>,
    stored::<Outcome>,
    stored::<Answer>,
    stored::<HeldResources>,
    stored::<OutboxEntry>,
    stored::<OutboxKey>,
    stored::<Target>,
    stored::<Message>,
    stored::<BackupRef>,
    // What a controller and a runner exchange and store.
    stored::<RunnerView>,
    stored::<Question>,
    stored::<Ledger>,
    stored::<Listed>,
    stored::<CopyAnswer>,
    stored::<End>,
    stored::<EpochRefusal>,
    // What a client stores.
    stored::<Evidence>,
    stored::<Observation>,
    stored::<Wait>,
    stored::<Usage>,
    stored::<Contents>,
    stored::<Goal>,
    stored::<Assessment>,
    // Words and numbers.
    text::<SandboxState>,
    text::<DesiredState>,
    text::<SandboxClass>,
    text::<BackupState>,
    text::<CopyState>,
    text::<GpuType>,
    text::<Fault>,
    text::<Verb>,
    stored::<Minutes>,
    stored::<AutoStop>,
    stored::<AutoPause>,
    stored::<AutoArchive>,
    stored::<AutoDelete>,
    stored::<QueueTimeout>,
    stored::<Ttl>,
    stored::<Size>,
    stored::<SizeChange>,
];

fuzz_target!(|bytes: &[u8]| {
    if let Some((form, bytes)) = bytes.split_first() {
        FORMS[usize::from(*form) % FORMS.len()](bytes);
    }
});

/// A form that a host stores: the second read gives the same value.
fn stored<T: Serialize + DeserializeOwned + PartialEq + fmt::Debug>(bytes: &[u8]) {
    if let Ok(read) = serde_json::from_slice::<T>(bytes) {
        let written = serde_json::to_string(&read).expect("it is written");
        let again: T = serde_json::from_str(&written).expect("it is read again");
        assert_eq!(again, read, "{written}");
    }
}

/// A form of the wire: the second write gives the same text.
fn wire<T: Serialize + DeserializeOwned>(bytes: &[u8]) {
    if let Ok(read) = serde_json::from_slice::<T>(bytes) {
        let written = serde_json::to_string(&read).expect("it is written");
        let again: T = serde_json::from_str(&written).expect("it is read again");
        assert_eq!(serde_json::to_string(&again).expect("it is written"), written);
    }
}

/// A text: what is printed is read as the same value.
fn text<T: FromStr + fmt::Display + PartialEq + fmt::Debug>(bytes: &[u8])
where
    T::Err: fmt::Display,
{
    let Ok(text) = str::from_utf8(bytes) else { return };
    match text.parse::<T>() {
        Ok(read) => assert_eq!(read.to_string().parse::<T>().ok(), Some(read)),
        Err(error) => drop(error.to_string()),
    }
}

/// A request: method, path, query and body, each on a line.
fn command_request(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let mut lines = text.splitn(4, '\n');
    let [method, path, query, body] = [(); 4].map(|()| lines.next().unwrap_or_default());
    let mut body = serde_json::Deserializer::from_str(body);
    let request = match CommandRequest::from_http(method, path, query, &mut body) {
        Ok(request) => request,
        Err(error) => return drop(error.to_string()),
    };
    for profile in [ApiProfile::V0_190, ApiProfile::V0_226] {
        let Ok(http) = request.http(profile) else { continue };
        let body = http.body.as_ref().map(|body| serde_json::to_string(body).expect("it is written"));
        let mut body = serde_json::Deserializer::from_str(body.as_deref().unwrap_or_default());
        let again = CommandRequest::from_http(&http.method.to_string(), &http.path, &http.query, &mut body);
        assert_eq!(again.ok().as_ref(), Some(&request), "{http}");
    }
}

fn list_query(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let Ok(query) = ListQuery::from_query(text) else { return };
    let http = query.http(ApiProfile::V0_226).expect("it has every filter");
    assert_eq!(ListQuery::from_query(&http.query).as_ref(), Ok(&query), "{http}");
}

/// The body of a request as the command, the report or the edit that it asks for.
fn changes_of_requests(bytes: &[u8]) {
    if let Ok(request) = serde_json::from_slice::<ResizeSandbox>(bytes) {
        drop(Command::try_from(&request));
    }
    if let Ok(request) = serde_json::from_slice::<UpdateSandboxState>(bytes) {
        drop(Report::try_from(&request));
    }
    if let Ok(request) = serde_json::from_slice::<UpdateSandboxNetworkSettings>(bytes) {
        drop(RecordEdit::try_from(&request));
    }
}

/// A record as a row: whole, as far as it is understood, and as every row that may stand behind it.
fn lifecycles_of_records(bytes: &[u8]) {
    let Ok(view) = serde_json::from_slice::<LifecycleView>(bytes) else { return };
    let whole = Lifecycle::try_from(&view);
    if let Ok(read) = ReadLifecycle::try_from(&view) {
        assert_eq!(whole.is_ok(), read.not_understood.is_empty());
    }
    drop(PartialLifecycle::try_from(&view));
}

fn error_bodies(bytes: &[u8]) {
    let Some((status, bytes)) = bytes.split_first_chunk::<2>() else { return };
    if let Ok(body) = serde_json::from_slice::<ErrorBody>(bytes) {
        drop(body.text());
        drop(body.advice(u16::from_le_bytes(*status)).map(|advice| advice.to_string()));
    }
}

/// The columns of a row by name and by order, each of any kind.
fn columns_of_a_row(bytes: &[u8]) {
    let Ok(Value::Object(values)) = serde_json::from_slice::<Value>(bytes) else { return };
    let fields = r#"{"id":"s1","organizationId":"o1","name":"n","user":"daytona","env":{},"labels":{},"public":false,
        "networkBlockAll":false,"target":"eu","cpu":1,"gpu":0,"memory":1,"disk":3,"toolboxProxyUrl":"u"}"#;
    let record: SandboxDto<Dropped> = serde_json::from_str(fields).expect("a record");
    let value = |column: Option<&Column>, value: &'_ Value| match value {
        Value::Null | Value::Array(_) | Value::Object(_) => ColumnValue::Null,
        Value::Bool(yes) => ColumnValue::Boolean(*yes),
        Value::Number(number) => ColumnValue::Integer(number.as_i64().unwrap_or(i64::MAX)),
        Value::String(text) => match (column.map(|column| column.kind), text.parse()) {
            (Some(ColumnKind::Timestamp), Ok(time)) => ColumnValue::Timestamp(time),
            (_, _) => ColumnValue::Null,
        },
    };
    let column = |name: &str| Column::ALL.iter().chain(RECORD_COLUMNS).find(|column| column.name == name);
    let named: Vec<(&str, ColumnValue<'_>)> = values
        .iter()
        .map(|(name, given)| match given {
            Value::String(text) if text.parse::<DateTime<Utc>>().is_err() => (name.as_str(), ColumnValue::Text(text)),
            given => (name.as_str(), value(column(name), given)),
        })
        .collect();
    if let Ok(sandbox) = Sandbox::from_columns(record.clone(), named.iter().copied()) {
        let columns: Vec<(&str, ColumnValue<'_>)> =
            sandbox.columns().map(|(column, value)| (column.name, value)).collect();
        let again = Sandbox::from_columns(record.clone(), columns.iter().copied()).expect("its own columns");
        assert_eq!(again.lifecycle(), sandbox.lifecycle());
        let ordered =
            Sandbox::from_values(record.clone(), columns.iter().map(|(_, value)| *value)).expect("its own values");
        assert_eq!(ordered.lifecycle(), sandbox.lifecycle());
    }
    drop(Sandbox::from_values(record, named.iter().map(|(_, value)| *value)));
}
