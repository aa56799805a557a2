//! Two who act on one row at once: what the second one decided is stale where the first one changed what it read.

use chrono::{DateTime, Duration, Utc};
use sandbox_lifecycle::{
    Answer, AutoPause, AutoStop, BackupOf, BackupState, Cause, Columns, Command, Context, DesiredState, Ignored, Job,
    Lifecycle, Micros, Next, Observed, Outcome, Policy, Report, RunnerView, SandboxClass, SandboxState, Stale, Step,
    Task, Timer, Ttl,
};

fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + Duration::days(10)
}

fn decide(row: &Lifecycle, input: impl sandbox_lifecycle::AsInput) -> Step {
    row.decide(input, &Policy::default(), Context::default(), now()).expect("it is taken")
}

fn minutes<T: TryFrom<i64, Error = sandbox_lifecycle::IntervalError>>(count: i64) -> T {
    T::try_from(count).expect("an interval within its range")
}

/// A VM that runs and was last used nine days ago.
fn idle() -> Columns {
    Columns {
        class: SandboxClass::LinuxVm,
        auto_stop: AutoStop::Never,
        created_at: (now() - Duration::days(9)).into(),
        last_activity_at: (now() - Duration::days(9)).into(),
        state_since: (now() - Duration::days(9)).into(),
        ..Columns::default()
    }
}

fn stale(state: SandboxState) -> Result<Lifecycle, Stale> {
    Err(Stale { was: state, is: state })
}

#[test]
fn two_callers_do_not_set_both_idle_timers() {
    let row = Lifecycle::from(idle());
    let stop = decide(&row, Command::AutoStop { interval: minutes(15) });
    let pause = decide(&row, Command::AutoPause { interval: minutes(15) });
    assert_eq!(stop.expects().auto_pause, Some(AutoPause::Never));
    assert_eq!(pause.expects().auto_stop, Some(AutoStop::Never));
    assert_eq!(pause.apply(stop.apply(row).expect("the first one is taken")), stale(SandboxState::Started));
}

/// A touch at this many seconds past `now`, decided on this row.
fn touched(row: &Lifecycle, seconds: i64) -> Step {
    let at = now() + Duration::seconds(seconds);
    row.decide(Command::Touch, &Policy::default(), Context::default(), at).expect("a touch is always taken")
}

#[test]
fn who_is_used_meanwhile_is_not_stopped_by_its_timer() {
    let row = Lifecycle::from(Columns { auto_stop: minutes(60), ..idle() });
    let stops = decide(&row, Timer::AutoStop);
    assert_eq!(stops.expects().last_activity_at, Some(idle().last_activity_at));
    let used = touched(&row, 0).apply(row).expect("the caller was first");
    assert_eq!(stops.apply(used), stale(SandboxState::Started));
}

#[test]
fn a_touch_that_is_decided_late_does_not_make_a_sandbox_look_idle() {
    let row = Lifecycle::from(idle());
    let later = touched(&row, 5).apply(row).expect("nobody else writes this row");
    let earlier = touched(&later, 0).apply(later).expect("nobody else writes this row");
    assert_eq!(earlier.last_activity_at(), now() + Duration::seconds(5));
}

#[test]
fn who_gives_a_sandbox_more_time_keeps_it() {
    let end = Micros::from(now() - Duration::seconds(1));
    let row = Lifecycle::from(Columns { auto_destroy_at: Some(end), ..idle() });
    let destroys = decide(&row, Timer::Ttl);
    assert_eq!(destroys.expects().auto_destroy_at, Some(end));
    let longer = decide(&row, Command::Ttl { interval: minutes::<Ttl>(60) }).apply(row).expect("the caller was first");
    assert_eq!(destroys.apply(longer), stale(SandboxState::Started));
}

#[test]
fn who_turns_a_timer_off_is_not_stopped_by_it() {
    let row = Lifecycle::from(Columns { auto_stop: minutes(60), ..idle() });
    let stops = decide(&row, Timer::AutoStop);
    assert_eq!(stops.desired_state(), DesiredState::Stopped);
    let longer = decide(&row, Command::AutoStop { interval: minutes(600) }).apply(row).expect("the caller was first");
    assert_eq!(stops.apply(longer), stale(SandboxState::Started));
}

