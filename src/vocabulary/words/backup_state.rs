//! The states of a sandbox's backup.

use super::word::word_list;

word_list! {
    /// The state of a sandbox's backup. A completed backup allows an archive and a restore.
    #[derive(Default, PartialOrd, Ord)]
    #[repr(u8)]
    #[non_exhaustive]
    pub enum BackupState is "backup state" {
        /// There is no backup.
        #[default]
        None,
        /// A backup is requested.
        Pending,
        /// The runner writes a backup.
        InProgress,
        /// A backup is written. It is usable if the row also holds its reference.
        Completed,
        /// The last attempt failed.
        Error,
    }
}
