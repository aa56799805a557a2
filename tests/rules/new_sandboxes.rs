//! New sandboxes: the first row, refused requests, and the API record.

use crate::time::minutes;
use chrono::{DateTime, Duration, Utc};
use sandbox_lifecycle::{
    DesiredState, Lifecycle, NewSandbox, Policy, Sandbox, SandboxClass, SandboxState,
    decide::{CreateError, Link, Origin},
    record::{CreateSandbox, ErrorBody, Owner, ServerChoices},
    vocabulary::{AutoArchive, AutoDelete, AutoPause, AutoStop, GpuType, Minutes, Ttl},
};
use serde_json::{Value, json};

const NOW: &str = "2024-10-01T12:00:00Z";

fn now() -> DateTime<Utc> {
    NOW.parse().unwrap()
}

fn created(asked: NewSandbox) -> Lifecycle {
    let row = Lifecycle::create(&asked, &Policy::default(), now()).unwrap();
    assert!(row.violations().is_empty(), "{row:?}");
    row
}

fn refused(asked: NewSandbox) -> String {
    Lifecycle::create(&asked, &Policy::default(), now()).unwrap_err().to_string()
}

#[test]
fn a_new_sandbox_waits_for_its_runner_to_make_it() {
    for (origin, state, reported, has_runner) in [
        (Origin::OnRunner, SandboxState::Unknown, SandboxState::Creating, true),
        (Origin::ToBuild, SandboxState::PendingBuild, SandboxState::PendingBuild, false),
        (Origin::ToPull, SandboxState::PullingSnapshot, SandboxState::PullingSnapshot, false),
    ] {
        let row = created(NewSandbox { origin, ..NewSandbox::default() });
        assert_eq!((row.state(), row.reported_state(), row.has_runner()), (state, reported, has_runner));
        assert_eq!((row.desired_state(), row.pending(), row.epoch()), (DesiredState::Started, true, 1));
        assert_eq!((row.created_at(), row.last_activity_at(), row.state_since()), (now(), now(), now()));
    }
}

#[test]
fn intervals_that_are_not_given_take_their_defaults() {
    let row = created(NewSandbox::default());
    assert_eq!(row.auto_stop(), AutoStop::After(minutes(15)));
    assert_eq!(row.auto_pause(), AutoPause::Never);
    assert_eq!(row.auto_archive(), AutoArchive::After(minutes(10_080)));
    assert_eq!(row.auto_delete(), AutoDelete::NEVER);
    assert_eq!((row.auto_destroy_at(), row.queue_timeout()), (None, None));
}

#[test]
fn an_idle_vm_is_paused_by_default_instead_of_stopped() {
    let (fifteen, sixty) = (AutoStop::After(minutes(15)), AutoPause::After(minutes(60)));
    let vm = NewSandbox { class: SandboxClass::LinuxVm, ..NewSandbox::default() };
    for (asked, expected) in [
        (vm, (AutoStop::Never, sixty)),
        (NewSandbox { class: SandboxClass::Windows, ..vm }, (AutoStop::Never, sixty)),
        (NewSandbox { auto_delete: Some(AutoDelete::AtOnce), ..vm }, (fifteen, AutoPause::Never)),
        (NewSandbox { auto_stop: Some(AutoStop::Never), ..vm }, (AutoStop::Never, AutoPause::Never)),
        (NewSandbox { auto_stop: Some(fifteen), ..vm }, (fifteen, AutoPause::Never)),
        (NewSandbox { auto_pause: Some(AutoPause::Never), ..vm }, (fifteen, AutoPause::Never)),
        (NewSandbox { auto_pause: Some(sixty), ..vm }, (AutoStop::Never, sixty)),
        (NewSandbox { auto_pause: Some(sixty), auto_stop: Some(AutoStop::Never), ..vm }, (AutoStop::Never, sixty)),
    ] {
        let row = created(asked);
        assert_eq!((row.auto_stop(), row.auto_pause()), expected, "{asked:?}");
    }
}

