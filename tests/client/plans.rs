//! Plans, compared with a breadth-first search over `decide` and `reconcile` with a runner that does all that it is called for.

use crate::PLAIN_GOALS;
use sandbox_lifecycle::{
    Columns, Command, Context, DesiredState as D, Effect, Goal, Lifecycle, Next, Policy, RunnerView, SandboxClass,
    SandboxState as S, Step,
    client::{Plan, PlanPart},
    controller::{Image, Observed, Placement, Question, Stored},
    rules::{Call, Job, Outcome, Report, Task},
    runner::End,
    vocabulary::{AutoDelete, BackupState, Fault, SizeChange},
};
use std::{collections::VecDeque, num::NonZeroU32};

const NOW: chrono::DateTime<chrono::Utc> = chrono::DateTime::UNIX_EPOCH;

/// A sandbox on a platform where everything goes well.
#[derive(Clone, Copy, PartialEq)]
struct Ideal {
    row: Lifecycle,
    /// Whether the caller has made a snapshot or a fork. One that was under way before is another's.
    made: bool,
}

impl Ideal {
    fn decide(&self, command: Command, context: Context) -> Option<Self> {
        let context = context.with_revision(self.row.revision());
        let step = self.row.decide(command, &Policy::default(), context, NOW).ok()?;
        let made = self.made || matches!(command, Command::Snapshot { .. } | Command::Fork);
        (!step.is_noop()).then(|| Self { made, ..self.after(&step) })
    }

    /// The sandbox after a step, whose calls have ended well.
    fn after(self, step: &Step) -> Self {
        let row = step.apply(self.row).expect("nobody else writes");
        let mut after = Self { row, ..self };
        for effect in step.effects() {
            if let Effect::Call(call) = effect {
                after = after.called(call);
            }
        }
        after
    }

    fn called(self, call: Call) -> Self {
        let report = match call.task {
            Task::Backup { attempt } => {
                let job = Job::Backup { attempt: Some(attempt) };
                Report::Ended { job, outcome: Outcome::Completed, epoch: None }
            }
            _ => End::Completed.report(call),
        };
        let context = Context::of(&self.row);
        match self.row.decide(report, &Policy::default(), context, NOW) {
            Ok(step) => self.after(&step),
            Err(refusal) => panic!("{report:?}: {refusal}"),
        }
    }

    /// The sandbox once nothing is left to do.
    fn at_rest(mut self) -> Self {
        let view = |row: &Lifecycle, observed| RunnerView {
            placement: Placement::Warm,
            image: Image::Ready,
            observed,
            stored: Stored::Missing,
            ..RunnerView::of(row)
        };
        for _ in 0..20 {
            let next = self.row.reconcile(&view(&self.row, Observed::NotAsked), &Policy::default(), NOW);
            let next = match next {
                // The call that is under way has ended as it should, and an error rests.
                Next::Ask(Question::Runner { .. }) => {
                    let arrived = match self.row.desired_state() {
                        _ if self.row.state() == S::Error => S::Stopped,
                        desired => desired.fulfilled_by().unwrap_or(S::Stopped),
                    };
                    self.row.reconcile(&view(&self.row, Observed::State(arrived)), &Policy::default(), NOW)
                }
                other => other,
            };
            match next {
                Next::Apply(step) => self = self.after(&step),
                Next::Ask(_) | Next::Resend { .. } | Next::Wait { .. } | Next::Nothing => break,
            }
        }
        // Changes in place and recoveries end by their own report.
        let in_place = match self.row.state() {
            S::Resizing => Some(Task::Resize { to: self.row.size() }),
            S::Snapshotting => Some(Task::Snapshot { include_memory: false }),
            S::Forking => Some(Task::Fork),
            S::Pausing => Some(Task::Pause),
            _ => None,
        };
        match in_place {
            Some(task) => {
                let ended = self.called(Call { task, epoch: self.row.epoch() });
                if ended.row == self.row { self } else { ended.at_rest() }
            }
            None => self,
        }
    }

    fn is_at(&self, goal: Goal) -> bool {
        let (row, state) = (self.row, self.row.state());
        let settled = row.is_settled() && state != S::Destroyed;
        match goal {
            Goal::Started => settled && state == S::Started,
            Goal::Stopped => (settled && state == S::Stopped) || (state == S::Destroyed && row.is_ephemeral()),
            Goal::Paused => settled && state == S::Paused,
            Goal::Archived => settled && state == S::Archived,
            Goal::Destroyed => state == S::Destroyed,
            Goal::Settled | Goal::Recovered => settled,
            Goal::Resized(change) => settled && change.applied_to(row.size()) == row.size(),
            Goal::SnapshotTaken | Goal::Forked => settled && self.made,
            other => panic!("{other} is a goal that this test does not know"),
        }
    }
}

