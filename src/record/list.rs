//! Lists of sandboxes: the item, which is a smaller record, and the two forms of a page.

use super::{Dropped, Extras, Maybe, Number, SandboxDto, TextMap, Timestamp, object::object};
use crate::vocabulary::{BackupState, DesiredState, GpuType, Open, SandboxClass, SandboxState, names};
use alloc::{string::String, vec::Vec};

object! {
    /// A sandbox in a list. What it holds of the lifecycle is what a whole record holds.
    pub struct SandboxListItem is "a sandbox of a list" {
        /// The sandbox's identity.
        id: String,
        /// The organization it belongs to.
        organization_id: String,
        /// Its name.
        name: String,
        /// The region it runs in.
        target: String,
        /// The runner that has it.
        runner_id: Maybe<String>,
        /// What kind of machine it is.
        sandbox_class: Maybe<Open<SandboxClass>>,
        /// The reported state.
        state: Maybe<Open<SandboxState>>,
        /// Where it is meant to go.
        desired_state: Maybe<Open<DesiredState>>,
        /// The snapshot it was made from.
        snapshot: Maybe<String>,
        /// The user that its processes run as.
        user: String,
        /// What went wrong, in words.
        error_reason: Maybe<String>,
        /// The recover command is open to it.
        recoverable: Maybe<bool>,
        /// Its HTTP preview is open to everyone.
        public: bool,
        /// No traffic leaves it.
        network_block_all: bool,
        /// The networks it may reach.
        network_allow_list: Maybe<String>,
        /// The domains it may reach.
        domain_allow_list: Maybe<String>,
        /// CPU cores.
        cpu: Number,
        /// How many GPUs.
        gpu: Number,
        /// It may be evicted at any time.
        spot: Maybe<bool>,
        /// When it was marked to be evicted.
        spot_evicted_at: Maybe<Timestamp>,
        /// When it was cancelled, having waited too long for a runner.
        queue_timed_out_at: Maybe<Timestamp>,
        /// The GPU model.
        gpu_type: Maybe<Open<GpuType>>,
        /// Memory in GB.
        memory: Number,
        /// Disk in GB.
        disk: Number,
        /// Labels.
        labels: TextMap,
        /// How far its backup is.
        backup_state: Maybe<Open<BackupState>>,
        /// Minutes of rest before it is stopped.
        auto_stop_interval: Maybe<Number>,
        /// Minutes of rest before it is paused.
        auto_pause_interval: Maybe<Number>,
        /// Minutes after which it is archived when stopped.
        auto_archive_interval: Maybe<Number>,
        /// Minutes after which it is deleted when stopped.
        auto_delete_interval: Maybe<Number>,
        /// When its time to live ends.
        auto_destroy_at: Maybe<Timestamp>,
        /// Minutes it may wait for a runner.
        queue_timeout: Maybe<Number>,
        /// When it was made.
        created_at: Maybe<Timestamp>,
        /// When its record was last written.
        updated_at: Maybe<Timestamp>,
        /// When it was last used or changed its state.
        last_activity_at: Maybe<Timestamp>,
        /// The version of the daemon inside it.
        daemon_version: Maybe<String>,
        /// The warm pool it waits in.
        warm_pool_id: Maybe<String>,
        /// Where its toolbox is reached.
        toolbox_proxy_url: Maybe<String>,
    }
}

object! {
    /// A page of a list, with a cursor to the next.
    ///
    /// One record with a word newer than this crate does not cost the others: the page is read whole.
    pub struct SandboxPage is "a page of sandboxes" {
        /// The sandboxes of this page.
        items: Vec<SandboxListItem<X>>,
        /// The cursor of the next page; null on the last.
        next_cursor: Maybe<String>,
    }
}

object! {
    /// A page of the older list, which counts its pages and holds whole records.
    pub struct NumberedSandboxPage is "a numbered page of sandboxes" {
        /// The sandboxes of this page.
        items: Vec<SandboxDto<X>>,
        /// How many sandboxes there are on all pages.
        total: Number,
        /// Which page this is, from 1.
        page: Number,
        /// How many pages there are.
        total_pages: Number,
    }
}

impl<X: Extras> From<&SandboxDto<X>> for SandboxListItem<X> {
    /// The item of a record; fields that only the record has are left out, and so are unknown ones.
    fn from(record: &SandboxDto<X>) -> Self {
        Self {
            id: record.id.clone(),
            organization_id: record.organization_id.clone(),
            name: record.name.clone(),
            target: record.target.clone(),
            runner_id: record.runner_id.clone(),
            sandbox_class: record.sandbox_class.clone(),
            state: record.state.clone(),
            desired_state: record.desired_state.clone(),
            snapshot: record.snapshot.clone(),
            user: record.user.clone(),
            error_reason: record.error_reason.clone(),
            recoverable: record.recoverable,
            public: record.public,
            network_block_all: record.network_block_all,
            network_allow_list: record.network_allow_list.clone(),
            domain_allow_list: record.domain_allow_list.clone(),
            cpu: record.cpu,
            gpu: record.gpu,
            spot: record.spot,
            spot_evicted_at: record.spot_evicted_at.clone(),
            queue_timed_out_at: record.queue_timed_out_at.clone(),
            gpu_type: record.gpu_type.clone(),
            memory: record.memory,
            disk: record.disk,
            labels: record.labels.clone(),
            backup_state: record.backup_state.clone(),
            auto_stop_interval: record.auto_stop_interval,
            auto_pause_interval: record.auto_pause_interval,
            auto_archive_interval: record.auto_archive_interval,
            auto_delete_interval: record.auto_delete_interval,
            auto_destroy_at: record.auto_destroy_at.clone(),
            queue_timeout: record.queue_timeout,
            created_at: record.created_at.clone(),
            updated_at: record.updated_at.clone(),
            last_activity_at: record.last_activity_at.clone(),
            daemon_version: record.daemon_version.clone(),
            warm_pool_id: record.warm_pool_id.clone(),
            toolbox_proxy_url: record.toolbox_proxy_url.clone(),
            extras: X::default(),
        }
    }
}