#[test]
fn an_archive_interval_of_zero_or_above_the_maximum_becomes_the_maximum() {
    for asked in [AutoArchive::AtOnce, AutoArchive::After(minutes(43_201))] {
        let row = created(NewSandbox { auto_archive: Some(asked), ..NewSandbox::default() });
        assert_eq!(row.auto_archive(), AutoArchive::After(minutes(43_200)));
    }
}

#[test]
fn the_default_auto_archive_does_not_exceed_the_maximum_of_the_policy() {
    let mut policy = Policy::default();
    policy.max_auto_archive = minutes(60);
    let row = Lifecycle::create(&NewSandbox::default(), &policy, now()).unwrap();
    assert_eq!(row.auto_archive(), AutoArchive::After(minutes(60)));
}

#[test]
fn a_time_to_live_counts_from_now() {
    let row = created(NewSandbox { ttl: Ttl::After(minutes(90)), ..NewSandbox::default() });
    assert_eq!(row.auto_destroy_at(), Some("2024-10-01T13:30:00Z".parse().unwrap()));
    let asked = NewSandbox { ttl: Ttl::After(Minutes::MAX), ..NewSandbox::default() };
    for last in [now(), DateTime::<Utc>::MAX_UTC - Duration::minutes(1)] {
        let row = Lifecycle::create(&asked, &Policy::default(), last).unwrap();
        assert!(row.auto_destroy_at().is_some());
    }
}

#[test]
fn an_invalid_request_is_refused_with_field_value_and_allowed_values() {
    let ephemeral = Some(AutoDelete::AtOnce);
    let sixty = Some(AutoPause::After(minutes(60)));
    let link = Some(Link { owner_is_linked: false });
    let base = NewSandbox::default();
    let vm = NewSandbox { class: SandboxClass::LinuxVm, ..base };
    for (asked, expected) in [
        (NewSandbox { gpu: 1, ..base }, "autoDeleteInterval is absent, expected 0: a GPU sandbox is ephemeral"),
        (
            NewSandbox { link, auto_delete: Some(AutoDelete::NEVER), ..base },
            "autoDeleteInterval is -1 minutes, expected 0: a linked sandbox is ephemeral",
        ),
        (
            NewSandbox { auto_pause: sixty, auto_stop: Some(AutoStop::After(minutes(15))), ..vm },
            "autoPauseInterval is 60 minutes, expected 0: at most one of auto-stop and auto-pause is set",
        ),
        (
            NewSandbox { auto_pause: sixty, auto_delete: ephemeral, ..vm },
            "autoPauseInterval is 60 minutes, expected 0: an ephemeral sandbox is never paused",
        ),
        (
            NewSandbox { auto_pause: sixty, ..base },
            "autoPauseInterval is 60 minutes, expected 0: only a VM can be paused",
        ),
        (NewSandbox { spot: true, ..base }, "spot is true, expected false: only a GPU sandbox can be evicted"),
        (
            NewSandbox { kvm: true, class: SandboxClass::Windows, ..base },
            "kvm is true, expected false: class windows has no KVM",
        ),
        (
            NewSandbox { origin: Origin::ToBuild, ..vm },
            "buildInfo is given for class linux-vm, expected none: images are built for containers",
        ),
        (
            NewSandbox { class: SandboxClass::Android, auto_delete: ephemeral, ..base },
            "linkedSandbox is absent, expected a sandbox to link an android to",
        ),
        (
            NewSandbox { link, gpu: 1, auto_delete: ephemeral, ..base },
            "linkedSandbox is given, expected none: a GPU sandbox cannot be linked",
        ),
        (
            NewSandbox { link: Some(Link { owner_is_linked: true }), auto_delete: ephemeral, ..base },
            "linkedSandbox is a linked sandbox, expected a sandbox that is not itself linked",
        ),
    ] {
        assert_eq!(refused(asked), expected);
    }
}

