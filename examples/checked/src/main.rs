//! Plants each fault into the service, checks it, and prints how many cases were needed and the smallest counter-example.
//!
//! The environment variable `SANDBOX_LIFECYCLE_SEED` chooses other random cases. Exit status: 0 if the correct service passes
//! and every fault is found, 1 otherwise.

use checked_service::{Fault, check};
use sandbox_lifecycle::testing::kit::{Check, Failure};
use std::process::ExitCode;
use strum::VariantArray as _;

fn main() -> ExitCode {
    let kit = Check::new().seed_from_env().random_cases(1_000);
    let mut found = 0;
    for fault in Fault::VARIANTS {
        match check(&kit, Some(*fault)).map_err(|failure| *failure) {
            Err(Failure::Wrong(counterexample)) => {
                found += 1;
                println!("{fault}: found after {} cases\n{counterexample}\n", counterexample.cases);
            }
            Err(failure @ (Failure::NotOffered(_) | Failure::NothingCompared(_))) => println!("{fault}: {failure}\n"),
            Ok(_) => println!("{fault}: not found\n"),
        }
    }
    match check(&kit, None) {
        Ok(report) => println!("the correct service: {report}"),
        Err(failure) => println!("the correct service: {failure}"),
    }
    println!("{found} of {} faults found", Fault::VARIANTS.len());
    if found == Fault::VARIANTS.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
