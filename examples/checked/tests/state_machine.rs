//! The service behind the traits of `proptest-state-machine`: the crate is the reference, the service is under test.

use checked_service::{Fault, Service};
use chrono::{DateTime, TimeDelta, Utc};
use proptest::{
    prelude::*,
    sample::select,
    strategy::Union,
    test_runner::{Config, TestError, TestRunner},
};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};
use sandbox_lifecycle::{
    Columns, Context, Input, Lifecycle, NewSandbox, Next, Policy, Report, RunnerView, Verb,
    controller::Placement,
    rules::{Job, Outcome},
    testing::{
        Inputs,
        kit::{Passed, System},
    },
    vocabulary::Fault as Reported,
};

/// The crate's sandbox.
#[derive(Debug, Clone)]
struct Sandbox {
    row: Lifecycle,
    now: DateTime<Utc>,
}

/// What happens to a sandbox.
#[derive(Debug, Clone)]
enum Event {
    Input(Input),
    /// The controller looks, and placement has room or not.
    Pass(Placement),
    Wait(i64),
}

/// The reference: this crate.
struct Reference;

impl ReferenceStateMachine for Reference {
    type State = Sandbox;
    type Transition = Event;

    fn init_state() -> BoxedStrategy<Sandbox> {
        let now = DateTime::from_timestamp(1_760_000_000, 0).expect("a time");
        let new = Lifecycle::create(&NewSandbox::default(), &Policy::default(), now).expect("a sandbox");
        Just(Sandbox { row: new, now }).boxed()
    }

    fn transitions(sandbox: &Sandbox) -> BoxedStrategy<Event> {
        let accepted: Vec<Verb> = accepted(sandbox);
        let commands = Inputs::default().commands(accepted).without_reports();
        let mut events = vec![
            (2, commands.inputs().prop_map(Event::Input).boxed()),
            (3, select(vec![Placement::NoRoom, Placement::Warm]).prop_map(Event::Pass).boxed()),
            (1, select(vec![1, 16, 61, 1_441]).prop_map(Event::Wait).boxed()),
        ];
        let failed = Outcome::Failed { fault: Reported::Runner, recoverable: true };
        let epochs = select(vec![sandbox.row.epoch(), sandbox.row.epoch().wrapping_sub(1)]);
        let ended = (select(jobs()), select(vec![Outcome::Completed, failed]), epochs);
        let ended = ended.prop_map(|(job, outcome, epoch)| Report::Ended { job, outcome, epoch: Some(epoch) });
        events.push((3, ended.prop_map(|report| Event::Input(report.into())).boxed()));
        Union::new_weighted(events).boxed()
    }

    fn apply(sandbox: Sandbox, event: &Event) -> Sandbox {
        let Sandbox { row, now } = sandbox;
        let policy = Policy::default();
        let step = match event {
            Event::Input(input) => row.decide(*input, &policy, Context::of(&row), now).ok(),
            Event::Pass(placement) => match row.reconcile(&view(&row, *placement), &policy, now) {
                Next::Apply(step) => Some(step),
                Next::Ask(_) | Next::Resend { .. } | Next::Wait { .. } | Next::Nothing => None,
            },
            Event::Wait(minutes) => return Sandbox { row, now: now + TimeDelta::minutes(*minutes) },
        };
        let row = step.map_or(row, |step| step.apply(row).expect("it was decided on this row"));
        Sandbox { row, now }
    }
}

fn accepted(sandbox: &Sandbox) -> Vec<Verb> {
    let Sandbox { row, now } = sandbox;
    row.accepted_commands(&Policy::default(), Context::of(row), *now).collect()
}

fn jobs() -> Vec<Job> {
    vec![Job::Create, Job::Start, Job::Stop, Job::Destroy, Job::Pause, Job::Recover { start: true }]
}

fn view(row: &Lifecycle, placement: Placement) -> RunnerView {
    RunnerView { placement, ..RunnerView::of(row) }
}

/// The service, and what the test knows of it: its row, for the context, and the clock.
struct Host {
    service: Service,
    row: Lifecycle,
    now: DateTime<Utc>,
}

/// The test of the correct service, or of one with a fault.
struct Checked<const FAULTY: bool>;

impl<const FAULTY: bool> StateMachineTest for Checked<FAULTY> {
    type SystemUnderTest = Host;
    type Reference = Reference;

    fn init_test(sandbox: &Sandbox) -> Host {
        let mut service = Service::new(FAULTY.then_some(Fault::EphemeralStopRests));
        service.store(&sandbox.row.columns()).expect("a row of the service");
        Host { service, row: sandbox.row, now: sandbox.now }
    }

    fn apply(mut host: Host, expected: &Sandbox, event: Event) -> Host {
        let answered = match event {
            Event::Input(input) => host.service.decide(input, Context::of(&host.row), host.now).after().copied(),
            Event::Pass(placement) => match host.service.pass(&view(&host.row, placement), host.now) {
                Ok(Passed::Wrote(answer)) => answer.after().copied(),
                Ok(_) => None,
                Err(_) => panic!("the service makes passes"),
            },
            Event::Wait(_) => None,
        };
        let row: Columns = answered.unwrap_or(host.row.columns());
        assert_eq!(Lifecycle::from(row), expected.row);
        Host { row: expected.row, now: expected.now, ..host }
    }
}

fn config() -> Config {
    Config { cases: 200, failure_persistence: None, ..Config::default() }
}

prop_state_machine! {
    #![proptest_config(config())]

    #[test]
    fn the_service_does_what_the_crate_does(sequential 1..40 => Checked<false>);
}

#[test]
fn the_state_machine_finds_a_fault_and_shrinks_its_transitions() {
    let config = Config { cases: 2_000, ..config() };
    let rng = proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config.clone(), rng);
    let outcome = runner.run(&Reference::sequential_strategy(1..40), |(initial, events, seen)| {
        Checked::<true>::test_sequential(config.clone(), initial, events, seen);
        Ok(())
    });
    let Err(TestError::Fail(_, (_, events, _))) = outcome else { panic!("it finds nothing: {outcome:?}") };
    let stops = |event: &&Event| matches!(event, Event::Input(Input::Command(sandbox_lifecycle::Command::Stop { .. })));
    assert!(events.iter().any(|event| stops(&event)), "{events:?}");
    assert!(events.len() <= 8, "{events:?}");
}
