//! Follows one sandbox: a wait, look by look, until it is over.

use crate::{
    Exit, Stop,
    api::{Api, LONGEST_REQUEST},
    complain,
    options::Options,
    output::{Output, printable},
    patience::Patience,
    view::View,
};
use chrono::{DateTime, TimeDelta, Utc};
use sandbox_lifecycle::{
    Assessment, DesiredState, Goal, Observation, Policy, SandboxDto,
    client::{Usage, Wait},
    record::{HttpRequest, SandboxListItem},
    rules::KnownContext,
};
use serde::Serialize;
use std::{fmt::Write, thread, time::Duration};

/// With `--follow`, the time from the end of one change to the look for the next one.
pub const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// One look of `--json`.
#[derive(Serialize)]
struct Look<'a> {
    at: DateTime<Utc>,
    sandbox: &'a View,
    wait: Waited,
    /// What it held since the first look, as far as the looks show.
    used: Usage,
}

/// A wait: its goal, and how it stands.
#[derive(Clone, Copy, Serialize)]
pub struct Waited {
    pub goal: Goal,
    #[serde(flatten)]
    pub assessment: Assessment,
}

/// Follows this sandbox, as the options say, and returns how its wait ended.
pub fn follow(api: &Api, sandbox: &str, options: &Options, output: &mut Output) -> Result<Exit, Stop> {
    let policy = Policy::default();
    let timeout = options.timeout.and_then(|timeout| TimeDelta::from_std(timeout).ok());
    let mut looks = Looks { api, sandbox, id: None, patience: Patience::default(), history: Vec::new() };
    let (found, mut seen) = looks.until_answered(timeout)?;
    let Some(mut record) = found else { return not_found(api, sandbox, seen, options, output) };
    loop {
        let goal = options.goal.unwrap_or_else(|| change_under_way(&seen));
        let mut wait = Wait::watching(goal, seen, timeout);
        let ends_at = timeout.map(|timeout| seen.observed_at() + timeout);
        let last = loop {
            let now = Utc::now();
            let assessment = wait.assess(&policy, now);
            let waited = Waited { goal, assessment };
            let view = if wait.evidence().is_not_found() {
                View::not_found(&record.id, &record.name)
            } else {
                View::of(&SandboxListItem::from(&record), KnownContext::from(&record), &policy, seen.observed_at())
            };
            let look = Look { at: now, sandbox: &view, wait: waited, used: looks.used(now) };
            output.show(&look, |now| block(&view, waited, now), now)?;
            let Some(next_look) = assessment.next_look().filter(|_| !options.once) else { break assessment };
            sleep_until(next_look);
            if let Some((found, look)) = looks.look(ends_at)? {
                wait.observe(look);
                // A late answer of a replica is no news.
                if wait.evidence().best() == Some(&look) {
                    seen = look;
                    record = found.unwrap_or(record);
                }
            }
        };
        if !options.follow || wait.evidence().is_gone() {
            return Ok(exit(goal, &last, options, record.error_reason.value()));
        }
        thread::sleep(LOOK_AGAIN);
        let found;
        (found, seen) = looks.until_answered(None)?;
        record = found.unwrap_or(record);
    }
}

/// The requests about one sandbox, and what they showed.
struct Looks<'a> {
    api: &'a Api,
    /// The identifier or the name on the command line.
    sandbox: &'a str,
    /// The identifier that the first look found. It says which sandbox is followed: a name is free again once its sandbox is
    /// destroyed, and a later sandbox may have it.
    id: Option<String>,
    patience: Patience,
    /// Each observation that showed something new.
    history: Vec<Observation>,
}

