//! Passes, stories, races and lists: right systems pass, and each kind of fault is found where it shows.

use crate::systems::{Changed, Naive, found};
use chrono::{DateTime, Utc};
use sandbox_lifecycle::{
    Columns, Context, Input, Report, RunnerView, SandboxState, Verb,
    lifecycle::Column,
    rules::Job,
    testing::kit::{
        Act, Answer, Check, Commit, Declined, Failure, Itself, Law, NotOffered, Part, Passed, Prepared, System, Writer,
        Wrong,
    },
};

#[test]
fn the_crate_and_the_naive_model_pass_every_check() {
    let check = Check::new().random_cases(1_000);
    let mut report = check.stories(&mut Itself::default()).expect("it is right");
    report = report.and(check.passes(&mut Itself::default()).expect("it is right"));
    report = report.and(check.two_writers(&mut Itself::default()).expect("it is right"));
    println!("{report}");
    assert!(report.not_offered.is_empty(), "{report}");
    let naive = check.stories(&mut Naive::default()).expect("it is right");
    let naive = naive.and(check.passes(&mut Naive::default()).expect("it is right"));
    assert_eq!(naive.not_offered, [Part::NextLook].into());
}

#[test]
fn a_check_of_what_a_system_does_not_offer_fails() {
    let check = Check::new().random_cases(100);
    let mut system = Changed::by(|_, _, _, _, answer| answer);
    assert_eq!(check.passes(&mut system), Err(Failure::NotOffered(Part::Pass)));
    assert_eq!(check.two_writers(&mut system), Err(Failure::NotOffered(Part::TwoWriters)));
    assert_eq!(check.lists(&mut system), Err(Failure::NotOffered(Part::ReadList)));
    let report = check.stories(&mut system).expect("the crate makes its passes");
    assert_eq!(report.not_offered, [Part::Pass, Part::NextLook].into());
}

/// A system that remembers, outside its row, that it was stopped, and then takes every later end of a stop.
struct Remembers {
    itself: Itself,
    was_stopped: bool,
}

impl System for Remembers {
    fn store(&mut self, row: &Columns) -> Result<(), Declined> {
        self.was_stopped = false;
        self.itself.store(row)
    }

    fn decide(&mut self, input: Input, context: Context, now: DateTime<Utc>) -> Answer {
        let answer = self.itself.decide(input, context, now);
        let Some(row) = answer.after() else { return answer };
        self.was_stopped |= row.state == SandboxState::Stopped;
        if let (Input::Report(Report::Ended { job: Job::Stop, .. }), true) = (input, self.was_stopped)
            && row.state == SandboxState::Started
        {
            let stopped = Columns { state: SandboxState::Stopped, ..*row };
            self.itself.store(&stopped).expect("it stores every row");
            return Answer::row(stopped);
        }
        answer
    }

    fn pass(&mut self, view: &RunnerView, now: DateTime<Utc>) -> Result<Passed, NotOffered> {
        self.itself.pass(view, now)
    }
}

#[test]
fn a_fault_that_no_single_input_shows_is_found_by_a_story_and_the_story_is_short() {
    let check = Check::new().random_cases(20_000);
    let mut system = Remembers { itself: Itself::default(), was_stopped: false };
    assert!(check.clone().random_cases(2_000).single(&mut system).is_ok());
    let found = found(check.stories(&mut system));
    assert!(matches!(found.story.acts.last(), Some((_, Act::Input { input: Input::Report(_), .. }))), "{found}");
    assert!(found.story.acts.len() <= 20, "{found}");
}

/// A store without compare-and-swap.
#[derive(Default)]
struct LastWriterWins(Itself, [Option<Columns>; 2]);

impl System for LastWriterWins {
    fn store(&mut self, row: &Columns) -> Result<(), Declined> {
        self.0.store(row)
    }

    fn decide(&mut self, input: Input, context: Context, now: DateTime<Utc>) -> Answer {
        self.0.decide(input, context, now)
    }

    fn prepare(
        &mut self,
        writer: Writer,
        input: Input,
        context: Context,
        now: DateTime<Utc>,
    ) -> Result<Prepared, NotOffered> {
        let mut copy = self.0.clone();
        let answer = copy.decide(input, context, now);
        self.1[writer as usize] = answer.after().copied();
        self.0.prepare(writer, input, context, now)
    }

    fn commit(&mut self, writer: Writer) -> Result<Commit, NotOffered> {
        let row = self.1[writer as usize].take().expect("it was prepared");
        self.0.store(&row).expect("it stores every row");
        Ok(Commit::written(row))
    }
}

#[test]
fn two_writers_that_both_win_break_the_law() {
    let check = Check::new().commands([Verb::Stop, Verb::Destroy]).random_cases(500);
    let found = found(check.two_writers(&mut LastWriterWins::default()));
    assert!(matches!(found.wrong, Wrong::BrokenLaw { law: Law::OneWriterWins, .. }), "{found}");
    assert_eq!(found.story.acts.len(), 4, "{found}");
}

/// A system without the columns of the protocol, whose next look is an hour late.
#[derive(Default)]
struct Partial(Itself);

impl System for Partial {
    fn store(&mut self, row: &Columns) -> Result<(), Declined> {
        self.0.store(row)
    }

    fn decide(&mut self, input: Input, context: Context, now: DateTime<Utc>) -> Answer {
        match self.0.decide(input, context, now) {
            answer if answer.after().is_some() => {
                let row = *answer.after().expect("it was just seen");
                Answer::row(Columns { revision: 99, ..row })
            }
            answer => answer,
        }
    }

    fn has_column(&self, column: &Column) -> bool {
        !["revision", "mustAsk"].contains(&column.name)
    }
}

#[test]
fn columns_that_a_system_does_not_have_are_neither_given_nor_compared() {
    let mut system = Partial::default();
    let report = Check::new().random_cases(3_000).single(&mut system).expect("it is right");
    assert_eq!(report.declined.len(), 0);
    assert!(report.to_string().contains("\ncolumns not compared: mustAsk; revision\n"), "{report}");
    assert!(!system.0.row.must_ask() || system.0.row.revision() == 1);
}

/// A system that looks at its timers an hour late.
#[derive(Default)]
struct LooksLate(Itself);

impl System for LooksLate {
    fn store(&mut self, row: &Columns) -> Result<(), Declined> {
        self.0.store(row)
    }

    fn decide(&mut self, input: Input, context: Context, now: DateTime<Utc>) -> Answer {
        self.0.decide(input, context, now)
    }

    fn next_look(&mut self) -> Result<Option<DateTime<Utc>>, NotOffered> {
        let look = self.0.next_look()?;
        Ok(look.and_then(|look| look.checked_add_signed(chrono::TimeDelta::hours(1))))
    }
}

#[test]
fn a_look_that_comes_too_late_breaks_the_law() {
    let found = found(Check::new().random_cases(1_000).single(&mut LooksLate::default()));
    assert!(matches!(found.wrong, Wrong::BrokenLaw { law: Law::LooksInTime, .. }), "{found}");
    assert_eq!(found.story.given, Columns::default());
}
