//! Lines for clients: whether a wait is over, from what was seen of the sandbox.

mod seen;

use crate::form::{Profile, line, now};
use sandbox_lifecycle::{
    Assessment, Columns, DesiredState, Goal, Lifecycle, Policy, SandboxState,
    chrono::{DateTime, TimeDelta, Utc},
    vocabulary::{AutoDelete, BackupState, Size, SizeChange},
};
use seen::{
    Begin, Question, Seen, SnapshotLook, assessed, changed, heard, microsecond, not_found, read, record, second,
    webhook,
};
use serde_json::{Value, json};
use std::num::NonZeroU32;

fn row(state: SandboxState, desired_state: DesiredState) -> Columns {
    Lifecycle::from(Columns { state, desired_state, auto_delete: AutoDelete::NEVER, ..Columns::default() })
        .repaired()
        .columns()
}

/// Returns every pair of states that a record can show, with a row that shows it. No rule sets the legacy word `resized`.
fn shown_pairs() -> Vec<(SandboxState, Columns)> {
    let mut found: Vec<(SandboxState, Columns)> = Vec::new();
    for desired in DesiredState::ALL.iter().filter(|desired| **desired != DesiredState::Resized) {
        for state in SandboxState::ALL {
            let columns = row(*state, *desired);
            let lifecycle = Lifecycle::from(columns);
            let shown = lifecycle.reported_state();
            let is_new = !found.iter().any(|(other, seen)| *other == shown && seen.desired_state == *desired);
            if lifecycle.violations().is_empty() && is_new {
                found.push((shown, columns));
            }
        }
    }
    found
}

fn goals() -> Vec<(&'static str, Goal)> {
    let grow = SizeChange { cpu: NonZeroU32::new(4), ..SizeChange::default() };
    vec![
        ("started", Goal::Started),
        ("stopped", Goal::Stopped),
        ("paused", Goal::Paused),
        ("archived", Goal::Archived),
        ("destroyed", Goal::Destroyed),
        ("settled", Goal::Settled),
        ("resized", Goal::Resized(grow)),
        ("snapshot-taken", Goal::SnapshotTaken),
        ("recovered", Goal::Recovered),
        ("forked", Goal::Forked),
    ]
}

pub fn lines(policy: &Policy) -> Vec<String> {
    let mut lines = Lines { policy, lines: Vec::new() };
    for (name, goal) in goals() {
        lines.shown_states(name, goal);
        lines.nothing_or_gone(name, goal);
        lines.limits(name, goal);
        lines.unclear_records(name, goal);
        lines.ephemeral(name, goal);
    }
    lines.queued_or_evicted();
    lines.recoveries();
    lines.older_settings();
    lines.order();
    lines.pace();
    lines.results();
    lines.lines
}

struct Lines<'a> {
    policy: &'a Policy,
    lines: Vec<String>,
}

