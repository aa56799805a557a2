//! What the machines do: runners on their ledgers, the backup maker and the backup store, and what breaks them.

mod backups;
mod faults;
mod jobs;
mod operator;
mod runner;
