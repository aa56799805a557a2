//! A simulation of a platform: a faulty fleet around a host's own store and controller, judged by laws.
//!
//! Implement [`Host`] with the store and the controller that are tested. The simulation drives it: callers create, command
//! and destroy sandboxes; three processes of the host share its store, and each crashes between any two of its actions;
//! messages are lost, repeated, reordered and late; runners crash, are cut off, are declared gone and come back with their
//! old copies; the backup maker forgets. Time jumps from event to event, and a seed determines the whole run. Then faults
//! stop, and the host has 72 hours to come to rest.
//!
//! The [`Law`]s are judged all the time, by what can be observed: the rows that the host shows, the messages that it sends,
//! and what the runners and the backup store really have. The host also says which steps and outbox entries it has written
//! ([`Site::wrote`], [`Site::stored`]), so that the laws know what caused a change and when it was decided. A broken law is a
//! value: the law, the seed, and the last events of the sandbox that broke it.
//!
//! This platform sends each message only once. A lost or forgotten message is never repeated, so subscribers miss events:
//!
//! ```
//! use sandbox_lifecycle::{Next, Policy, RunnerView, Sandbox, Step, record::StepDetails};
//! use sandbox_lifecycle::testing::simulation::{Crash, Heard, Host, Law, Payload, Request, Row, SandboxId, Simulation, Site};
//! use std::collections::BTreeMap;
//!
//! #[derive(Default)]
//! struct Platform {
//!     rows: BTreeMap<SandboxId, Sandbox>,
//! }
//!
//! impl Platform {
//!     fn write(&mut self, id: SandboxId, step: Step, site: &mut Site<'_, ()>) -> Result<(), Crash> {
//!         let runner = site.ready_runners().first().map(ToString::to_string);
//!         let details = StepDetails { runner: runner.as_deref(), ..StepDetails::default() };
//!         let Some(Ok(entries)) = self.rows.get_mut(&id).map(|row| row.apply(&step, details)) else { return Ok(()) };
//!         site.wrote(id, &step);
//!         let entries: Vec<_> = entries.into_iter().inspect(|entry| site.stored(id, entry)).collect();
//!         entries.iter().try_for_each(|entry| site.send(id, entry, Payload::default()))
//!     }
//! }
//!
//! impl Host for Platform {
//!     type Work = ();
//!
//!     fn rows(&self) -> impl Iterator<Item = (SandboxId, Row)> {
//!         self.rows.iter().map(|(id, sandbox)| (*id, Row::of(sandbox)))
//!     }
//!
//!     fn request(&mut self, request: Request, site: &mut Site<'_, ()>) -> Result<(), Crash> {
//!         if let Request::Create(new) = request {
//!             let runner = site.ready_runners().first().copied();
//!             self.rows.extend(new.sandbox(runner, &Policy::default(), site.now()).map(|row| (new.sandbox, row)));
//!         }
//!         Ok(())
//!     }
//!
//!     fn hear(&mut self, heard: Heard, site: &mut Site<'_, ()>) -> Result<(), Crash> {
//!         let Heard::Report { sandbox, runner, report } = heard else { return Ok(()) };
//!         let Some(row) = self.rows.get(&sandbox) else { return Ok(()) };
//!         let decided = row.report(&runner.to_string(), report, &Policy::default(), row.context(), site.now());
//!         decided.map_or(Ok(()), |step| self.write(sandbox, step, site))
//!     }
//!
//!     fn tick(&mut self, site: &mut Site<'_, ()>) -> Result<(), Crash> {
//!         for (id, row) in self.rows.clone() {
//!             let view = RunnerView::of(row.lifecycle());
//!             if let Next::Apply(step) = row.reconcile(&view, &Policy::default(), site.now()) {
//!                 self.write(id, step, site)?;
//!             }
//!         }
//!         Ok(())
//!     }
//! }
//!
//! let outcome = Simulation::seeded(1).events(2_000).run(&mut Platform::default());
//! let broken = &outcome.broken[&Law::EventsAreSeen];
//! println!("{broken}"); // The law, what is wrong, and the last events of the sandbox: at most 15 lines.
//! assert!(outcome.broken.contains_key(&Law::RestIsReached)); // Nor does it ask a runner whose report is lost.
//! ```
//!
//! In a test, run many seeds and assert `outcome.is_clean()` with the outcome as the message: a rare fault needs hundreds. A
//! platform whose transactions are separate calls puts [`Site::go_on`] between them, so that another process writes in between.

mod callers;
mod fleet;
mod host;
mod laws;
mod machines;
mod messages;
mod names;
mod row;
mod site;
mod verdict;
mod world;

pub use fleet::{Flaw, Random, Tally};
pub use host::Host;
pub use messages::{Answer, Creation, Heard, Payload, Request};
pub use names::{NameError, ProcessId, RunnerId, SandboxId};
pub use row::Row;
pub use site::{Crash, Site};
pub use verdict::{Broken, Law};
pub use world::{Outcome, Simulation};
