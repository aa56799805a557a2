//! Measures the reading of a thousand API records of about 1.2 kB: with our types, with a hand-typed struct and without types.
//!
//! The hand-typed struct is what a client would write for the same fields: `derive(Deserialize)`, `Option` for fields that
//! may be missing, chrono's times, closed enums. An unknown word makes the whole list an error there; our types keep the word.
//! All run in one process, one after the other; each line is the time of a thousand records.

use chrono::{DateTime, Utc};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sandbox_lifecycle::{
    DesiredState, Lifecycle, SandboxClass, SandboxDto, SandboxState,
    record::{Kept, LifecycleView},
    vocabulary::BackupState,
};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use std::{collections::BTreeMap, hint::black_box, time::Instant};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code)]
struct HandTyped {
    id: String,
    organization_id: String,
    name: String,
    snapshot: Option<String>,
    user: String,
    env: BTreeMap<String, String>,
    labels: BTreeMap<String, String>,
    public: bool,
    network_block_all: bool,
    kvm: Option<bool>,
    network_allow_list: Option<String>,
    domain_allow_list: Option<String>,
    outbound_proxy_url: Option<String>,
    otel_endpoint_override: Option<String>,
    target: String,
    cpu: f64,
    gpu: f64,
    spot: Option<bool>,
    spot_evicted_at: Option<DateTime<Utc>>,
    queue_timed_out_at: Option<DateTime<Utc>>,
    gpu_type: Option<String>,
    memory: f64,
    disk: f64,
    state: Option<SandboxState>,
    desired_state: Option<DesiredState>,
    error_reason: Option<String>,
    recoverable: Option<bool>,
    warm_pool_id: Option<String>,
    backup_state: Option<BackupState>,
    backup_created_at: Option<DateTime<Utc>>,
    auto_stop_interval: Option<f64>,
    auto_pause_interval: Option<f64>,
    auto_archive_interval: Option<f64>,
    auto_delete_interval: Option<f64>,
    auto_destroy_at: Option<DateTime<Utc>>,
    queue_timeout: Option<i64>,
    volumes: Option<Vec<HandTypedVolume>>,
    build_info: Option<HandTypedBuild>,
    created_at: Option<DateTime<Utc>>,
    updated_at: Option<DateTime<Utc>>,
    last_activity_at: Option<DateTime<Utc>>,
    sandbox_class: Option<SandboxClass>,
    daemon_version: Option<String>,
    runner_id: Option<String>,
    linked_sandbox_id: Option<String>,
    toolbox_proxy_url: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code)]
struct HandTypedVolume {
    volume_id: String,
    mount_path: String,
    subpath: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code)]
struct HandTypedBuild {
    dockerfile_content: Option<String>,
    context_hashes: Option<Vec<String>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    snapshot_ref: String,
}

/// Returns the record of a running sandbox as a 0.226 server answers it, in the published order; written by hand from the
/// field list.
fn record(n: usize) -> String {
    let text = format!(
        r#"{{"id":"7c1f6a52-0000-4000-8000-{n:012}","organizationId":"3b0a9d3e-7f0c-4c57-9a52-0f3f4f1f2b11",
"name":"worker-{n}","snapshot":"ubuntu-4vcpu-8ram-100gb","user":"daytona",
"env":{{"NODE_ENV":"development","PORT":"8080","LOG_LEVEL":"info"}},
"labels":{{"project":"my-app","environment":"dev","owner":"search-team"}},
"public":false,"networkBlockAll":false,"kvm":false,"networkAllowList":"10.0.0.0/8,192.168.0.0/16",
"target":"us-east-1","cpu":4,"gpu":0,"spot":false,"memory":8,"disk":100,"state":"started","desiredState":"started",
"recoverable":false,"backupState":"None","backupCreatedAt":"2024-10-01T13:00:00.000Z","autoStopInterval":60,
"autoPauseInterval":0,"autoArchiveInterval":10080,"autoDeleteInterval":-1,
"autoDestroyAt":"2024-10-08T12:00:00.000Z",
"volumes":[{{"volumeId":"vol-{n}","mountPath":"/home/daytona/data","subpath":"team/{n}"}}],
"createdAt":"2024-10-01T12:00:00.000Z","updatedAt":"2024-10-01T16:45:00.000Z",
"lastActivityAt":"2024-10-01T16:44:12.345Z","sandboxClass":"container","daemonVersion":"0.126.0",
"runnerId":"0d9c2f6e-5a1b-4f8e-8a55-3f1f5f0a7c21","toolboxProxyUrl":"https://proxy.app.example.com/toolbox"}}"#
    );
    text.replace('\n', "")
}

