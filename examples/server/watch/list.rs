//! Lists sandboxes: all pages, a line for each sandbox, and a line for each item that cannot be read.

use crate::{
    Exit, Stop,
    api::{Api, LONGEST_REQUEST, Trouble},
    follow::{LOOK_AGAIN, Waited},
    options::Options,
    output::{Output, printable},
    patience::Patience,
    view::{View, deadline_in_words},
};
use chrono::{DateTime, Utc};
use sandbox_lifecycle::{
    Assessment, Goal, Observation, Policy,
    client::Wait,
    record::{ListQuery, SandboxListItem, SandboxPage},
    rules::KnownContext,
};
use serde::Serialize;
use std::{collections::BTreeSet, fmt::Write, thread};

/// One look of `--json`.
#[derive(Serialize)]
struct Look {
    at: DateTime<Utc>,
    sandboxes: Vec<Listed>,
    /// The items that cannot be read, each with the reason: a list that lacks some must not look complete.
    faulty: Vec<String>,
}

/// A sandbox of the list, and whether it is at rest.
#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    view: View,
    wait: Waited,
}

/// Shows the list once, or with `--follow` each time it changes.
pub fn list(api: &Api, options: &Options, output: &mut Output) -> Result<Exit, Stop> {
    let mut patience = Patience::default();
    loop {
        let pause = match look(api, options.query()) {
            Ok(look) => {
                patience.answered();
                output.show(&look, |now| table(&look, now), look.at)?;
                if !options.follow {
                    return Ok(Exit::Reached);
                }
                LOOK_AGAIN
            }
            Err(trouble) => patience.pause_after(trouble)?,
        };
        thread::sleep(pause);
    }
}

/// Reads all pages. Each item is read by itself, so a faulty one costs no other.
fn look(api: &Api, mut query: ListQuery) -> Result<Look, Trouble> {
    let policy = Policy::default();
    let mut look = Look { at: Utc::now(), sandboxes: Vec::new(), faulty: Vec::new() };
    let mut cursors = BTreeSet::new();
    loop {
        let wrong = |text: &str| Trouble::NoApi(format!("{}: {text}: check --api", api.address()));
        let sent_at = Utc::now();
        let request = query.http(policy.profile).map_err(|unknown| wrong(&unknown.to_string()))?;
        let page: Option<SandboxPage> = api.get(&request, LONGEST_REQUEST)?;
        let page = page.ok_or_else(|| wrong("there is no list of sandboxes"))?;
        look.sandboxes.extend(page.items.read.iter().map(|item| listed(item, &policy, sent_at)));
        look.faulty.extend(page.items.faulty.iter().map(ToString::to_string));
        match page.next_cursor.into_value() {
            None => return Ok(look),
            Some(cursor) if !cursors.insert(cursor.clone()) => return Err(wrong("the pages of the list never end")),
            cursor => query.cursor = cursor,
        }
    }
}

fn listed(item: &SandboxListItem, policy: &Policy, at: DateTime<Utc>) -> Listed {
    let assessment = Wait::watching(Goal::Settled, Observation::new(item, at), None).assess(policy, at);
    Listed {
        view: View::of(item, KnownContext::default(), policy, at),
        wait: Waited { goal: Goal::Settled, assessment },
    }
}

/// Returns the list as a table for people.
fn table(look: &Look, now: DateTime<Utc>) -> String {
    let mut rows = vec![["NAME", "ID", "STATE", "DESIRED", "SETTLED", "HOLDS", "NEXT"].map(str::to_owned)];
    rows.extend(look.sandboxes.iter().map(|listed| row(listed, now)));
    let widths: [usize; 7] = std::array::from_fn(|at| {
        rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    });
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            write!(line, "{cell:width$}  ").unwrap_or_default();
        }
        text.extend([line.trim_end(), "\n"]);
    }
    for faulty in &look.faulty {
        text.extend(["cannot be read: ", &printable(faulty), "\n"]);
    }
    let read = look.sandboxes.len();
    let count = if read == 1 { "1 sandbox".to_owned() } else { format!("{read} sandboxes") };
    let faulty =
        if look.faulty.is_empty() { String::new() } else { format!(", and {} that cannot be read", look.faulty.len()) };
    text.extend([count.as_str(), &faulty, "\n"]);
    text
}

fn row(Listed { view, wait }: &Listed, now: DateTime<Utc>) -> [String; 7] {
    let word =
        |word: &Option<String>| word.as_ref().map_or_else(|| "-".to_owned(), |word| printable(word).into_owned());
    let settled = match wait.assessment {
        Assessment::Reached => "yes",
        Assessment::Pending { .. } => "no",
        Assessment::Unknown { .. } => "not known",
        Assessment::Unreachable { .. } => "never",
        Assessment::Stuck { .. } => "stuck",
        Assessment::TimedOut { .. } => "timed out",
    };
    [
        printable(&view.name).into_owned(),
        printable(&view.id).into_owned(),
        word(&view.state),
        word(&view.desired_state),
        settled.to_owned(),
        view.holds.map_or_else(|| "not known".to_owned(), |held| held.resources().to_string()),
        view.deadlines.first().map(|forecast| deadline_in_words(forecast, now)).unwrap_or_default(),
    ]
}