/// The fewest commands after which the sandbox can be at a goal.
fn fewest(start: Ideal, goal: Goal, context: Context) -> Option<usize> {
    let change = match goal {
        Goal::Resized(change) => change,
        _ => SizeChange { cpu: NonZeroU32::new(2), memory: None, disk: None },
    };
    let mut commands = vec![
        Command::Start,
        Command::Stop { force: false },
        Command::Pause,
        Command::Archive,
        Command::Resize(change),
        Command::Recover { start: true },
        Command::Recover { start: false },
    ];
    match goal {
        Goal::SnapshotTaken => commands.push(Command::Snapshot { include_memory: false }),
        Goal::Forked => commands.push(Command::Fork),
        // Who asks for anything else does not ask for the end.
        Goal::Destroyed => commands.push(Command::Destroy { force: false }),
        _ => {}
    }
    let mut queue = VecDeque::from([(start, 0)]);
    let mut seen: Vec<Ideal> = Vec::new();
    while let Some((at, count)) = queue.pop_front() {
        if at.is_at(goal) {
            return Some(count);
        }
        let same = |other: &Ideal| key(other) == key(&at);
        if count > 4 || seen.iter().any(same) {
            continue;
        }
        seen.push(at);
        // A wait costs no command, so it goes first.
        queue.push_front((at.at_rest(), count));
        let after = commands.iter().filter_map(|command| at.decide(*command, context));
        queue.extend(after.map(|after| (after, count + 1)).collect::<Vec<_>>());
    }
    None
}

/// What distinguishes two situations of the search: every column but the numbers that only grow.
fn key(ideal: &Ideal) -> (Columns, bool) {
    let columns = Columns {
        epoch: 0,
        revision: 0,
        backup_attempt: 0,
        state_since: NOW,
        last_activity_at: NOW,
        backup_since: None,
        last_recovery: None,
        ..ideal.row.columns()
    };
    (columns, ideal.made)
}

fn rows() -> Vec<Lifecycle> {
    let mut rows = Vec::new();
    for state in S::ALL {
        for desired_state in D::ALL.iter().filter(|desired| **desired != D::Resized) {
            for bits in 0..1u8 << 6 {
                let has = |bit: u8| bits & 1 << bit != 0;
                let columns = Columns {
                    state: *state,
                    desired_state: *desired_state,
                    pending: true,
                    class: if has(0) { SandboxClass::LinuxVm } else { SandboxClass::Container },
                    auto_delete: if has(1) { AutoDelete::AtOnce } else { AutoDelete::NEVER },
                    backup_state: if has(2) { BackupState::Completed } else { BackupState::None },
                    has_backup_ref: has(2),
                    recoverable: has(3),
                    has_runner: has(4),
                    fault: has(5).then_some(Fault::Runner),
                    cpu: 4,
                    ..Columns::default()
                };
                let row = Lifecycle::from(columns).repaired();
                // The assumption of every plan; and an archive has a backup.
                let assumed =
                    row.has_runner() || matches!(state, S::Archived | S::Destroyed | S::Error | S::BuildFailed);
                let restorable = *state != S::Archived || has(2);
                let unbuilt = matches!(state, S::PendingBuild | S::BuildingSnapshot | S::PullingSnapshot | S::Unknown);
                // The controller ends that by itself (differences D3 and D38): a wait, and not a command, leads on.
                let archive_failed = (*state, *desired_state) == (S::Error, D::Archived);
                // No rule writes the first pair, and the clock deletes the second sandbox at once.
                let never_rests = (*state, *desired_state) == (S::Started, D::Paused)
                    || ((*state, *desired_state) == (S::Stopped, D::Stopped) && has(1));
                if row.violations().is_empty()
                    && assumed
                    && restorable
                    && !unbuilt
                    && !archive_failed
                    && !never_rests
                    && !rows.contains(&row)
                {
                    rows.push(row);
                }
            }
        }
    }
    rows
}

fn goals() -> impl Iterator<Item = Goal> {
    let cpu = |cpu| Goal::Resized(SizeChange { cpu: NonZeroU32::new(cpu), memory: None, disk: None });
    let disk = Goal::Resized(SizeChange { cpu: None, memory: None, disk: NonZeroU32::new(100) });
    let memory = Goal::Resized(SizeChange { cpu: None, memory: NonZeroU32::new(9), disk: None });
    PLAIN_GOALS.into_iter().chain([cpu(8), cpu(1), disk, memory])
}

