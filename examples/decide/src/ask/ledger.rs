//! What a runner does with a message about one sandbox.

use super::Answer;
use crate::{
    error::{Code, Error},
    parts::{Parts, parsed},
};
use sandbox_lifecycle::runner::{
    AskVerdict, CallVerdict, CopyAnswer, End, Entry, FinishVerdict, LeaveVerdict, Ledger, Listed,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The ledger to store, and what to do then; or the entry of an inventory, which changes nothing.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Entered {
    Verdict { ledger: Ledger, verdict: Verdict },
    Ledger { ledger: Ledger },
    Listed { listed: Option<Listed> },
}

#[derive(Serialize)]
#[serde(untagged)]
pub enum Verdict {
    Call(CallVerdict),
    Ask(AskVerdict),
    Leave(LeaveVerdict),
    Finish(FinishVerdict),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    epoch: u32,
    #[serde(default)]
    seen: CopyAnswer,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Leave {
    epoch: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Finish {
    epoch: u32,
    end: End,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    #[serde(default)]
    seen: CopyAnswer,
}

/// An object without fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// Answers `{"ask":"ledger","ledger":{…},"message":{"call":{…}}}`. Without a ledger the runner has none of this sandbox.
pub fn ledger(parts: &mut Parts) -> Result<Answer, Error> {
    let ledger: Ledger = parts.optional("ledger")?.unwrap_or_default();
    let text = parts.required_text("message")?;
    let mut message = Parts::of_value("message", &text, &MESSAGES.map(|(name, _)| name))?;
    let mut found = Vec::new();
    for (name, take) in MESSAGES {
        if let Some(text) = message.text(name) {
            found.push((name, take, text));
        }
    }
    match found.as_slice() {
        [(name, take, text)] => Ok(Answer::Entry(take(ledger, name, text)?)),
        _ => {
            let names = MESSAGES.map(|(name, _)| name).join(", ");
            Err(Error::new(Code::WrongValue, format!("message: it has exactly one field of {names}")))
        }
    }
}

type Taken = fn(Ledger, &'static str, &RawValue) -> Result<Entered, Error>;

const MESSAGES: [(&str, Taken); 7] = [
    ("call", |ledger, name, text| Ok(entered(ledger.call(parsed(name, text)?), Verdict::Call))),
    ("ask", |ledger, name, text| {
        let Ask { epoch, seen } = parsed(name, text)?;
        Ok(entered(ledger.ask(epoch, seen), Verdict::Ask))
    }),
    ("release", |ledger, name, text| {
        let Leave { epoch } = parsed(name, text)?;
        Ok(entered(ledger.release(epoch), Verdict::Leave))
    }),
    ("remove", |ledger, name, text| {
        let Leave { epoch } = parsed(name, text)?;
        Ok(entered(ledger.remove(epoch), Verdict::Leave))
    }),
    ("finish", |ledger, name, text| {
        let Finish { epoch, end } = parsed(name, text)?;
        Ok(entered(ledger.finish(epoch, end), Verdict::Finish))
    }),
    ("interrupted", |ledger, name, text| {
        let Nothing {} = parsed(name, text)?;
        Ok(Entered::Ledger { ledger: ledger.interrupted() })
    }),
    ("list", |ledger, name, text| {
        let List { seen } = parsed(name, text)?;
        Ok(Entered::Listed { listed: ledger.list(seen) })
    }),
];

fn entered<V>(entry: Entry<V>, verdict: fn(V) -> Verdict) -> Entered {
    let ledger = entry.ledger();
    Entered::Verdict { ledger, verdict: verdict(entry.stored()) }
}
