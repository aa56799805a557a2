//! What a record says of its sandbox: where it is, what happens next, what it holds, and which commands are open.

use crate::output::printable;
use chrono::{DateTime, SecondsFormat, Utc};
use sandbox_lifecycle::{
    Acceptance, Command, Context, Explanation, Lifecycle, Observation, PartialLifecycle, Policy, SandboxState, Verb,
    client::{Contents, Evidence, Forecast, ShowsWarmPool},
    lifecycle::HeldResources,
    record::{Maybe, ReadLifecycle, SandboxListItem},
    rules::KnownContext,
    vocabulary::{Open, Size, Word},
};
use serde::Serialize;
use std::fmt::Write;

/// A sandbox, as far as its record shows it. Its JSON form is that of `--json`.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct View {
    pub id: String,
    pub name: String,
    /// The word of the record, which may be newer than this program; `None` if there is no record any more.
    pub state: Option<String>,
    pub desired_state: Option<String>,
    /// Since when it is in its state, as far as it shows.
    pub since: Option<DateTime<Utc>>,
    pub error_reason: Option<String>,
    /// What it holds of its runner; `None` if that is not known.
    pub holds: Option<Held>,
    /// What it carries that its owner may want to keep.
    pub contents: Contents,
    /// What its timers will do, the first one first.
    pub deadlines: Vec<Forecast>,
    /// Whether each command is accepted. It is empty if a state is not known here.
    pub commands: Vec<Button>,
    /// The fields that are newer than this program.
    pub not_understood: Vec<String>,
}

/// What a sandbox holds, with its quantities where the record shows them.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Held {
    #[serde(flatten)]
    resources: HeldResources,
    size: Option<Size>,
    gpus: u8,
}

/// A command, and whether the server accepts it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Button {
    command: Verb,
    acceptance: Acceptance,
    /// Why it is refused, or what only the server knows.
    why: String,
    /// What is lost, if it is accepted.
    loses: Option<Contents>,
}

impl View {
    /// Views a record that was read at this time. A list item has every field that is shown here; `known` is what the whole
    /// record shows besides.
    pub fn of(item: &SandboxListItem, known: KnownContext, policy: &Policy, at: DateTime<Utc>) -> Self {
        let seen = Evidence::from(Observation::new(item, at));
        let contents = Contents::from(&seen);
        // Fails only for states that are newer than this program. Nothing is guessed then.
        let read = ReadLifecycle::try_from(item).ok();
        let row = read.as_ref().map(|read| &read.lifecycle);
        let buttons = |partial: PartialLifecycle| {
            let loses = |verb| row.and_then(|row| lost_by(verb, row, &contents, policy, at));
            let explained = partial.explanations(policy, known);
            explained.map(|explained| Button::of(&explained, loses(explained.verb()), &item.state)).collect()
        };
        let not_understood = ReadLifecycle::try_from(item).map(|read| read.not_understood);
        Self {
            id: item.id.clone(),
            name: item.name.clone(),
            state: word(&item.state),
            desired_state: word(&item.desired_state),
            since: seen.since(),
            error_reason: item.error_reason.value().cloned(),
            holds: row.map(|row| Held::of(row, seen.size())),
            contents,
            deadlines: row.map(|row| deadlines(item, row, policy)).unwrap_or_default(),
            commands: PartialLifecycle::try_from(item).map(buttons).unwrap_or_default(),
            not_understood: not_understood.map_or_else(
                |errors| errors.iter().map(|error| error.field.to_string()).collect(),
                |fields| fields.iter().map(|error| error.field.to_string()).collect(),
            ),
        }
    }