/// Every row and goal: a plan has as few commands as the search needs, and there is none exactly where the search finds none.
#[test]
fn a_plan_is_as_short_as_any_way_to_its_goal() {
    let mut wrong = Vec::new();
    let (mut found, mut none) = (0, 0);
    for row in rows() {
        for goal in goals() {
            for suspended in [false, true] {
                let context = Context::of(&row).with_organization_suspended(suspended);
                let plan = Plan::to(goal, &row, &Policy::default(), context, NOW);
                let planned = plan.as_ref().ok().map(|plan| plan.commands().count());
                let searched = fewest(Ideal { row, made: false }, goal, context);
                if planned != searched {
                    let said = plan.map_or_else(|none| none.to_string(), |plan| plan.to_string());
                    wrong
                        .push(format!("{goal}, suspended {suspended}: {said}; the search needs {searched:?}; {row:?}"));
                }
                if searched.is_some() { found += 1 } else { none += 1 }
            }
        }
    }
    assert!(found > 1_000 && none > 1_000, "{found} with a way, {none} without");
    assert!(wrong.is_empty(), "{} of {}, first: {}", wrong.len(), found + none, wrong[0]);
}

fn plan(state: S, desired_state: D, class: SandboxClass, goal: Goal) -> String {
    let row = Lifecycle::from(Columns { state, desired_state, class, ..Columns::default() }).repaired();
    match Plan::to(goal, &row, &Policy::default(), Context::of(&row), NOW) {
        Ok(plan) => plan.to_string(),
        Err(none) => none.to_string(),
    }
}

#[test]
fn a_plan_says_where_the_disk_comes_from() {
    let backed_up = Columns { backup_state: BackupState::Completed, has_backup_ref: true, ..Columns::default() };
    let archived = Columns { state: S::Archived, desired_state: D::Archived, has_runner: false, ..backed_up };
    let failed = Columns { state: S::Error, fault: Some(Fault::Runner), recoverable: true, ..backed_up };
    let lost = Columns { has_runner: false, ..failed };
    let planned = [archived, failed, lost].map(|columns| {
        let row = Lifecycle::from(columns).repaired();
        Plan::to(Goal::Started, &row, &Policy::default(), Context::of(&row), NOW).expect("a way").to_string()
    });
    assert_eq!(
        planned,
        [
            "start (restores the backup, compute begins); wait for started",
            "recover (compute begins); wait for recovered",
            "recover (restores the backup, compute begins, loses disk?); wait for recovered",
        ]
    );
}

#[test]
fn the_parts_of_a_plan_are_its_commands_and_the_waits_between_them() {
    let row =
        Lifecycle::from(Columns { state: S::Stopping, desired_state: D::Stopped, ..Columns::default() }).repaired();
    let plan = Plan::to(Goal::Started, &row, &Policy::default(), Context::of(&row), NOW).expect("a start");
    let parts: Vec<_> = plan
        .parts()
        .iter()
        .map(|part| match part {
            PlanPart::Wait(goal) => Err(*goal),
            PlanPart::Send { command, .. } => Ok(*command),
        })
        .collect();
    assert_eq!(parts, [Err(Goal::Settled), Ok(Command::Start), Err(Goal::Started)]);
    assert!(plan.commands().eq([Command::Start]));
}

#[test]
fn a_plan_says_what_each_command_causes() {
    use SandboxClass::{Container, LinuxVm};
    let ensured = [
        (plan(S::Started, D::Started, Container, Goal::Started), "nothing"),
        (plan(S::Starting, D::Started, Container, Goal::Started), "wait for started"),
        (plan(S::Stopped, D::Stopped, Container, Goal::Started), "start (compute begins); wait for started"),
        (plan(S::Paused, D::Paused, LinuxVm, Goal::Started), "start (compute begins); wait for started"),
        (
            plan(S::Stopping, D::Stopped, Container, Goal::Started),
            "wait for settled; start (compute begins); wait for started",
        ),
        (plan(S::Archiving, D::Archived, Container, Goal::Started), "start (compute begins); wait for started"),
        (
            plan(S::Started, D::Started, Container, Goal::Archived),
            "stop (compute ends, loses running processes, memory); wait for stopped; archive; wait for archived",
        ),
        (plan(S::Started, D::Started, LinuxVm, Goal::Paused), "pause (compute ends); wait for paused"),
        (plan(S::Destroyed, D::Destroyed, Container, Goal::Started), "the sandbox is destroyed or being destroyed"),
        (
            plan(S::Error, D::Started, Container, Goal::Started),
            "cannot recover while the state is error and the desired state started: neither its runner nor a backup can \
             bring it back; possible now: destroy (deletes its data)",
        ),
    ];
    for (planned, expected) in ensured {
        assert_eq!(planned, expected);
    }
}

#[test]
fn the_stop_of_an_ephemeral_sandbox_is_awaited_as_a_stop() {
    let columns = Columns { state: S::Stopping, desired_state: D::Stopped, ..Columns::default() };
    let row = Lifecycle::from(Columns { auto_delete: AutoDelete::AtOnce, ..columns }).repaired();
    let plan = Plan::to(Goal::Destroyed, &row, &Policy::default(), Context::of(&row), NOW).expect("it is deleted");
    // A wait for settled would end as unreachable: the sandbox is deleted.
    assert_eq!(plan.to_string(), "wait for stopped");
}
