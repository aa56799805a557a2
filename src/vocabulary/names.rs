//! The field names of the wire and of the stored row. Every other file refers to a name by its constant here.
#![allow(non_upper_case_globals, reason = "each constant has the name of the Rust field")]

/// Declares names: each is written as the Rust field and becomes `camelCase`, as the API spells it.
macro_rules! names {
    ($($field:ident)+) => {$(
        pub(crate) const $field: &str = {
            const SNAKE: &str = stringify!($field);
            const CAMEL: ([u8; SNAKE.len()], usize) = camel_case(SNAKE.as_bytes());
            match core::str::from_utf8(CAMEL.0.split_at(CAMEL.1).0) {
                Ok(spelled) => spelled,
                Err(_) => SNAKE,
            }
        };
    )+};
}

/// The letters of a name in camel case, and how many there are.
#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "in const, where a fault does not compile"
)]
const fn camel_case<const N: usize>(snake: &[u8]) -> ([u8; N], usize) {
    let (mut camel, mut length, mut next) = ([0; N], 0, 0);
    while next < snake.len() {
        let starts_word = snake[next] == b'_';
        next += starts_word as usize;
        camel[length] = if starts_word { snake[next].to_ascii_uppercase() } else { snake[next] };
        length += 1;
        next += 1;
    }
    (camel, length)
}

names! {
    id organization_id name snapshot user env labels public network_block_all kvm network_allow_list
    domain_allow_list outbound_proxy_url otel_endpoint_override target cpu gpu spot spot_evicted_at
    queue_timed_out_at gpu_type memory disk state desired_state error_reason recoverable warm_pool_id
    backup_state backup_created_at auto_stop_interval auto_pause_interval auto_archive_interval
    auto_delete_interval auto_destroy_at queue_timeout volumes volume_id mount_path subpath build_info
    dockerfile_content context_hashes snapshot_ref created_at updated_at last_activity_at sandbox_class
    daemon_version runner_id linked_sandbox_id toolbox_proxy_url
    // Only requests, lists, webhooks and errors have these.
    ttl_minutes linked_sandbox secrets include_memory items next_cursor total page total_pages event timestamp
    old_state new_state old_desired_state new_desired_state status_code message error code source
    // Only queries have these.
    skip_start cursor limit include_errored_deleted include_warm states snapshots region_ids sandbox_classes min_cpu max_cpu
    min_memory_gi_b max_memory_gi_b min_disk_gi_b max_disk_gi_b min_gpu max_gpu is_public is_recoverable
    created_at_after created_at_before last_event_after last_event_before auto_destroy_at_after
    auto_destroy_at_before sort order
    // Only the stored row has these: no API record shows them.
    pending has_backup_ref has_runner fault force_stop revision epoch state_since backup_since
    must_ask must_ask_store repair changed_since_backup kept_backup is_fork_child backup_attempt archive_attempts
    restore_attempts last_recovery previous_runner_id parent_id backup_snapshot backup_registry
    // Only inputs have these.
    answer attempt begun force from job minutes outcome start task to ttl
    // Only the ledger of a runner and its answers have these.
    call departure end newest released size work
}

/// The older name of [`code`] in the bodies of errors, the only name of the API in snake case.
pub(crate) const error_code: &str = "error_code";

#[cfg(test)]
mod tests {
    use super::camel_case;

    #[test]
    fn a_name_is_its_field_in_camel_case() {
        let fields = [("id", "id"), ("auto_stop_interval", "autoStopInterval"), ("min_memory_gi_b", "minMemoryGiB")];
        for (field, name) in fields {
            let (letters, length) = camel_case::<24>(field.as_bytes());
            assert_eq!(core::str::from_utf8(letters.split_at(length).0), Ok(name));
        }
    }
}
