//! Lists of sandboxes: the item, which is a smaller record, and the two kinds of pages.

use super::{dto::SandboxDto, items::Items};
use crate::record::form::{Dropped, Maybe, Number, TextMap, Timestamp, constructors, object};
use crate::vocabulary::{BackupState, DesiredState, GpuType, Open, SandboxClass, SandboxState};
use alloc::{string::String, vec::Vec};

object! {
    /// A sandbox in a list. It has every field of the lifecycle that a whole record has; build one from a record.
    pub struct SandboxListItem is "a sandbox in a list" from SandboxDto {
        /// The identifier.
        id: String,
        /// The organization.
        organization_id: String,
        /// The name.
        name: String,
        /// The region.
        target: String,
        /// The runner that the sandbox is assigned to.
        runner_id: Maybe<String>,
        /// The class.
        sandbox_class: Maybe<Open<SandboxClass>>,
        /// The reported state.
        state: Maybe<Open<SandboxState>>,
        /// The desired state.
        desired_state: Maybe<Open<DesiredState>>,
        /// The snapshot that the sandbox was created from.
        snapshot: Maybe<String>,
        /// The user of the sandbox's processes.
        user: String,
        /// The error reason.
        error_reason: Maybe<String>,
        /// Whether the recover command is accepted.
        recoverable: Maybe<bool>,
        /// Whether the HTTP preview is public.
        public: bool,
        /// Whether all outgoing traffic is blocked. From 0.204, whose clients demand it.
        network_block_all: Maybe<bool>,
        /// The networks that the sandbox may reach.
        network_allow_list: Maybe<String>,
        /// The domains that the sandbox may reach.
        domain_allow_list: Maybe<String>,
        /// CPU cores.
        cpu: Number,
        /// The number of GPUs.
        gpu: Number,
        /// Whether the sandbox may be evicted at any time.
        spot: Maybe<bool>,
        /// When the sandbox was marked for eviction.
        spot_evicted_at: Maybe<Timestamp>,
        /// When the sandbox was cancelled because it waited too long for a runner.
        queue_timed_out_at: Maybe<Timestamp>,
        /// The GPU model.
        gpu_type: Maybe<Open<GpuType>>,
        /// Memory in GB.
        memory: Number,
        /// Disk in GB.
        disk: Number,
        /// Labels.
        labels: TextMap,
        /// The backup state.
        backup_state: Maybe<Open<BackupState>>,
        /// Idle minutes before the sandbox is stopped.
        auto_stop_interval: Maybe<Number>,
        /// Idle minutes before the sandbox is paused.
        auto_pause_interval: Maybe<Number>,
        /// Idle minutes before a stopped sandbox is archived.
        auto_archive_interval: Maybe<Number>,
        /// Idle minutes before a stopped sandbox is deleted.
        auto_delete_interval: Maybe<Number>,
        /// When the time to live ends.
        auto_destroy_at: Maybe<Timestamp>,
        /// Minutes that the sandbox may wait for a runner.
        queue_timeout: Maybe<Number>,
        /// When the sandbox was created.
        created_at: Maybe<Timestamp>,
        /// When the record was last written.
        updated_at: Maybe<Timestamp>,
        /// When the sandbox was last used or changed its state.
        last_activity_at: Maybe<Timestamp>,
        /// The version of the daemon in the sandbox.
        daemon_version: Maybe<String>,
        /// The warm pool of an unclaimed sandbox.
        warm_pool_id: Maybe<String>,
        /// The URL of the toolbox. Every client demands it.
        toolbox_proxy_url: Maybe<String>,
    }
}

object! {
    /// A page of a list, with the cursor of the next page.
    ///
    /// Each item is read by itself: a word that is newer than this crate is kept, and a faulty item costs no other item.
    pub struct SandboxPage is "a page of sandboxes" {
        /// The sandboxes of this page.
        items: Items<SandboxListItem<X>>,
        /// The cursor of the next page; null on the last page. Clients demand the field.
        next_cursor: Maybe<String>,
    }
}

object! {
    /// A page of the older list, which has page numbers and whole records. No API version after 0.216.0 has it.
    ///
    /// Each record is read by itself, as in a [`SandboxPage`].
    pub struct NumberedSandboxPage is "a numbered page of sandboxes" {
        /// The sandboxes of this page.
        items: Items<SandboxDto<X>>,
        /// The number of sandboxes on all pages.
        total: Number,
        /// The number of this page, from 1.
        page: Number,
        /// The number of pages.
        total_pages: Number,
    }
}

constructors! {
    NumberedSandboxPage(
        items: Vec<SandboxDto>, total: impl Into<Number>, page: impl Into<Number>, total_pages: impl Into<Number>
    )
}

impl SandboxPage {
    /// Builds the last page. Set `next_cursor` if another page follows.
    pub fn new(items: Vec<SandboxListItem>) -> Self {
        Self { items: items.into(), next_cursor: Maybe::Null, extras: Dropped }
    }
}
