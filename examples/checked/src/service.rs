//! The service: one record in memory, its own rules, and the crate for the rest.
//!
//! The service itself decides on stop and destroy, on the ends of a stop, a pause and a recovery, on the four idle timers and
//! the queue timeout, and on a pass that wakes or restores a sandbox. All faults are in these parts, in its store and in its
//! list. The crate decides on every other input and makes every other pass.

use crate::{
    faults::Fault,
    list,
    model::Record,
    rules::{clock, commands, controller, reports},
};
use chrono::{DateTime, Utc};
use sandbox_lifecycle::{
    Clock, Columns, Command, Context, Input, Lifecycle, Policy, Reason, Report, RunnerView, Timer,
    testing::{
        Case,
        kit::{Answer, Commit, Declined, NotOffered, Passed, Prepared, System, Writer},
    },
};

/// The service, with a fault or without.
pub struct Service {
    fault: Option<Fault>,
    record: Record,
    /// What each of two writers has read, and what it is about to write.
    writers: [Option<Write>; 2],
}

/// What a writer has read, and what it is about to write.
#[derive(Clone, Copy)]
struct Write {
    read: Record,
    written: Record,
    input: Input,
}

impl Service {
    /// Returns the service with this fault, or the correct one.
    pub fn new(fault: Option<Fault>) -> Self {
        let record = Record::read(&Columns::default()).expect("the default row has words of the service");
        Self { fault, record, writers: [None, None] }
    }

    /// Returns the record after an input, or the refusal.
    fn decided(&self, input: Input, context: Context, now: DateTime<Utc>) -> Answer {
        let (record, fault) = (&self.record, self.fault);
        if context.revision() != record.rest.revision {
            return self.refused(Reason::Conflict, 409);
        }
        let own = match input {
            Input::Command(Command::Stop { force }) => Some(commands::stop(record, force, context, now, fault)),
            Input::Command(Command::Destroy { force }) => Some(commands::destroy(record, force, context, now, fault)),
            Input::Report(Report::Ended { job, outcome, epoch }) => {
                reports::ended(record, (job, outcome, epoch), context, now, fault).map(Ok)
            }
            Input::Timer(timer) => clock::decide(record, timer, context, now, fault).map(Ok),
            Input::Command(_) | Input::Report(_) => None,
        };
        match own {
            Some(Ok(after)) => Answer::row(after.columns()),
            Some(Err(reason)) => self.refused(reason, reason.http_status(None)),
            None => self.left_to_the_crate(input, context, now),
        }
    }

    fn left_to_the_crate(&self, input: Input, context: Context, now: DateTime<Utc>) -> Answer {
        let row = Lifecycle::from(self.record.columns());
        match row.decide(input, &self.policy(), context, now) {
            Err(refusal) => self.refused(refusal.reason(), refusal.http_status()),
            Ok(_) => Answer::of(&Case { row, input, context, now }, &self.policy()),
        }
    }

    fn refused(&self, reason: Reason, status: u16) -> Answer {
        Answer::refused(self.code(reason).to_owned()).with_http_status(status)
    }

    fn write(&mut self, row: &Columns) {
        self.record = Record::read(row).expect("the service writes its own words");
    }
}

impl System for Service {
    fn store(&mut self, row: &Columns) -> Result<(), Declined> {
        self.record = Record::read(row)?;
        Ok(())
    }

    fn decide(&mut self, input: Input, context: Context, now: DateTime<Utc>) -> Answer {
        let answer = self.decided(input, context, now);
        if let Some(row) = answer.after() {
            let row = *row;
            self.write(&row);
        }
        answer
    }

    fn policy(&self) -> Policy {
        Policy::default()
    }

    /// The service has its own names for these refusals.
    fn code(&self, reason: Reason) -> &str {
        match reason {
            Reason::InProgress => "busy",
            Reason::BadState => "wrong_phase",
            Reason::ForkChildren => "has_forks",
            other => other.code(),
        }
    }

    fn pass(&mut self, view: &RunnerView, now: DateTime<Utc>) -> Result<Passed, NotOffered> {
        let passed = match controller::wake(&self.record, view, now, self.fault) {
            controller::Passed::Writes(after) => Passed::Wrote(Answer::row(after.columns())),
            controller::Passed::Waits => Passed::Waits(None),
            controller::Passed::NotHere => {
                let row = Lifecycle::from(self.record.columns());
                Passed::of(row.reconcile(view, &self.policy(), now))
            }
        };
        if let Passed::Wrote(answer) = &passed
            && let Some(row) = answer.after()
        {
            self.write(row);
        }
        Ok(passed)
    }

    fn next_look(&mut self) -> Result<Option<DateTime<Utc>>, NotOffered> {
        Ok(Clock::new(&self.policy()).next(&Lifecycle::from(self.record.columns())))
    }

    fn read_list(&mut self, records: &str) -> Result<Vec<String>, NotOffered> {
        Ok(list::read(records, self.fault))
    }

    fn prepare(
        &mut self,
        writer: Writer,
        input: Input,
        context: Context,
        now: DateTime<Utc>,
    ) -> Result<Prepared, NotOffered> {
        let answer = self.decided(input, context, now);
        let (prepared, write) = match (answer.after(), answer.code()) {
            (Some(row), _) => {
                let written = Record::read(row).expect("the service writes its own words");
                (Prepared::Ready, Some(Write { read: self.record, written, input }))
            }
            (None, code) => (Prepared::Refused(code.unwrap_or_default().to_owned().into()), None),
        };
        *self.writer(writer) = write;
        Ok(prepared)
    }

    fn commit(&mut self, writer: Writer) -> Result<Commit, NotOffered> {
        let Some(Write { read, written, input }) = self.writer(writer).take() else {
            return Ok(Commit::stale(self.record.columns()));
        };
        let stored = self.record;
        if input == Input::Command(Command::Touch) {
            // A use of the sandbox makes no other write stale. The later one counts.
            let last = stored.rest.last_activity_at.max(written.rest.last_activity_at);
            self.record.rest.last_activity_at = last;
            return Ok(Commit::written(self.record.columns()));
        }
        let is_idle_timer =
            matches!(input, Input::Timer(Timer::AutoStop | Timer::AutoPause | Timer::AutoArchive | Timer::AutoDelete));
        let was_used = is_idle_timer && stored.rest.last_activity_at != read.rest.last_activity_at;
        let is_stale = stored.rest.revision != read.rest.revision || was_used;
        if is_stale && self.fault != Some(Fault::RacingCommandsBothWin) {
            return Ok(Commit::stale(stored.columns()));
        }
        self.record = written;
        // A use that was stored meanwhile is not undone, unless the write says itself when the sandbox was last used.
        let says_when = written.phase != read.phase || written.rest.last_activity_at != read.rest.last_activity_at;
        if !is_stale && !says_when {
            self.record.rest.last_activity_at = stored.rest.last_activity_at;
        }
        Ok(Commit::written(self.record.columns()))
    }
}

impl Service {
    const fn writer(&mut self, writer: Writer) -> &mut Option<Write> {
        let [first, second] = &mut self.writers;
        match writer {
            Writer::A => first,
            Writer::B => second,
        }
    }
}
