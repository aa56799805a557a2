//! A runner with real folders and real processes, and a small server that stands for the platform.
//!
//! The processes are judged by `/proc`, which [`proc`] reads in its own way, and the disks by their counters.

mod backups;
mod calls;
mod crashes;
mod faults;
mod forks;
mod leaving;
mod proc;
mod scene;
