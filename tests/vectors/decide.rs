//! Lines for servers and controllers: every cell of the rules, as `testing::cells` finds them.

use crate::broken;
use crate::form::{Answer, NextForm, PassAnswer, Profile, Row, context, line, text, view};
use sandbox_lifecycle::{
    Columns, Input, Lifecycle, Policy,
    chrono::{DateTime, Utc},
    testing::{Case, PassCell, cell_of, cells, pass_cell_of, pass_cells},
    vocabulary::AutoDelete,
};
use serde::Serialize;
use serde_json::Value;
use std::{collections::BTreeSet, sync::OnceLock};

/// A question to `decide` or, without an input, to `due`.
#[derive(Serialize)]
struct Question {
    ask: &'static str,
    row: Row,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<Input>,
    now: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<Profile>,
}

#[derive(Serialize)]
struct PassQuestion {
    ask: &'static str,
    row: Row,
    view: Value,
    now: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<Profile>,
}

/// What a command, a report or a timer does.
pub fn decide_lines(policy: &Policy) -> Vec<String> {
    let mut cases = CASES.all(policy, named_cases);
    let known = cases.iter().map(|(name, _)| name.clone()).collect();
    cases.extend(broken::cases(&Policy::default(), &known));
    cases.into_iter().map(|(name, case)| decided(&format!("decide/{name}"), &case, policy)).collect()
}

fn decided(id: &str, case: &Case, policy: &Policy) -> String {
    line(id, question("decide", case, Some(case.input), policy), Answer::of(&case.decide(policy)))
}

/// The timer that acts, asked where the cells of the timers are: around the deadline of each, and where it is held back.
pub fn due_lines(policy: &Policy) -> Vec<String> {
    let timed = CASES.all(policy, named_cases).into_iter().filter(|(_, case)| matches!(case.input, Input::Timer(_)));
    let line_of = |(name, case): (String, Case)| {
        let step = case.row.due(policy, case.context, case.now);
        line(format!("due/{name}"), question("due", &case, None, policy), Answer::of_due(step.as_ref()))
    };
    timed.map(line_of).collect()
}

/// What the controller does next.
pub fn reconcile_lines(policy: &Policy) -> Vec<String> {
    let passes = PASSES.all(policy, named_passes);
    passes.into_iter().map(|(name, pass)| passed(&format!("reconcile/{name}"), &pass, policy)).collect()
}

fn passed(id: &str, pass: &PassCell, policy: &Policy) -> String {
    let (row, known) = (Row(pass.row), view(&pass.view));
    let asked = PassQuestion { ask: "reconcile", row, view: known, now: pass.now, policy: Profile::of(policy) };
    line(id, asked, PassAnswer::from(pass.row.reconcile(&pass.view, policy, pass.now)))
}

fn question(ask: &'static str, case: &Case, input: Option<Input>, policy: &Policy) -> Question {
    let Case { row, now, context: given, .. } = *case;
    Question { ask, row: Row(row), input, now, context: context(given, &row), policy: Profile::of(policy) }
}

/// The cells of the default policy, and those of the recorded one. They are found once.
struct Found<T> {
    default: OnceLock<Vec<(String, T)>>,
    recorded: OnceLock<Vec<(String, T)>>,
}

static CASES: Found<Case> = Found { default: OnceLock::new(), recorded: OnceLock::new() };
static PASSES: Found<PassCell> = Found { default: OnceLock::new(), recorded: OnceLock::new() };

impl<T: Clone> Found<T> {
    /// Returns the cells of the default policy, and those that only this one reaches. So the same question is asked under both.
    fn all(&self, policy: &Policy, named: fn(&Policy) -> Vec<(String, T)>) -> Vec<(String, T)> {
        let mut found = self.default.get_or_init(|| named(&Policy::default())).clone();
        if *policy != Policy::default() {
            let known: BTreeSet<String> = found.iter().map(|(name, _)| name.clone()).collect();
            let recorded = self.recorded.get_or_init(|| named(&Policy::recorded()));
            found.extend(recorded.iter().filter(|(name, _)| !known.contains(name)).cloned());
        }
        found
    }
}

fn named_cases(policy: &Policy) -> Vec<(String, Case)> {
    let plain = |case: Case| {
        let same =
            |other: &Case| cell_of(other, policy) == cell_of(&case, policy) && is_answered_alike(other, &case, policy);
        let row = with_plain_settings(case.row, |row| same(&Case { row, ..case }));
        Case { row, ..case }
    };
    cells(policy).into_iter().map(|cell| (cell.name.to_string(), plain(cell.case))).collect()
}

fn is_answered_alike(one: &Case, other: &Case, policy: &Policy) -> bool {
    let answers = |case: &Case| {
        let due = case.row.due(policy, case.context, case.now);
        text(&(Answer::of(&case.decide(policy)), Answer::of_due(due.as_ref())))
    };
    answers(one) == answers(other)
}

fn named_passes(policy: &Policy) -> Vec<(String, PassCell)> {
    let plain = |cell: PassCell| {
        let answer = |row: &Lifecycle| text(&NextForm::from(row.reconcile(&cell.view, policy, cell.now)));
        let same = |row: Lifecycle| {
            answer(&row) == answer(&cell.row) && pass_cell_of(&row, &cell.view, policy, cell.now) == cell.name
        };
        PassCell { row: with_plain_settings(cell.row, same), ..cell.clone() }
    };
    // The first word of the name says that it is a pass.
    let name = |cell: &PassCell| cell.name.to_string().trim_start_matches("pass/").to_owned();
    pass_cells(policy).into_iter().map(|cell| (name(&cell), plain(cell))).collect()
}

/// Returns the row with the default of each setting that makes no difference, so that a line shows what does. The same history
/// leads to it with these settings.
fn with_plain_settings(row: Lifecycle, is_same: impl Fn(Lifecycle) -> bool) -> Lifecycle {
    let settings: [fn(Columns) -> Columns; 3] = [
        |columns| Columns { auto_destroy_at: None, ..columns },
        |columns| Columns { queue_timeout: None, ..columns },
        |columns| Columns { auto_delete: AutoDelete::NEVER, ..columns },
    ];
    settings.into_iter().fold(row, |row, plain| {
        let other = Lifecycle::from(plain(row.columns()));
        if is_same(other) { other } else { row }
    })
}