/// Prints nanoseconds a record and the ratios. Each round times every reader once, so that a busy moment affects all of them.
fn ratios(records: &[String]) {
    fn pass<T: serde::de::DeserializeOwned>(records: &[String]) -> u128 {
        let start = Instant::now();
        for record in records {
            black_box(serde_json::from_str::<T>(black_box(record)).unwrap());
        }
        start.elapsed().as_nanos()
    }
    type Pass = fn(&[String]) -> u128;
    let readers: [(&str, Pass); 6] = [
        ("hand-typed", pass::<HandTyped>),
        ("ours", pass::<SandboxDto>),
        ("ours, unknown fields kept", pass::<SandboxDto<Kept<Box<RawValue>>>>),
        ("ours, lifecycle only", pass::<LifecycleView>),
        ("serde_json::Value", pass::<Value>),
        ("skipped", pass::<serde::de::IgnoredAny>),
    ];
    let mut rounds = vec![Vec::new(); readers.len()];
    for _ in 0..200 {
        for (times, (_, pass)) in rounds.iter_mut().zip(readers) {
            times.push(pass(records));
        }
    }
    let medians: Vec<f64> = rounds
        .iter_mut()
        .map(|times| {
            times.sort_unstable();
            times[times.len() / 2] as f64 / records.len() as f64
        })
        .collect();
    for (median, (name, _)) in medians.iter().zip(readers) {
        eprintln!("{name:<26} {median:>7.0} ns a record, {:.2} of hand-typed", median / medians[0]);
    }
}

fn benches(criterion: &mut Criterion) {
    let records: Vec<String> = (0..1000).map(record).collect();
    let bytes: usize = records.iter().map(String::len).sum();
    eprintln!("{} bytes a record", bytes / records.len());
    ratios(&records);
    assert_eq!(serde_json::from_str::<Value>(&records[0]).unwrap()["gpu"], json!(0));
    let mut group = criterion.benchmark_group("json/1000-records");
    group.throughput(Throughput::Elements(1000));
    macro_rules! reads {
        ($($name:literal: $type:ty,)+) => {$(
            group.bench_function($name, |bencher| {
                bencher.iter(|| {
                    for record in &records {
                        black_box(serde_json::from_str::<$type>(black_box(record)).unwrap());
                    }
                });
            });
        )+};
    }
    reads! {
        "hand-typed": HandTyped,
        "ours": SandboxDto,
        "ours-lifecycle-only": LifecycleView,
        "ours-unknown-kept": SandboxDto<Kept<Box<RawValue>>>,
        "serde_json-value": Value,
        "skipped": serde::de::IgnoredAny,
    }
    group.bench_function("ours-lifecycle-decided-on", |bencher| {
        bencher.iter(|| {
            for record in &records {
                let view: LifecycleView = serde_json::from_str(black_box(record)).unwrap();
                black_box(Lifecycle::try_from(&view).unwrap());
            }
        });
    });
    group.bench_function("ours-written", |bencher| {
        let read: Vec<SandboxDto> = records.iter().map(|record| serde_json::from_str(record).unwrap()).collect();
        bencher.iter(|| {
            for record in &read {
                black_box(serde_json::to_string(black_box(record)).unwrap());
            }
        });
    });
    group.finish();
}

criterion_group! {
    name = json;
    config = Criterion::default().sample_size(30);
    targets = benches
}
criterion_main!(json);