impl Looks<'_> {
    /// Reads the sandbox; a record of `None` is a 404. After an error it waits as long as it should, though not beyond `ends_at`, and
    /// returns nothing: an error is no observation.
    fn look(&mut self, ends_at: Option<DateTime<Utc>>) -> Result<Option<(Option<SandboxDto>, Observation)>, Stop> {
        let id = self.id.as_deref().unwrap_or(self.sandbox);
        let request = HttpRequest::read(id).map_err(|error| Stop::new(Exit::Configuration, error.to_string()))?;
        let sent_at = Utc::now();
        let left = ends_at.map(|end| (end - sent_at).to_std().unwrap_or_default());
        // A request that begins at the end of the wait still gets a moment.
        let within = left.map_or(LONGEST_REQUEST, |left| left.clamp(Duration::from_millis(500), LONGEST_REQUEST));
        match self.api.get::<SandboxDto>(&request, within) {
            Ok(found) => {
                self.patience.answered();
                let is_followed = |record: &SandboxDto| self.id.as_ref().is_none_or(|id| *id == record.id);
                let found = found.filter(is_followed);
                self.id = found.as_ref().map(|record| record.id.clone()).or(self.id.take());
                let look = Observation::new(found.as_ref(), sent_at);
                if self.history.last().is_none_or(|last| last.shown() != look.shown()) {
                    self.history.push(look);
                }
                Ok(Some((found, look)))
            }
            Err(trouble) => {
                let again_at = Utc::now() + self.patience.pause_after(trouble)?;
                sleep_until(ends_at.map_or(again_at, |end| again_at.min(end)));
                Ok(None)
            }
        }
    }

    /// Reads the sandbox until there is an answer.
    fn until_answered(&mut self, timeout: Option<TimeDelta>) -> Result<(Option<SandboxDto>, Observation), Stop> {
        let ends_at = timeout.map(|timeout| Utc::now() + timeout);
        loop {
            if let Some(answer) = self.look(ends_at)? {
                return Ok(answer);
            }
            if ends_at.is_some_and(|end| end <= Utc::now()) {
                return Err(Stop::new(Exit::NotInTime, "timed out: the API did not answer in time"));
            }
        }
    }

    /// Returns what the sandbox held since the first look.
    fn used(&self, now: DateTime<Utc>) -> Usage {
        let began = self.history.first().map_or(now, Observation::observed_at);
        Usage::between(self.history.iter().copied(), began, now)
    }
}

/// Returns the goal of a wait for the end of whatever changes now.
fn change_under_way(seen: &Observation) -> Goal {
    let shown = seen.shown();
    let leaves = shown.desired_state().known() == Some(DesiredState::Destroyed) || shown.is_gone();
    if leaves { Goal::Destroyed } else { Goal::Settled }
}

/// Ends a wait for a sandbox that the first look did not find. It may have been destroyed before, or never have been.
fn not_found(
    api: &Api,
    sandbox: &str,
    seen: Observation,
    options: &Options,
    output: &mut Output,
) -> Result<Exit, Stop> {
    let Some(goal @ Goal::Destroyed) = options.goal else {
        let text = format!("{} has no sandbox `{sandbox}`: check its name; it may be destroyed", api.address());
        return Err(Stop::new(Exit::Unreachable, text));
    };
    let now = seen.observed_at();
    let assessment = Wait::watching(goal, seen, None).assess(&Policy::default(), now);
    let waited = Waited { goal, assessment };
    let view = View::not_found(sandbox, sandbox);
    let look = Look { at: now, sandbox: &view, wait: waited, used: Usage::default() };
    output.show(&look, |now| block(&view, waited, now), now)?;
    Ok(exit(goal, &assessment, options, None))
}

/// Returns the exit code of a wait, and says on standard error why the goal is not reached.
fn exit(goal: Goal, last: &Assessment, options: &Options, error_reason: Option<&String>) -> Exit {
    let exit = match last {
        _ if options.once && options.goal.is_none() => return Exit::Reached,
        Assessment::Reached => return Exit::Reached,
        Assessment::Unreachable { .. } | Assessment::Unknown { next_look: None, .. } => Exit::Unreachable,
        Assessment::Stuck { .. } | Assessment::TimedOut { .. } => Exit::NotInTime,
        Assessment::Pending { .. } | Assessment::Unknown { .. } => Exit::NotInTime,
    };
    let reason = error_reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
    complain(&format!("{goal}: {last}{reason}"));
    exit
}

/// Returns the sandbox as a block of lines for people.
fn block(view: &View, Waited { goal, assessment }: Waited, now: DateTime<Utc>) -> String {
    let mut text = format!("{} ({})\n", printable(&view.name), printable(&view.id));
    let wait = [("wait", format!("{goal}: {assessment}"))];
    let mut lines = view.lines(now);
    lines.splice(1..1, wait);
    for (label, line) in lines {
        writeln!(text, "  {label:11} {line}").unwrap_or_default();
    }
    text
}

fn sleep_until(at: DateTime<Utc>) {
    thread::sleep((at - Utc::now()).to_std().unwrap_or_default());
}
