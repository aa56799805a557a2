//! Reads any bytes as a row and a sequence of commands, reports, timers, passes, inventories and edits on it. Each step is
//! judged by the laws that the property tests judge, once for the row alone and once for the whole record. Nothing panics.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sandbox_lifecycle_fuzz::walk::{first_row, record, walk};

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = bytes;
    let mut row = first_row(&mut bytes);
    let mut stored = record(row);
    walk(&mut { bytes }, &mut row, 256);
    walk(&mut { bytes }, &mut stored, 256);
});