#[test]
fn one_error_names_every_invalid_field() {
    let asked =
        NewSandbox { kvm: true, spot: true, link: Some(Link { owner_is_linked: false }), ..NewSandbox::default() };
    assert_eq!(
        refused(asked),
        "kvm is true, expected false: class container has no KVM; \
         spot is true, expected false: only a GPU sandbox can be evicted; \
         autoDeleteInterval is absent, expected 0: a linked sandbox is ephemeral"
    );
}

#[test]
fn gpu_android_and_linked_sandboxes_are_created_where_they_are_allowed() {
    let ephemeral = NewSandbox { auto_delete: Some(AutoDelete::AtOnce), ..NewSandbox::default() };
    let link = Some(Link { owner_is_linked: false });
    let gpu = created(NewSandbox { gpu: 8, gpu_type: Some(GpuType::H100), spot: true, ..ephemeral });
    assert_eq!((gpu.gpu(), gpu.gpu_type(), gpu.is_ephemeral()), (8, Some(GpuType::H100), true));
    assert!(created(NewSandbox { class: SandboxClass::Android, link, ..ephemeral }).is_ephemeral());
    created(NewSandbox { class: SandboxClass::LinuxVm, kvm: true, ..NewSandbox::default() });
}

fn settled() -> ServerChoices {
    let toolbox = "https://proxy.example.com/toolbox";
    ServerChoices {
        runner_id: Some("r1".into()),
        ..ServerChoices::new("s1", "o1", "eu", SandboxClass::Container, toolbox)
    }
}

fn asked(request: Value, settled: ServerChoices) -> Result<Value, CreateError> {
    let request: CreateSandbox = serde_json::from_value(request).unwrap();
    let made = Sandbox::create(request, settled, &Policy::default(), now());
    made.map(|sandbox| serde_json::to_value(sandbox.dto()).unwrap())
}

#[test]
fn an_empty_request_creates_a_record_with_every_required_field() {
    assert_eq!(
        asked(json!({}), settled()).unwrap(),
        json!({
            "id": "s1", "organizationId": "o1", "name": "s1", "user": "daytona", "env": {}, "labels": {},
            "public": false, "networkBlockAll": false, "kvm": false, "target": "eu", "cpu": 2, "gpu": 0,
            "spot": false, "memory": 4, "disk": 10, "state": "creating", "desiredState": "started",
            "recoverable": false, "backupState": "None", "autoStopInterval": 15, "autoPauseInterval": 0,
            "autoArchiveInterval": 10080, "autoDeleteInterval": -1, "volumes": [], "createdAt": NOW,
            "updatedAt": NOW, "lastActivityAt": NOW, "sandboxClass": "container", "runnerId": "r1",
            "toolboxProxyUrl": "https://proxy.example.com/toolbox",
        })
    );
}

