//! What a client knows of a sandbox: what it saw, whether a wait is over, what happens next, what it holds and carries.
//!
//! # A client in parts
//!
//! | a client | uses |
//! |---|---|
//! | sends a command | [`CommandRequest`](crate::record::CommandRequest), from [`Command::request`](crate::Command::request) |
//! | reads a sandbox | [`HttpRequest::read`](crate::record::HttpRequest::read); the answer is a [`SandboxDto`](crate::SandboxDto) |
//! | lists sandboxes | [`ListQuery`](crate::record::ListQuery); the answer is a [`SandboxPage`](crate::record::SandboxPage) |
//! | gets an error | [`ErrorBody`](crate::record::ErrorBody), [`ErrorBody::advice`](crate::record::ErrorBody::advice) |
//! | waits for the end of a change | [`Wait`] |
//! | ensures a state, whatever the sandbox does now | [`Plan`] |
//! | shows buttons | [`PartialLifecycle`](crate::PartialLifecycle), [`KnownContext`](crate::rules::KnownContext) |
//! | shows a record with a word that is newer than the client | [`ReadLifecycle`](crate::record::ReadLifecycle) |
//!
//! # Following a plan
//!
//! A plan may begin with a wait for someone else's change. Every other wait follows a command of the plan:
//!
//! ```
//! use sandbox_lifecycle::{Assessment, Context, Goal, Observation, Policy, SandboxDto, Wait};
//! use sandbox_lifecycle::{client::{Plan, PlanPart}, record::{CommandRequest, ReadLifecycle}};
//! use sandbox_lifecycle::chrono::{DateTime, Utc};
//! trait Api {
//!     fn now(&self) -> DateTime<Utc>;
//!     fn read(&mut self, id: &str) -> SandboxDto;
//!     fn send(&mut self, request: CommandRequest) -> SandboxDto;
//!     /// The loop of `Wait`.
//!     fn wait(&mut self, id: &str, wait: Wait) -> Result<(), Assessment>;
//! }
//! fn ensure(api: &mut impl Api, id: &str, goal: Goal) -> Result<(), Box<dyn std::error::Error>> {
//!     let mut seen_at = api.now();
//!     let mut seen = api.read(id);
//!     let row = ReadLifecycle::try_from(&seen)?.lifecycle;
//!     let plan = Plan::to(goal, &row, &Policy::default(), Context::of(&row), seen_at)?;
//!     let mut begin: fn(_, _, _) -> Wait = Wait::watching;
//!     for part in plan.parts() {
//!         match part {
//!             // `causes.loses` says what to confirm first. A snapshot needs a name: `CommandRequest::with_name`.
//!             PlanPart::Send { command, .. } => {
//!                 (seen, seen_at) = (api.send(command.request(id)), api.now());
//!                 begin = Wait::after;
//!             }
//!             // The answer to a fork is its child, so the identifier is that of the answer.
//!             PlanPart::Wait(goal) => {
//!                 let wait = begin(*goal, Observation::new(&seen, seen_at), None);
//!                 api.wait(&seen.id, wait).map_err(|assessment| assessment.to_string())?;
//!             }
//!         }
//!     }
//!     Ok(())
//! }
//! # struct Fake(Vec<String>);
//! # impl Fake {
//! #     fn record(state: &str, desired: &str) -> SandboxDto {
//! #         let text = r#"{"id":"s1","organizationId":"o1","name":"n","user":"daytona","env":{},"labels":{},"public":false,
//! #             "networkBlockAll":false,"target":"eu","cpu":1,"gpu":0,"memory":1,"disk":3,"runnerId":"r1","state":"STATE",
//! #             "desiredState":"DESIRED","updatedAt":"2024-10-01T16:30:00Z"}"#;
//! #         serde_json::from_str(&text.replace("STATE", state).replace("DESIRED", desired)).unwrap()
//! #     }
//! # }
//! # impl Api for Fake {
//! #     fn now(&self) -> DateTime<Utc> { DateTime::UNIX_EPOCH }
//! #     fn read(&mut self, _id: &str) -> SandboxDto { Self::record("stopping", "stopped") }
//! #     fn send(&mut self, request: CommandRequest) -> SandboxDto {
//! #         self.0.push(request.command.verb().to_string());
//! #         Self::record("starting", "started")
//! #     }
//! #     fn wait(&mut self, _id: &str, wait: Wait) -> Result<(), Assessment> {
//! #         assert!(matches!(wait.assess(&Policy::default(), self.now()), Assessment::Pending { .. }));
//! #         self.0.push("wait".into());
//! #         Ok(())
//! #     }
//! # }
//! # let mut api = Fake(vec![]);
//! # ensure(&mut api, "s1", Goal::Started).unwrap();
//! # assert_eq!(api.0, ["wait", "start", "wait"]);
//! ```

mod assessment;
mod assumed;
mod contents;
mod evidence;
mod forecast;
mod goal;
mod observation;
mod plan;
mod seen;
mod usage;
mod wait;

pub use assessment::{Assessment, Missing, UnreachableReason};
pub use contents::{Contents, Presence};
pub use evidence::Evidence;
pub use forecast::{Forecast, Outcome, ShowsWarmPool};
pub use goal::Goal;
pub use observation::{Observation, Shown};
pub use plan::{Consequences, NoPlan, Plan, PlanPart};
pub use seen::Seen;
pub use usage::Usage;
pub use wait::Wait;
