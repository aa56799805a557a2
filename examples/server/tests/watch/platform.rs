//! A platform of one sandbox and one runner: the crate decides, so that no record is invented.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use sandbox_lifecycle::{
    Command, Next, Policy, RunnerView, Sandbox, SandboxClass, Step,
    controller::Question,
    record::{CreateSandbox, Maybe, Message, SandboxListItem, ServerChoices, StepDetails},
    rules::Call,
    runner::{CopyAnswer, End},
    vocabulary::CopyState,
};
use serde_json::Value;

const RUNNER: &str = "runner-1";

pub struct Platform {
    sandbox: Sandbox,
    /// The call that the runner works on.
    call: Option<Call>,
    policy: Policy,
    pub now: DateTime<Utc>,
}

impl Platform {
    /// Creates a sandbox ten minutes ago, and starts it then.
    pub fn started(name: &str, set: impl FnOnce(&mut CreateSandbox)) -> Self {
        let now = (Utc::now() - TimeDelta::minutes(10)).trunc_subsecs(0);
        let mut request = CreateSandbox::default();
        request.name = Maybe::Value(name.into());
        set(&mut request);
        let choices = ServerChoices {
            runner_id: Some(RUNNER.into()),
            ..ServerChoices::new(
                format!("id-of-{name}"),
                "o1",
                "eu",
                SandboxClass::Container,
                "http://127.0.0.1/toolbox",
            )
        };
        let policy = Policy::default();
        let sandbox = Sandbox::create(request, choices, &policy, now).expect("a valid request");
        let mut platform = Self { sandbox, call: None, policy, now };
        platform.pass();
        platform.end(End::Completed);
        platform
    }

    /// Decides on a command, and lets the controller begin with it.
    pub fn command(&mut self, command: Command) {
        let decided = self.sandbox.decide(command, &self.policy, self.sandbox.context(), self.now);
        self.write(&decided.expect("the command is accepted"));
        self.pass();
    }

    /// The runner ends its call.
    pub fn end(&mut self, end: End) {
        let call = self.call.take().expect("a call is under way");
        let report = end.report(call);
        let decided = self.sandbox.report(RUNNER, report, &self.policy, self.sandbox.context(), self.now);
        self.write(&decided.expect("the report of a call is not refused"));
    }

    /// The record, as the API shows it.
    pub fn record(&self) -> String {
        serde_json::to_string(self.sandbox.dto()).expect("a record has a JSON form")
    }

    /// The record in a list.
    pub fn item(&self) -> Value {
        serde_json::to_value(SandboxListItem::from(self.sandbox.dto())).expect("an item has a JSON form")
    }

    /// The controller looks until there is nothing to do but wait. The runner has begun with nothing yet.
    fn pass(&mut self) {
        let mut view = RunnerView::of(self.sandbox.lifecycle());
        loop {
            match self.sandbox.reconcile(&view, &self.policy, self.now) {
                Next::Ask(Question::Runner { .. }) => {
                    view = view.answered(CopyAnswer { state: CopyState::Busy, size: None });
                }
                Next::Apply(step) => {
                    self.write(&step);
                    view = RunnerView::of(self.sandbox.lifecycle());
                }
                Next::Ask(Question::Store { .. }) | Next::Resend { .. } | Next::Wait { .. } | Next::Nothing => return,
            }
        }
    }

    fn write(&mut self, step: &Step) {
        let details = StepDetails { reason: Some("no space left on device"), ..StepDetails::default() };
        for entry in self.sandbox.apply(step, details).expect("the step was decided on this record") {
            if let Message::Call(call) = entry.message {
                self.call = Some(call);
            }
        }
    }
}