#[test]
fn a_backup_begun_anew_is_not_ended_by_the_limit_of_the_one_before() {
    let began = |ago| Some(Micros::from(now() - Duration::hours(ago)));
    let at = |backup_since| Columns { backup_state: BackupState::InProgress, backup_since, ..idle() };
    let ends = decide(&at(began(3)).into(), Timer::BackupLimit);
    assert!(ends.writes());
    assert_eq!(ends.apply(at(began(0)).into()), stale(SandboxState::Started));
}

#[test]
fn a_late_word_of_a_backup_does_not_take_an_archive_away() {
    let archived = Lifecycle::from(Columns {
        state: SandboxState::Archived,
        desired_state: DesiredState::Archived,
        backup_state: BackupState::Completed,
        has_backup_ref: true,
        has_runner: false,
        ..idle()
    });
    let step = decide(&archived, Report::BackupUnderWay { begun: true });
    assert_eq!((step.is_noop(), step.cause()), (true, Cause::Ignored(Ignored::NotAwaited)));
}

#[test]
fn a_runner_that_does_not_answer_does_not_stop_the_clock() {
    let began = |ago| Micros::from(now() - Duration::minutes(ago));
    let starting = |ago| {
        Lifecycle::from(Columns { state: SandboxState::Starting, pending: true, state_since: began(ago), ..idle() })
    };
    let policy = Policy::default();
    let view = RunnerView { observed: Observed::NoAnswer, ..RunnerView::default() };
    assert!(matches!(starting(4).reconcile(&view, &policy, now()), Next::Wait { .. }));
    let Next::Apply(step) = starting(6).reconcile(&view, &policy, now()) else { panic!("its five minutes are over") };
    assert_eq!(step.state(), SandboxState::Error);
}

#[test]
fn an_archive_that_was_given_up_is_not_looked_at_for_ever() {
    let row = Lifecycle::from(Columns {
        state: SandboxState::Error,
        desired_state: DesiredState::Archived,
        backup_state: BackupState::Error,
        ..idle()
    });
    let view = |archive_attempts| RunnerView { archive_attempts, ..RunnerView::default() };
    let policy = Policy::default();
    assert!(matches!(row.reconcile(&view(policy.max_archive_attempts), &policy, now()), Next::Apply(_)));
    assert_eq!(row.reconcile(&view(policy.max_archive_attempts + 1), &policy, now()), Next::Nothing);
}

/// What a host must see to, since the rules cannot: a backup that is under way when its sandbox comes to rest is not
/// dropped (section 8), so the disk of before counts as the disk of now. A host calls it another one's backup.
#[test]
fn a_backup_of_an_earlier_run_is_another_ones() {
    let stopped = Lifecycle::from(Columns {
        state: SandboxState::Stopped,
        desired_state: DesiredState::Stopped,
        backup_state: BackupState::InProgress,
        ..idle()
    });
    let ended = |of| {
        let job = Job::Backup { of };
        decide(&stopped, Report::Ended { job, outcome: Outcome::Completed, epoch: None })
    };
    assert!(ended(BackupOf::Current).writes());
    assert_eq!(ended(BackupOf::Other).cause(), Cause::Ignored(Ignored::OtherBackup));
}

#[test]
fn the_end_of_a_restore_waits_until_the_runner_has_the_sandbox() {
    let archived = Lifecycle::from(Columns {
        state: SandboxState::Archived,
        desired_state: DesiredState::Started,
        pending: true,
        backup_state: BackupState::Completed,
        has_backup_ref: true,
        has_runner: false,
        ..idle()
    });
    let ended = Report::Ended { job: Job::Create, outcome: Outcome::Completed, epoch: None };
    assert_eq!(decide(&archived, ended).cause(), Cause::Ignored(Ignored::NotAwaited));
    let done = Report::Answered { task: Task::Restore, answer: Answer::Done, from: None, epoch: None };
    let started = decide(&archived, done).apply(archived).expect("nobody else writes this row");
    assert_eq!((started.state(), started.has_runner()), (SandboxState::Started, true));
}

#[test]
fn an_earlier_touch_that_is_written_last_does_not_take_the_later_one_back() {
    let row = Lifecycle::from(Columns::default());
    let at = |seconds| {
        let used_at = now() + Duration::seconds(seconds);
        row.decide(Command::Touch, &Policy::default(), Context::default(), used_at).expect("it is taken")
    };
    let (earlier, later) = (at(0), at(5));
    let used = later.apply(row).expect("the later one is written first");
    assert_eq!(earlier.apply(used), Err(Stale { was: SandboxState::Started, is: SandboxState::Started }));
}