impl Lines<'_> {
    fn asked(&self, goal: Goal, seen: Vec<Seen>) -> Question {
        let (begin, policy) = (Begin::Accepted(now()), Profile::of(self.policy));
        Question { ask: "assess", goal, begin, seen, snapshots: vec![], timeout_seconds: None, now: second(10), policy }
    }

    fn add(&mut self, id: &str, asked: Question) {
        let answer = assessed(&asked, self.policy);
        self.lines.push(line(format!("assess/{id}"), asked, answer));
    }

    /// Every pair of states that a record can show.
    fn shown_states(&mut self, name: &str, goal: Goal) {
        for (shown, columns) in shown_pairs() {
            let id = format!("{name}/{shown}-to-{}", columns.desired_state);
            self.add(&id, self.asked(goal, vec![read(5, record(columns, second(4)))]));
        }
    }

    /// A 404, an ephemeral sandbox, and nothing seen at all.
    fn nothing_or_gone(&mut self, name: &str, goal: Goal) {
        self.add(&format!("{name}/nothing-seen"), self.asked(goal, vec![]));
        self.add(&format!("{name}/not-found"), self.asked(goal, vec![not_found(5)]));
        let durable = row(SandboxState::Started, DesiredState::Started);
        let ephemeral = Columns { auto_delete: AutoDelete::AtOnce, ..durable };
        for (kind, columns) in [("durable", durable), ("ephemeral", ephemeral)] {
            let seen = vec![read(3, record(columns, second(2))), not_found(5)];
            self.add(&format!("{name}/not-found-of-{kind}"), self.asked(goal, seen));
        }
    }

    /// The limit of each state, the limit of a goal where no state is known, and the caller's own timeout, each at its edge.
    ///
    /// The limit of a state is the same for every goal, except that a fork's child is created for as long as the fork may take.
    fn limits(&mut self, name: &str, goal: Goal) {
        for (shown, columns) in shown_pairs() {
            let is_own = goal == Goal::Settled || goal == Goal::Forked && shown == SandboxState::Creating;
            if is_own {
                let asked = self.asked(goal, vec![read(5, record(columns, second(4)))]);
                self.edge(&format!("{name}/{shown}-to-{}", columns.desired_state), asked, second(4));
            }
        }
        self.edge(&format!("{name}/nothing-seen"), self.asked(goal, vec![]), now());
        let timed = Question { timeout_seconds: Some(60), ..self.asked(goal, vec![]) };
        self.add(&format!("{name}/before-the-timeout"), Question { now: second(60) - microsecond(1), ..timed.clone() });
        self.add(&format!("{name}/at-the-timeout"), Question { now: second(60), ..timed });
    }

    /// Adds a question at the end of its time limit and right after it, if it has one.
    fn edge(&mut self, id: &str, asked: Question, since: DateTime<Utc>) {
        let limits = serde_json::to_value(&self.policy.time_limits).expect("they can be written");
        let minutes = limits.as_object().expect("an object").values().filter_map(Value::as_i64);
        // The longest queue timeout here.
        let ends = minutes.chain([90]).map(|minutes| since + TimeDelta::minutes(minutes));
        let is_stuck =
            |now| matches!(assessed(&Question { now, ..asked.clone() }, self.policy), Assessment::Stuck { .. });
        if let Some(end) = ends.into_iter().find(|end| !is_stuck(*end) && is_stuck(*end + microsecond(1))) {
            self.add(&format!("{id}/at-its-limit"), Question { now: end, ..asked.clone() });
            self.add(&format!("{id}/after-its-limit"), Question { now: end + microsecond(1), ..asked });
        }
    }

    /// Records that lack what a wait needs, or have words that are newer than the client.
    fn unclear_records(&mut self, name: &str, goal: Goal) {
        use SandboxState as S;
        let states = [
            (S::Starting, DesiredState::Started),
            (S::Started, DesiredState::Started),
            (S::Stopped, DesiredState::Stopped),
            (S::Destroying, DesiredState::Destroyed),
            (S::Error, DesiredState::Started),
        ];
        for (state, desired) in states {
            let base = record(row(state, desired), second(4));
            let mut add = |what: &str, field: &str, value: Option<Value>| {
                let record = changed(&base, field, value);
                self.add(&format!("{name}/{state}-with-{what}"), self.asked(goal, vec![read(5, record)]));
            };
            add("unknown-desired-state", "desiredState", Some(json!("hibernated")));
            add("no-desired-state", "desiredState", None);
        }
        let base = record(row(S::Starting, DesiredState::Started), second(4));
        let mut add = |what: &str, field: &str, value: Option<Value>| {
            let record = changed(&base, field, value);
            self.add(&format!("{name}/{what}"), self.asked(goal, vec![read(5, record)]));
        };
        add("unknown-state", "state", Some(json!("hibernated")));
        add("no-state", "state", None);
        add("no-time-of-the-write", "updatedAt", None);
        let webhook = webhook(S::Started, 4);
        self.add(&format!("{name}/webhook-started"), self.asked(goal, vec![heard(5, webhook)]));
    }

    /// A sandbox that a stop deletes.
    fn ephemeral(&mut self, name: &str, goal: Goal) {
        for state in [SandboxState::Destroying, SandboxState::Destroyed, SandboxState::Error] {
            let columns = Columns { auto_delete: AutoDelete::AtOnce, ..row(state, DesiredState::Destroyed) };
            let asked = self.asked(goal, vec![read(5, record(columns, second(4)))]);
            self.add(&format!("{name}/ephemeral-{state}"), asked);
        }
    }

    /// Why a sandbox is gone, and how long it may wait for a runner.
    fn queued_or_evicted(&mut self) {
        let gone = record(row(SandboxState::Destroyed, DesiredState::Destroyed), second(4));
        for field in ["spotEvictedAt", "queueTimedOutAt"] {
            let record = changed(&gone, field, Some(json!(second(4))));
            self.add(&format!("started/destroyed-with-{field}"), self.asked(Goal::Started, vec![read(5, record)]));
        }
        let queued = record(row(SandboxState::PendingBuild, DesiredState::Started), second(4));
        for minutes in [10, 90] {
            let record = changed(&queued, "queueTimeout", Some(json!(minutes)));
            let asked = self.asked(Goal::Started, vec![read(5, record)]);
            self.edge(&format!("started/queue-timeout-of-{minutes}-minutes"), asked, second(4));
        }
    }

    /// A recovery, after an answer that still shows the error and after one that does not.
    fn recoveries(&mut self) {
        let error = |recoverable| {
            let columns = Columns { recoverable, ..row(SandboxState::Error, DesiredState::Started) };
            record(columns, second(0))
        };
        let starting = record(row(SandboxState::Starting, DesiredState::Started), second(0));
        for (what, answer) in [("still-in-error", error(true)), ("starting", starting)] {
            for recoverable in [true, false] {
                let seen = changed(&error(recoverable), "updatedAt", Some(json!(second(4))));
                let begin = Begin::After(read(0, answer.clone()));
                let asked = Question { begin, ..self.asked(Goal::Recovered, vec![read(5, seen)]) };
                let shown = if recoverable { "a-recoverable-error" } else { "an-error" };
                self.add(&format!("recovered/{shown}-after-an-answer-{what}"), asked);
            }
        }
    }

    /// Settings come from whole records only: what a webhook shows later is newer than they are.
    fn older_settings(&mut self) {
        let ephemeral =
            Columns { auto_delete: AutoDelete::AtOnce, ..row(SandboxState::Started, DesiredState::Started) };
        let seen = vec![read(3, record(ephemeral, second(2))), heard(5, webhook(SandboxState::Destroyed, 4))];
        self.add("stopped/webhook-destroyed-of-an-ephemeral-record", self.asked(Goal::Stopped, seen));
        let resizing = record(row(SandboxState::Resizing, DesiredState::Started), second(2));
        let seen = vec![read(3, resizing), heard(5, webhook(SandboxState::Started, 4))];
        let grow = SizeChange { cpu: NonZeroU32::new(4), ..SizeChange::default() };
        self.add("resized/webhook-started-after-a-record", self.asked(Goal::Resized(grow), seen));
    }

    /// What counts of several observations, and what is older than the command.
    fn order(&mut self) {
        let started = |written| record(row(SandboxState::Started, DesiredState::Started), second(written));
        let starting = |written| record(row(SandboxState::Starting, DesiredState::Started), second(written));
        let destroyed = record(row(SandboxState::Destroyed, DesiredState::Destroyed), second(3));
        let answer = Begin::After(read(0, starting(0)));
        let mut add = |what: &str, seen: Vec<Seen>| {
            let asked = Question { begin: answer.clone(), ..self.asked(Goal::Started, seen) };
            self.add(&format!("started/{what}"), asked);
        };
        add("the-answer-alone", vec![]);
        add("a-read-that-is-older-than-the-answer", vec![read(5, started(-1))]);
        add("a-read-as-old-as-the-answer", vec![read(5, started(0))]);
        add("the-later-write-counts", vec![read(5, starting(2)), read(4, started(3))]);
        add("the-later-look-counts", vec![read(5, started(3)), read(4, starting(3))]);
        add("destroyed-never-comes-back", vec![read(4, destroyed), read(5, started(4))]);
        let early =
            Question { begin: Begin::Accepted(second(5)), ..self.asked(Goal::Started, vec![read(4, started(4))]) };
        self.add("started/a-read-that-was-sent-before-the-command", early);
        let old = read(0, starting(-3600));
        let watched = Question { begin: Begin::Watching(old.clone()), ..self.asked(Goal::Started, vec![]) };
        self.add("started/watching-counts-from-the-begin-of-the-state", watched);
        let after = Question { begin: Begin::After(old), ..self.asked(Goal::Started, vec![]) };
        self.add("started/a-command-counts-from-its-answer", after);
    }

    /// When to look again: a tenth of the wait so far, 1 to 30 seconds, and not later than an end.
    fn pace(&mut self) {
        let starting = vec![read(0, record(row(SandboxState::Starting, DesiredState::Started), second(0)))];
        for waited in [0, 10, 11, 100, 299, 300] {
            let asked = Question { now: second(waited), ..self.asked(Goal::Started, starting.clone()) };
            self.add(&format!("started/look-again-after-{waited}-seconds"), asked.clone());
        }
        let asked = Question {
            timeout_seconds: Some(12),
            now: second(11) + microsecond(500_000),
            ..self.asked(Goal::Started, starting)
        };
        self.add("started/look-again-at-the-timeout", asked);
    }

    /// The goals that the states alone do not show: sizes and snapshots.
    fn results(&mut self) {
        let mut grown = row(SandboxState::Started, DesiredState::Started);
        let size = |cpu| SizeChange { cpu: NonZeroU32::new(cpu), ..SizeChange::default() };
        for (what, cpu) in [("another-size", 4), ("its-size", Size::default().cpu)] {
            let asked = self.asked(Goal::Resized(size(cpu)), vec![read(5, record(grown, second(4)))]);
            self.add(&format!("resized/{what}"), asked);
        }
        grown.backup_state = BackupState::InProgress;
        let without = ["cpu", "memory", "disk"].iter().fold(record(grown, second(4)), |record, field| {
            // A record always has its sizes, but a number may be one that no size can have.
            changed(&record, field, Some(json!(-1)))
        });
        self.add("resized/no-size-shown", self.asked(Goal::Resized(size(4)), vec![read(5, without)]));
        let taking = record(row(SandboxState::Snapshotting, DesiredState::Started), second(2));
        let ended = record(row(SandboxState::Started, DesiredState::Started), second(4));
        let look = |found, at| SnapshotLook { found, at: second(at) };
        let looks = [
            ("found", look(true, 6)),
            ("looked-for-and-not-found", look(false, 6)),
            ("found-before-the-command", look(true, -1)),
            ("not-found-before-its-end", look(false, 3)),
        ];
        for (what, look) in looks {
            let seen = vec![read(2, taking.clone()), read(5, ended.clone())];
            let asked = Question { snapshots: vec![look], ..self.asked(Goal::SnapshotTaken, seen) };
            self.add(&format!("snapshot-taken/{what}"), asked);
        }
        let under_way =
            Question { snapshots: vec![look(false, 3)], ..self.asked(Goal::SnapshotTaken, vec![read(2, taking)]) };
        self.add("snapshot-taken/not-found-while-it-is-taken", under_way);
    }
}
