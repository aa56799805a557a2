//! What a client saw of a sandbox: a record, a webhook, a stored row, or a 404.

use crate::{
    error::{Code, Error},
    parts::{Parts, parsed},
    row,
};
use sandbox_lifecycle::{
    Observation, SandboxDto,
    chrono::{DateTime, Utc},
    record::{SandboxCreated, SandboxStateUpdated},
    rules::EventName,
};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Reads `{"at":…,"record":{…}}`. In place of the record there may be a `webhook`, a stored `row`, or `"notFound":true`.
pub fn observation(field: &'static str, text: &RawValue) -> Result<Observation, Error> {
    let mut parts = Parts::of_value(field, text, &["at", "record", "webhook", "row", "notFound"])?;
    let at: DateTime<Utc> = parts.required("at")?;
    let (record, webhook) = (parts.text("record"), parts.text("webhook"));
    let (row, not_found) = (parts.text("row"), parts.optional::<bool>("notFound")?);
    match (record, webhook, row, not_found) {
        (Some(text), None, None, None) => Ok(Observation::new(&parsed::<SandboxDto>("record", &text)?, at)),
        (None, Some(text), None, None) => of_webhook(&text, at),
        (None, None, Some(text), None) => Ok(Observation::new(&row::row("row", &text)?, at)),
        (None, None, None, Some(true)) => Ok(Observation::new(None::<&SandboxDto>, at)),
        _ => Err(Error::new(
            Code::WrongValue,
            format!("{field}: an observation has one of record, webhook, row, or notFound true"),
        )),
    }
}

fn of_webhook(text: &RawValue, at: DateTime<Utc>) -> Result<Observation, Error> {
    #[derive(Deserialize)]
    struct Named {
        event: String,
    }
    let Named { event } = parsed("webhook", text)?;
    if event == EventName::Created.as_str() {
        Ok(Observation::new(&parsed::<SandboxCreated>("webhook", text)?, at))
    } else if event == EventName::StateUpdated.as_str() {
        Ok(Observation::new(&parsed::<SandboxStateUpdated>("webhook", text)?, at))
    } else {
        let names = [EventName::Created, EventName::StateUpdated].map(EventName::as_str).join(" or ");
        Err(Error::wrong("webhook", format!("event is not {names}")))
    }
}
