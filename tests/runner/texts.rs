//! What people read in a runner's log.

use crate::{AT_REST, CARRY_OUT, LEAVE, RUNNING, Runner, after, completed, older, start, under_way};
use sandbox_lifecycle::{
    runner::{AskVerdict, CallVerdict, CopyAnswer, End, EpochRefusal, FinishVerdict, LeaveVerdict, Ledger, Listed},
    vocabulary::{CopyState, Fault},
};

/// Asserts that each value reads as the text next to it.
fn read<const N: usize>(cases: [(&dyn ToString, &str); N]) {
    for (value, text) in cases {
        assert_eq!(value.to_string(), text);
    }
}

#[test]
fn a_verdict_reads_as_an_instruction() {
    let replaces = CallVerdict::CarryOut { replaces_copy: true, supersedes: Some(6) };
    let late = "epoch 6 is older than 7, the newest epoch of this sandbox: read the row again";
    read([
        (&CARRY_OUT, "carry out"),
        (&replaces, "carry out, end the job of epoch 6 first, delete the present copy first"),
        (&CallVerdict::Repeat(completed(start(7))), "repeat the answer"),
        (&CallVerdict::UnderWay, "under way: do not begin it again"),
        (&CallVerdict::Refuse(older(6, 7)), &format!("refuse: {late}")),
        (&AskVerdict::Answer(RUNNING), "answer: running, cpu 2, memory 4, disk 10"),
        (&AskVerdict::Answer(CopyAnswer::NONE), "answer: none"),
        (&AskVerdict::Refuse(older(6, 7)), &format!("refuse: {late}")),
        (&LEAVE, "carry out, then acknowledge"),
        (&LeaveVerdict::CarryOut { supersedes: Some(7) }, "carry out, end the job of epoch 7 first, then acknowledge"),
        (&LeaveVerdict::WithoutEffect { newest: 9 }, "acknowledge without effect: the newest epoch is 9"),
        (&FinishVerdict::Send(completed(start(7))), "send the end"),
        (&FinishVerdict::Superseded { newest: 8 }, "superseded: the newest epoch is 8"),
        (&FinishVerdict::NotUnderWay, "not under way: nothing is recorded"),
    ]);
}

#[test]
fn a_refusal_names_the_cause_and_the_way_out() {
    let assign = "assign the sandbox to this runner again, with a newer epoch";
    read([
        (&EpochRefusal::Released { newest: 8 }, &format!("the copy was released at epoch 8: {assign}")),
        (&EpochRefusal::Removed { newest: 8 }, &format!("the copy was removed at epoch 8: {assign}")),
        (
            &EpochRefusal::OtherCall { call: start(7) },
            "the epoch already names the call start (epoch 7): raise the epoch for another call",
        ),
    ]);
}

#[test]
fn a_ledger_reads_as_its_epoch_and_its_work() {
    let mut failed = under_way(start(7));
    let _ = failed.finish(7, End::Failed { fault: Fault::Runner, recoverable: false });
    let mut released = after(start(7));
    let _ = released.release(8);
    let mut removed = Runner::default();
    let _ = removed.remove(8);
    read([
        (&Ledger::default(), "no epoch seen"),
        (&under_way(start(7)).stored, "newest epoch 7; start (epoch 7) is under way"),
        (&after(start(7)).stored, "newest epoch 7; start (epoch 7) completed"),
        (&failed.stored, "newest epoch 7; start (epoch 7) failed (runner)"),
        (&released.stored, "newest epoch 8; released (epoch 8)"),
        (&removed.stored, "newest epoch 8; removed (epoch 8)"),
    ]);
}

#[test]
fn a_listed_copy_reads_as_its_state_size_and_epoch() {
    let listed = Listed { epoch: Some(8), state: CopyState::AtRest, size: AT_REST.size, released: true };
    read([
        (&listed, "at-rest, cpu 2, memory 4, disk 10, epoch 8, released"),
        (&Listed { epoch: None, size: None, released: false, ..listed }, "at-rest, no epoch seen"),
    ]);
}

#[test]
fn an_end_reads_as_what_the_runner_reports() {
    read([
        (&End::Completed, "completed"),
        (&End::Failed { fault: Fault::Runner, recoverable: true }, "failed (runner)"),
        (&End::Done, "done within the call"),
        (&End::Refused { fault: Fault::Runner, recoverable: false }, "refused (runner)"),
    ]);
}
