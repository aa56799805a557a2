//! The machines: runners with their disks and processes, the backup maker and the backup store.

mod backups;
mod faults;
mod jobs;
mod runner;

pub use backups::Backups;
pub use runner::Runner;
