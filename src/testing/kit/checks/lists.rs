//! Lists of API records: a word that is newer than the system costs no other record.

use crate::{
    lifecycle::Columns,
    testing::kit::{
        cases::Plan,
        failure::{Act, Failure, Law, Reply, Story, Wrong},
        report::{Part, Report},
        subject::{Finding, Subject, Trial},
        system::{NotOffered, System},
    },
    vocabulary::SandboxState,
};
use alloc::{format, string::String, string::ToString, vec::Vec};
use chrono::DateTime;

/// A record in a list: its identifier, and its fields that have another value than usual.
type Unusual = (&'static str, &'static str, bool);

/// The records of the lists, between two ordinary ones: an identifier, fields, and whether a system must read it.
const RECORDS: [Unusual; 7] = [
    ("s-unknown-state", r#""state":"hibernating""#, false),
    ("s-unknown-desired-state", r#""desiredState":"hibernated""#, false),
    ("s-unknown-class", r#""sandboxClass":"quantum""#, false),
    ("s-unknown-backup-state", r#""backupState":"Verifying""#, false),
    ("s-unknown-gpu", r#""gpu":1,"gpuType":"NG-9000""#, false),
    ("s-new-field", r#""tpu":2"#, true),
    ("s-null", r#""errorReason":null,"gpuType":null"#, true),
];

/// Compares which records the system reads: each one that has no unknown word.
pub(crate) fn check<S: System>(plan: &Plan, system: &mut S) -> Result<Report, Failure> {
    let mut subject = Subject::new(system);
    let mut report = Report::of_nothing();
    let states = SandboxState::ALL.iter().map(|state| [state.as_str().to_string()].to_vec());
    let ordinary = states.map(|states| (list(&[], &states), identifiers(&[], &states)));
    let unusual = RECORDS.iter().map(|record| (list(&[*record], &[]), identifiers(&[*record], &[])));
    for trial in unusual.chain(ordinary) {
        report.count();
        match run(&mut subject, &trial) {
            Trial::Right(parts) if parts.is_empty() => {}
            Trial::Right(_) => return Err(Failure::NotOffered(Part::ReadList)),
            Trial::Declined(declined) => report.decline(declined),
            Trial::Wrong(found) => {
                return Err(subject.settle(plan, report.cases, (trial, *found), |_| Vec::new(), run));
            }
        }
    }
    Ok(report)
}

/// A list, and the identifiers that a system must read.
type Listed = (String, Vec<String>);

fn run<S: System>(subject: &mut Subject<'_, S>, (records, needed): &Listed) -> Trial {
    let story =
        || Story { given: Columns::default(), acts: Vec::from([(DateTime::UNIX_EPOCH, Act::List(needed.join(", ")))]) };
    let found = match subject.call(|system| system.read_list(records)) {
        Ok(Ok(found)) => found,
        Ok(Err(NotOffered)) => return Trial::Right(Vec::from([Part::ReadList])),
        Err(stop) => return stop.in_story(story),
    };
    let lost: Vec<_> = needed.iter().filter(|needed| !found.contains(needed)).cloned().collect();
    if lost.is_empty() {
        return Trial::Right(Vec::new());
    }
    let how = format!("lost {}; {}", lost.join(", "), Reply::Read(found));
    let mut story = story();
    story.acts = Vec::from([(DateTime::UNIX_EPOCH, Act::List(records.clone()))]);
    Trial::Wrong(alloc::boxed::Box::new(Finding { story, wrong: Wrong::BrokenLaw { law: Law::ListsAreRead, how } }))
}

/// Returns a list of two ordinary records, with others between them.
fn list(unusual: &[Unusual], states: &[String]) -> String {
    let unusual = unusual.iter().map(|(id, fields, _)| record(id, fields));
    let of_states = states.iter().map(|state| record(&identifier(state), &format!(r#""state":"{state}""#)));
    let records = [record(FIRST, "")].into_iter().chain(unusual).chain(of_states).chain([record(LAST, "")]);
    format!("[{}]", records.collect::<Vec<_>>().join(","))
}

const FIRST: &str = "s-first";
const LAST: &str = "s-last";

fn identifier(state: &str) -> String {
    format!("s-{state}")
}

/// Returns the identifiers of the records that a system must read.
fn identifiers(unusual: &[Unusual], states: &[String]) -> Vec<String> {
    let needed = unusual.iter().filter(|(_, _, must_read)| *must_read).map(|(id, _, _)| (*id).to_string());
    let of_states = states.iter().map(|state| identifier(state));
    [FIRST.to_string()].into_iter().chain(needed).chain(of_states).chain([LAST.to_string()]).collect()
}

/// Returns an API record of a running sandbox, with these fields in place of its own.
fn record(id: &str, fields: &str) -> String {
    let ordinary = [
        ("id", format!(r#""{id}""#)),
        ("organizationId", String::from(r#""o1""#)),
        ("name", format!(r#""{id}""#)),
        ("user", String::from(r#""daytona""#)),
        ("env", String::from("{}")),
        ("labels", String::from("{}")),
        ("public", String::from("false")),
        ("networkBlockAll", String::from("false")),
        ("target", String::from(r#""eu""#)),
        ("cpu", String::from("1")),
        ("gpu", String::from("0")),
        ("memory", String::from("1")),
        ("disk", String::from("3")),
        ("state", String::from(r#""started""#)),
        ("toolboxProxyUrl", String::from(r#""https://proxy""#)),
    ];
    let own = |name: &str| fields.contains(&format!(r#""{name}":"#));
    let kept = ordinary.iter().filter(|(name, _)| !own(name)).map(|(name, value)| format!(r#""{name}":{value}"#));
    let given = (!fields.is_empty()).then(|| String::from(fields));
    format!("{{{}}}", kept.chain(given).collect::<Vec<_>>().join(","))
}
