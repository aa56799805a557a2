//! The laws, judged by the rows that the host shows, the steps that it tells, and what the machines really have.

mod disks;
mod outbox;
mod rest;
mod rows;
mod steps;