#[test]
fn a_full_request_creates_a_record_with_every_requested_field() {
    let request = json!({
        "name": "mine", "snapshot": "win", "user": "me", "env": {"A": "1"}, "labels": {"team": "x"}, "public": true,
        "networkBlockAll": true, "kvm": false, "networkAllowList": "10.0.0.0/8", "domainAllowList": "*.example.com",
        "outboundProxyUrl": "http://proxy", "otelEndpointOverride": "http://otel", "target": "us", "cpu": 4.0,
        "gpu": 1, "gpuType": ["H200", "H100"], "spot": true, "memory": 8, "disk": 20, "autoStopInterval": 30,
        "autoArchiveInterval": 0, "autoDeleteInterval": 0, "ttlMinutes": 60, "queueTimeout": 5,
        "volumes": [{"volumeId": "v", "mountPath": "/data", "subpath": "a"}],
        "buildInfo": {"dockerfileContent": "FROM x", "contextHashes": ["h"]}, "secrets": [{"KEY": "vault"}],
    });
    let settled = ServerChoices {
        runner_id: None,
        gpu_type: Some(GpuType::H100),
        snapshot_ref: Some("built:1".into()),
        ..settled()
    };
    assert_eq!(
        asked(request, settled).unwrap(),
        json!({
            "id": "s1", "organizationId": "o1", "name": "mine", "snapshot": "win", "user": "me", "env": {"A": "1"},
            "labels": {"team": "x"}, "public": true, "networkBlockAll": true, "kvm": false,
            "networkAllowList": "10.0.0.0/8", "domainAllowList": "*.example.com", "outboundProxyUrl": "http://proxy",
            "otelEndpointOverride": "http://otel", "target": "us", "cpu": 4, "gpu": 1, "spot": true,
            "gpuType": "H100", "memory": 8, "disk": 20, "state": "pending_build", "desiredState": "started",
            "recoverable": false, "backupState": "None", "autoStopInterval": 30, "autoPauseInterval": 0,
            "autoArchiveInterval": 43200, "autoDeleteInterval": 0, "autoDestroyAt": "2024-10-01T13:00:00Z",
            "queueTimeout": 5, "volumes": [{"volumeId": "v", "mountPath": "/data", "subpath": "a"}],
            "buildInfo": {
                "dockerfileContent": "FROM x", "contextHashes": ["h"], "createdAt": NOW, "updatedAt": NOW,
                "snapshotRef": "built:1",
            },
            "createdAt": NOW, "updatedAt": NOW, "lastActivityAt": NOW, "sandboxClass": "container",
            "toolboxProxyUrl": "https://proxy.example.com/toolbox",
        })
    );
}

#[test]
fn the_record_of_a_linked_sandbox_names_its_owner() {
    let link = Some(Owner { id: "owner".into(), is_linked: false });
    let record =
        asked(json!({"linkedSandbox": "o", "autoDeleteInterval": 0}), ServerChoices { link, ..settled() }).unwrap();
    assert_eq!(record["linkedSandboxId"], json!("owner"));
}

#[test]
fn an_error_body_names_every_invalid_field_of_a_request() {
    let request = json!({
        "networkAllowList": "10.0.0.0", "cpu": 0, "gpu": -1, "spot": true, "autoStopInterval": -5,
        "autoPauseInterval": 5, "ttlMinutes": -1, "queueTimeout": 0,
    });
    let error = asked(request, settled()).unwrap_err();
    assert_eq!(error.http_status(), 400);
    let body = serde_json::to_value(ErrorBody::from(&error)).unwrap();
    assert_eq!(
        body,
        json!({"statusCode": 400, "message": ([
            "networkAllowList is \"10.0.0.0\", expected CIDRs separated by commas, such as 10.0.0.0/8",
            "cpu is 0, expected a whole number from 1 to 4294967295",
            "gpu is -1, expected a whole number from 0 to 255",
            "autoStopInterval is -5 minutes, expected 0 (never) or up to 2147483647",
            "ttlMinutes is -1 minutes, expected 0 (none) or up to 2147483647",
            "queueTimeout is 0 minutes, expected 1 to 2147483647",
            "spot is true, expected false: only a GPU sandbox can be evicted",
            "autoPauseInterval is 5 minutes, expected 0: only a VM can be paused",
        ].join("; ")), "error": "Bad Request"})
    );
}

#[test]
fn a_suspended_organization_cannot_create_a_sandbox() {
    let settled = ServerChoices { organization_suspended: true, ..settled() };
    let request: CreateSandbox = serde_json::from_str("{}").unwrap();
    let error = Sandbox::create(request, settled, &Policy::default(), now()).unwrap_err();
    assert_eq!(
        serde_json::to_value(ErrorBody::from(&error)).unwrap(),
        json!({
            "statusCode": 403, "message": "cannot create a sandbox: the organization is suspended",
            "error": "Forbidden", "code": "suspended",
        })
    );
}
