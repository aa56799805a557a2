//! The platform: its store on each database, and the program with its options and its API.

mod api;
mod controller;
mod dashboard;
mod databases;
mod duties;
mod program;
mod store;
