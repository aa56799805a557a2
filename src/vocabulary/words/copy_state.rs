//! The states of a runner's copy, as the answer to an ask says them.

use super::word::word_list;

word_list! {
    /// The state of a runner's copy of a sandbox, in the answer to an ask and in an inventory.
    ///
    /// It has fewer words than [`SandboxState`](crate::SandboxState): it says what is there, and not on which way the
    /// sandbox is.
    #[derive(Default)]
    #[strum(serialize_all = "kebab-case")]
    pub enum CopyState is "copy state" {
        /// The runner has no copy.
        #[default]
        None,
        /// The copy runs.
        Running,
        /// The copy is stopped and whole: nothing runs, and the disk is on the runner.
        AtRest,
        /// The copy is paused, with its memory.
        Paused,
        /// The runner works on the copy: ask again later.
        Busy,
    }
}
