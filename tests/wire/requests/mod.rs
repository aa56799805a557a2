//! Requests: their bodies, their routes, and the bodies of errors.

mod bodies;
mod error_bodies;
mod filters;
mod routes;
