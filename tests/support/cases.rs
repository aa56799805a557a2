//! The number of random cases of a property test.

use proptest::prelude::*;

/// Returns a configuration with this many cases that writes no regression files.
pub fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}
