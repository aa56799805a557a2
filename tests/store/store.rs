//! `docs/COLUMNS.md`: its statements, run on SQLite and on PostgreSQL for every kind of step.
//!
//! The tests start a private PostgreSQL 15 and stop it at their end. They need its programs (Debian package
//! `postgresql-15`), or `DATABASE_URL` with a database in which they may create schemas.

mod columns;
mod database;
mod page;
mod races;
#[path = "../support/rendered.rs"]
mod rendered;
mod search;
mod steps;
mod table;
mod timers;
