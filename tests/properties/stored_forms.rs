//! Stored forms: every stored value is read back equal, and a row from its columns, whichever of them are missing.

use crate::{CASES, cases::cases};
use proptest::prelude::*;
use sandbox_lifecycle::{
    Columns, Input, Lifecycle, Policy, Sandbox, Step,
    lifecycle::{Column, ColumnKind, ColumnValue},
    record::{ServerTexts, StepDetails},
    testing::{Case, any_case, any_columns},
};
use serde::{Serialize, de::DeserializeOwned};
use std::collections::BTreeMap;
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

    #[test]
    fn values_in_order_are_read_as_values_with_names(columns in any_columns(), missing in any::<u64>(), wrong in any::<u16>()) {
        let is_missing = |place: usize| missing >> place & 1 == 1;
        // Half of the rows have a value of a kind or a form that another column may have.
        let other = [
            ColumnValue::Null,
            ColumnValue::Text("2024-10-01T16:30:00.5+02:00"),
            ColumnValue::Text("started"),
            ColumnValue::Integer(-7),
            ColumnValue::Integer(1),
            ColumnValue::Boolean(true),
        ];
        let (place, other) = (usize::from(wrong % 64), other[usize::from(wrong / 64) % other.len()]);
        let values: Vec<_> = columns.iter().enumerate().map(|(at, (column, value))| (column, if at == place { other } else { value })).collect();
        let in_order = values.iter().enumerate().map(|(at, (column, value))| {
            if is_missing(at) && !column.nullable { ColumnValue::Null } else { *value }
        });
        let named = values.iter().enumerate().filter(|(at, (column, value))| {
            // In a row, null where no value may be missing is a column that is newer than the row.
            column.nullable || !is_missing(*at) && *value != ColumnValue::Null
        });
        let read = Columns::from_values(named.map(|(_, (column, value))| (column.name, *value)));
        prop_assert_eq!(Lifecycle::from_values(&mut in_order.into_iter()), read.map(Lifecycle::from));
    }

    #[test]
    fn a_row_is_read_as_its_stored_form(columns in any_columns()) {
        let json = serde_json::to_value(columns.iter().map(|(column, value)| (column.name, value)).collect::<BTreeMap<_, _>>());
        let read: Columns = serde_json::from_value(json.expect("values are written")).expect("they are read");
        let values = columns.iter().map(|(column, value)| (column.name, value));
        prop_assert_eq!(Columns::from_values(values), Ok(read));
        // SQLite returns times as text, and flags as numbers.
        let texts: Vec<String> = columns.iter().map(|(_, value)| value.to_string()).collect();
        let as_sqlite = columns.iter().zip(&texts).map(|((column, value), text)| match (column.kind, value) {
            (ColumnKind::Timestamp, ColumnValue::Timestamp(_)) => (column.name, ColumnValue::Text(text)),
            (ColumnKind::Boolean, ColumnValue::Boolean(yes)) => (column.name, ColumnValue::Integer(yes.into())),
            (_, other) => (column.name, other),
        });
        prop_assert_eq!(Columns::from_values(as_sqlite), Ok(read));
    }

    #[test]
    fn the_changed_columns_of_a_step_are_those_that_differ(case in any_case()) {
        let Case { row, input, context, now } = case;
        let Ok(step) = row.decide(input, &Policy::default(), context, now) else { return Ok(()) };
        let before = Sandbox::from_row(record(), row, ServerTexts::default());
        let mut after = before.clone();
        let details = StepDetails { reason: Some("no disk"), runner: Some("r2"), ..StepDetails::default() };
        if after.apply(&step, details).is_err() {
            return Ok(()); // A completed backup needs its reference.
        }
        let differing = before.columns().zip(after.columns()).filter(|(then, now)| then != now);
        let differing: Vec<(&Column, ColumnValue<'_>)> = differing.map(|(_, now)| now).collect();
        prop_assert_eq!(after.changed_columns(&before), differing);
    }
}

fn record() -> sandbox_lifecycle::SandboxDto {
    let record = serde_json::json!({
        "id": "s1", "organizationId": "o1", "name": "n", "user": "daytona", "env": {}, "labels": {}, "public": false,
        "networkBlockAll": false, "target": "eu", "cpu": 1, "gpu": 0, "memory": 1, "disk": 3, "state": "started",
        "desiredState": "started", "runnerId": "r1",
    });
    serde_json::from_value(record).expect("a record")
}
