//! The ledger for runner authors: which call to carry out, which answer to repeat, what to refuse.
//!
//! A runner keeps one [`Ledger`] for each sandbox id, durably: it survives restarts, and an absent one is
//! `Ledger::default()`. Handle one message of a sandbox at a time. Each message becomes an [`Entry`]: first store its
//! ledger, then do what its verdict says. So a crash at any moment neither does a piece of work twice under one answer nor
//! forgets a promise:
//!
//! - A crash before the entry is stored: the message was not received, and the controller repeats it.
//! - A crash before or during the work: the ledger says that the call is under way. After a restart look at each
//!   [`call_under_way`](Ledger::call_under_way). If its job still runs, leave it. If the copy shows that the work is
//!   complete, [`finish`](Ledger::finish) it. Otherwise store [`interrupted`](Ledger::interrupted), and the repeated call is
//!   carried out.
//! - A crash after the end is stored and before it is sent: the controller repeats the call, and the ledger repeats its end.
//!
//! ```
//! use sandbox_lifecycle::rules::{Call, Report, Task};
//! use sandbox_lifecycle::runner::{CallVerdict, End, FinishVerdict, Ledger};
//! # fn end_job(_: u32) {}
//! # fn delete_copy() {}
//! # fn work_on(_: Task) -> End { End::Completed }
//! # let mut sent = Vec::new();
//! # let mut send = |report: Report| sent.push(report);
//! let mut disk = Ledger::default(); // Your durable store, for one sandbox.
//! let call = Call { task: Task::Start, epoch: 7 };
//! for received in [call, call, Call { task: Task::Stop { force: false }, epoch: 6 }] {
//!     let entry = disk.call(received);
//!     disk = entry.ledger(); // Store it before the work begins.
//!     match entry.stored() {
//!         CallVerdict::CarryOut { replaces_copy, supersedes } => {
//!             if let Some(older) = supersedes { end_job(older); }
//!             if replaces_copy { delete_copy(); }
//!             let ended = disk.finish(received.epoch, work_on(received.task));
//!             disk = ended.ledger(); // Store it before the end is sent.
//!             if let FinishVerdict::Send(report) = ended.stored() { send(report); }
//!         }
//!         CallVerdict::Repeat(report) => send(report),
//!         CallVerdict::UnderWay => {} // Its end will be sent.
//!         CallVerdict::Refuse(refusal) => println!("{received}: {refusal}"),
//!     }
//! }
//! # assert_eq!(sent, [End::Completed.report(call); 2]);
//! ```

mod copy;
mod end;
mod entry;
mod ledger;
mod messages;
mod refusal;
mod verdict;

pub use copy::{CopyAnswer, Listed};
pub use end::End;
pub use entry::Entry;
pub use ledger::{Departure, Ledger};
pub use refusal::EpochRefusal;
pub use verdict::{AskVerdict, CallVerdict, FinishVerdict, LeaveVerdict};
