//! Every field name of the published API, once. The structs of this module look their names up here.
#![allow(non_upper_case_globals, reason = "a name is looked up by the Rust field that carries it")]

use crate::vocabulary::{AutoArchive, AutoDelete, AutoPause, AutoStop, QueueTimeout};

macro_rules! names {
    ($($field:ident = $name:expr,)+) => {
        $(pub(crate) const $field: &str = $name;)+
    };
}

names! {
    id = "id",
    organization_id = "organizationId",
    name = "name",
    snapshot = "snapshot",
    user = "user",
    env = "env",
    labels = "labels",
    public = "public",
    network_block_all = "networkBlockAll",
    kvm = "kvm",
    network_allow_list = "networkAllowList",
    domain_allow_list = "domainAllowList",
    outbound_proxy_url = "outboundProxyUrl",
    otel_endpoint_override = "otelEndpointOverride",
    target = "target",
    cpu = "cpu",
    gpu = "gpu",
    spot = "spot",
    spot_evicted_at = "spotEvictedAt",
    queue_timed_out_at = "queueTimedOutAt",
    gpu_type = "gpuType",
    memory = "memory",
    disk = "disk",
    state = "state",
    desired_state = "desiredState",
    error_reason = "errorReason",
    recoverable = "recoverable",
    warm_pool_id = "warmPoolId",
    backup_state = "backupState",
    backup_created_at = "backupCreatedAt",
    auto_stop_interval = AutoStop::FIELD,
    auto_pause_interval = AutoPause::FIELD,
    auto_archive_interval = AutoArchive::FIELD,
    auto_delete_interval = AutoDelete::FIELD,
    auto_destroy_at = "autoDestroyAt",
    queue_timeout = QueueTimeout::FIELD,
    volumes = "volumes",
    volume_id = "volumeId",
    mount_path = "mountPath",
    subpath = "subpath",
    build_info = "buildInfo",
    dockerfile_content = "dockerfileContent",
    context_hashes = "contextHashes",
    snapshot_ref = "snapshotRef",
    created_at = "createdAt",
    updated_at = "updatedAt",
    last_activity_at = "lastActivityAt",
    sandbox_class = "sandboxClass",
    daemon_version = "daemonVersion",
    runner_id = "runnerId",
    linked_sandbox_id = "linkedSandboxId",
    toolbox_proxy_url = "toolboxProxyUrl",
}