    /// Views a sandbox that the API does not have, or not any more.
    pub fn not_found(id: &str, name: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            state: None,
            desired_state: None,
            since: None,
            error_reason: None,
            holds: None,
            contents: Contents::NOTHING,
            deadlines: Vec::new(),
            commands: Vec::new(),
            not_understood: Vec::new(),
        }
    }

    /// Returns the lines for people: each with its label, and with the time that is left at `now`.
    pub fn lines(&self, now: DateTime<Utc>) -> Vec<(&'static str, String)> {
        let mut lines = vec![("state", self.in_words())];
        lines.extend(self.error_reason.iter().map(|reason| ("error", printable(reason).into_owned())));
        lines.extend(self.deadlines.iter().map(|forecast| ("deadline", deadline_in_words(forecast, now))));
        if self.state.is_some() {
            let held = self.holds.map_or_else(|| "not known here".to_owned(), |held| held.in_words());
            lines.push(("holds", held));
            lines.push(("carries", self.contents.to_string()));
        }
        lines.extend(self.losses().map(|loss| ("would lose", loss)));
        for (label, acceptance) in [
            ("open", Acceptance::Accepted),
            ("already so", Acceptance::AlreadySo),
            ("may be open", Acceptance::ServerDecides),
            ("closed", Acceptance::Refused),
        ] {
            lines.extend(self.commands_with(acceptance).into_iter().map(|line| (label, line)));
        }
        if self.state.is_some() && self.commands.is_empty() {
            lines.push(("commands", "not known here: the API is newer than this program".to_owned()));
        }
        if !self.not_understood.is_empty() {
            lines.push(("newer", self.not_understood.join(", ")));
        }
        lines
    }

    fn in_words(&self) -> String {
        let Some(state) = &self.state else { return "not found: it is destroyed, or never was".to_owned() };
        let mut words = printable(state).into_owned();
        if let Some(desired) = self.desired_state.as_ref().filter(|desired| *desired != state) {
            write!(words, ", desired state {}", printable(desired)).unwrap_or_default();
        }
        if let Some(since) = self.since {
            write!(words, ", since {}", rfc3339(since)).unwrap_or_default();
        }
        words
    }

    /// Returns what each command would lose.
    fn losses(&self) -> impl Iterator<Item = String> {
        self.commands.iter().filter_map(|button| Some(format!("{}: {}", button.command, button.loses?)))
    }

    /// Returns the commands with this answer, joined where the reason is the same.
    fn commands_with(&self, acceptance: Acceptance) -> Vec<String> {
        let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
        for Button { command, why, .. } in self.commands.iter().filter(|button| button.acceptance == acceptance) {
            match groups.iter_mut().find(|(other, _)| other == why) {
                Some((_, commands)) => commands.push(command.as_str()),
                None => groups.push((why, vec![command.as_str()])),
            }
        }
        let join = |(why, commands): (&str, Vec<&str>)| match why {
            "" => commands.join(", "),
            why => format!("{}: {why}", commands.join(", ")),
        };
        groups.into_iter().map(join).collect()
    }
}

impl Button {
    fn of(explained: &Explanation, loses: Option<Contents>, state: &Maybe<Open<SandboxState>>) -> Self {
        let why = match explained.acceptance() {
            Acceptance::Accepted | Acceptance::AlreadySo => String::new(),
            // Each check is worded for a sandbox that passes those before it, so the first one counts.
            Acceptance::Refused => match explained.failing_checks().next() {
                Some(check) => check.why().to_owned(),
                None => format!("not while the state is {}", word(state).unwrap_or_default()),
            },
            Acceptance::ServerDecides => {
                let unseen: Vec<_> = explained.unseen().map(|guard| guard.to_string()).collect();
                format!("if {}", unseen.join("; "))
            }
        };
        let may_lose = explained.acceptance() != Acceptance::Refused;
        Self { command: explained.verb(), acceptance: explained.acceptance(), why, loses: loses.filter(|_| may_lose) }
    }
}

impl Held {
    fn of(row: &Lifecycle, size: Option<Size>) -> Self {
        let resources = row.held_resources();
        Self { resources, size: size.map(|size| resources.of(size)), gpus: row.held_gpus() }
    }

    /// `compute and disk: 2 CPU, 4 GB memory, 10 GB disk`.
    fn in_words(&self) -> String {
        let Size { cpu, memory, disk } = self.size.unwrap_or(Size { cpu: 0, memory: 0, disk: 0 });
        let quantities = [(cpu, "CPU"), (memory, "GB memory"), (disk, "GB disk"), (self.gpus.into(), "GPU")];
        let shown = quantities.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count} {unit}"));
        let shown = shown.collect::<Vec<_>>().join(", ");
        if shown.is_empty() { self.resources.to_string() } else { format!("{}: {shown}", self.resources) }
    }

    /// `compute and disk`, `disk` or `nothing`.
    pub const fn resources(&self) -> HeldResources {
        self.resources
    }
}

/// Returns what the command would lose, if it is one that loses something.
fn lost_by(verb: Verb, row: &Lifecycle, contents: &Contents, policy: &Policy, now: DateTime<Utc>) -> Option<Contents> {
    let commands =
        [Command::Stop { force: false }, Command::Destroy { force: false }, Command::Recover { start: true }];
    let command = commands.into_iter().find(|command| command.verb() == verb)?;
    let step = row.decide(command, policy, Context::of(row), now).ok()?;
    Some(contents.lost_by(&step)).filter(|lost| *lost != Contents::NOTHING)
}

/// Returns what the timers will do. A record with newer fields is taken as far as it is understood.
fn deadlines(item: &SandboxListItem, row: &Lifecycle, policy: &Policy) -> Vec<Forecast> {
    let as_read = || Forecast::of(row, policy, Context::of(row).with_warm_pool(item.is_in_warm_pool()));
    Forecast::of_record(item, policy).unwrap_or_else(|_| as_read())
}

pub fn deadline_in_words(forecast: &Forecast, now: DateTime<Utc>) -> String {
    let words = forecast.in_words(now);
    forecast.at.map_or_else(|| words.to_string(), |at| format!("{words} ({})", rfc3339(at)))
}

fn word<T: Word>(field: &Maybe<Open<T>>) -> Option<String> {
    field.value().map(|word| word.as_str().to_owned())
}

pub fn rfc3339(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
