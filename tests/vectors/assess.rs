//! Lines for clients: whether a wait is over, from what was seen of the sandbox.

use crate::form::{Profile, line, now};
use sandbox_lifecycle::{
    Assessment, Columns, DesiredState, Goal, Lifecycle, Observation, Policy, Sandbox, SandboxDto, SandboxState, Wait,
    chrono::{DateTime, TimeDelta, Utc},
    record::{SandboxStateUpdated, ServerTexts},
    vocabulary::{AutoDelete, BackupState, Size, SizeChange},
};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::num::NonZeroU32;

/// What a client saw, and when.
#[derive(Clone, Serialize)]
struct Seen {
    at: DateTime<Utc>,
    #[serde(flatten)]
    what: What,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
enum What {
    Record(Value),
    Webhook(Value),
    NotFound(bool),
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
enum Begin {
    After(Seen),
    Accepted(DateTime<Utc>),
    Watching(Seen),
}

#[derive(Clone, Serialize)]
struct SnapshotLook {
    found: bool,
    at: DateTime<Utc>,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Question {
    ask: &'static str,
    goal: Goal,
    begin: Begin,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    seen: Vec<Seen>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    snapshots: Vec<SnapshotLook>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout_seconds: Option<i64>,
    now: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<Profile>,
}

/// The seconds after the begin of the wait.
fn second(count: i64) -> DateTime<Utc> {
    now() + TimeDelta::seconds(count)
}

fn microsecond(count: i64) -> TimeDelta {
    TimeDelta::microseconds(count)
}

fn observation(seen: &Seen) -> Observation {
    match &seen.what {
        What::Record(record) => {
            let record: SandboxDto = serde_json::from_value(record.clone()).expect("a record");
            Observation::new(&record, seen.at)
        }
        What::Webhook(webhook) => {
            let webhook: SandboxStateUpdated = serde_json::from_value(webhook.clone()).expect("a webhook");
            Observation::new(&webhook, seen.at)
        }
        What::NotFound(_) => Observation::new(None::<&SandboxDto>, seen.at),
    }
}

/// The fields of a record that a wait reads, next to those that every record has.
const READ: [&str; 8] = [
    "state",
    "desiredState",
    "recoverable",
    "backupState",
    "autoDeleteInterval",
    "updatedAt",
    "spotEvictedAt",
    "queueTimedOutAt",
];

/// Returns the record that the API shows of a row, written at this time.
fn record(columns: Columns, written: DateTime<Utc>) -> Value {
    let dto = SandboxDto::new("s1", "o1", "n", "daytona", "eu", "", columns.size());
    let mut sandbox = Sandbox::from_row(dto, columns.into(), ServerTexts::default()).dto().clone();
    sandbox.last_activity_at = Default::default();
    sandbox.updated_at = sandbox_lifecycle::record::Maybe::Value(written.into());
    let required = ["id", "organizationId", "name", "user", "env", "labels", "public", "networkBlockAll", "target"];
    let sizes = ["cpu", "gpu", "memory", "disk"];
    let Ok(Value::Object(mut fields)) = serde_json::to_value(&sandbox) else { panic!("a record is an object") };
    fields.retain(|name, _| [&required[..], &sizes, &READ].concat().contains(&name.as_str()));
    Value::Object(fields)
}

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
    }
    lines.unclear_records();
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
        let ends = minutes.map(|minutes| since + TimeDelta::minutes(minutes));
        let is_stuck =
            |now| matches!(assessed(&Question { now, ..asked.clone() }, self.policy), Assessment::Stuck { .. });
        if let Some(end) = ends.into_iter().find(|end| !is_stuck(*end) && is_stuck(*end + microsecond(1))) {
            self.add(&format!("{id}/at-its-limit"), Question { now: end, ..asked.clone() });
            self.add(&format!("{id}/after-its-limit"), Question { now: end + microsecond(1), ..asked });
        }
    }

    /// Records that lack what a wait needs, or have words that are newer than the client.
    fn unclear_records(&mut self) {
        for (name, goal) in [("started", Goal::Started), ("stopped", Goal::Stopped), ("settled", Goal::Settled)] {
            let base = record(row(SandboxState::Starting, DesiredState::Started), second(4));
            let mut add = |what: &str, field: &str, value: Option<Value>| {
                let record = changed(&base, field, value);
                self.add(&format!("{name}/{what}"), self.asked(goal, vec![read(5, record)]));
            };
            add("unknown-state", "state", Some(json!("hibernated")));
            add("no-state", "state", None);
            add("unknown-desired-state", "desiredState", Some(json!("hibernated")));
            add("no-desired-state", "desiredState", None);
            add("no-time-of-the-write", "updatedAt", None);
            add("evicted", "spotEvictedAt", Some(json!(second(4))));
            add("timed-out-in-the-queue", "queueTimedOutAt", Some(json!(second(4))));
        }
        let gone = record(row(SandboxState::Destroyed, DesiredState::Destroyed), second(4));
        for field in ["spotEvictedAt", "queueTimedOutAt"] {
            let record = changed(&gone, field, Some(json!(second(4))));
            self.add(&format!("started/destroyed-with-{field}"), self.asked(Goal::Started, vec![read(5, record)]));
        }
        let webhook = json!({ "event": "sandbox.state.updated", "timestamp": second(4), "id": "s1", "organizationId": "o1",
            "oldState": "starting", "newState": "started", "updatedAt": second(4) });
        let heard = Seen { at: second(5), what: What::Webhook(webhook) };
        for (name, goal) in [("started", Goal::Started), ("stopped", Goal::Stopped), ("settled", Goal::Settled)] {
            self.add(&format!("{name}/webhook-started"), self.asked(goal, vec![heard.clone()]));
        }
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

fn read(at: i64, record: Value) -> Seen {
    Seen { at: second(at), what: What::Record(record) }
}

fn not_found(at: i64) -> Seen {
    Seen { at: second(at), what: What::NotFound(true) }
}

/// Returns the record with another value of a field, or without the field.
fn changed(record: &Value, field: &str, value: Option<Value>) -> Value {
    let mut fields: Map<String, Value> = record.as_object().expect("an object").clone();
    match value {
        Some(value) => fields.insert(field.to_owned(), value),
        None => fields.remove(field),
    };
    Value::Object(fields)
}

fn assessed(asked: &Question, policy: &Policy) -> Assessment {
    let timeout = asked.timeout_seconds.map(TimeDelta::seconds);
    let mut wait = match &asked.begin {
        Begin::After(answer) => Wait::after(asked.goal, observation(answer), timeout),
        Begin::Accepted(at) => Wait::accepted(asked.goal, *at, timeout),
        Begin::Watching(first) => Wait::watching(asked.goal, observation(first), timeout),
    };
    for seen in &asked.seen {
        wait.observe(observation(seen));
    }
    for look in &asked.snapshots {
        wait.observe_snapshot(look.found, look.at);
    }
    wait.assess(policy, asked.now)
}
