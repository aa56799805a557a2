//! Stored forms: every stored value is read back equal.

use crate::{CASES, cases::cases};
use proptest::prelude::*;
use sandbox_lifecycle::{
    Input, Policy, Step,
    testing::{Case, any_case},
};
use serde::{Serialize, de::DeserializeOwned};
use std::fmt::Debug;

fn there_and_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) -> Result<(), TestCaseError> {
    let text = serde_json::to_string(value).expect("everything can be written");
    let read: T = serde_json::from_str(&text).map_err(|error| TestCaseError::fail(format!("{error}: {text}")))?;
    prop_assert_eq!(&read, value, "{}", text);
    Ok(())
}

proptest! {
    #![proptest_config(cases(CASES))]

    #[test]
    fn every_stored_value_is_read_back_equal(case in any_case()) {
        let Case { row, input, context, now } = case;
        there_and_back(&row)?;
        there_and_back(&context)?;
        there_and_back(&input)?;
        match input {
            Input::Command(command) => there_and_back(&command)?,
            Input::Report(report) => there_and_back(&report)?,
            Input::Timer(timer) => there_and_back(&timer)?,
        }
        if let Ok(step) = row.decide(input, &Policy::default(), context, now) {
            there_and_back(&step)?;
            there_and_back(&step.expects())?;
            for effect in step.effects() {
                there_and_back(&effect)?;
            }
            let text = serde_json::to_string(&step).expect("it was written above");
            let read: Step = serde_json::from_str(&text).expect("it was read above");
            prop_assert_eq!(read.apply(row), step.apply(row));
        }
    }
}
