//! The rows of `timers`: one evaluation of auto-stop, auto-archive or auto-delete.

use crate::{
    commands::now,
    judge::{Answer, applied, flag},
    states::columns,
    table::Row,
};
use chrono::Duration;
use sandbox_lifecycle::{
    Columns, Context, Lifecycle, Policy, Timer,
    vocabulary::{AutoArchive, AutoDelete, AutoStop, BackupState},
};

pub fn judge(row: &Row) -> Option<Answer> {
    let auto_delete = AutoDelete::try_from(row.read::<i64>("auto_delete")).expect("any number is an auto-delete");
    let last = now() - Duration::seconds(row.read("idle_s"));
    let base = Columns {
        pending: row.is("pending"),
        class: row.read("class"),
        has_runner: row.is("runner"),
        backup_state: BackupState::Pending,
        auto_delete,
        created_at: (now() - Duration::days(1)),
        last_activity_at: last,
        state_since: last,
        ..columns(row)
    };
    let minutes = row.read::<i64>("interval");
    let (timer, columns) = match row.get("timer") {
        "autostop" => {
            (Timer::AutoStop, Columns { auto_stop: AutoStop::try_from(minutes).expect("an interval"), ..base })
        }
        "autoarchive" => {
            (Timer::AutoArchive, Columns { auto_archive: AutoArchive::try_from(minutes).expect("an interval"), ..base })
        }
        "autodelete" => {
            (Timer::AutoDelete, Columns { auto_delete: AutoDelete::try_from(minutes).expect("an interval"), ..base })
        }
        other => panic!("no such timer: {other}"),
    };
    let before = Lifecycle::from(columns);
    let step =
        before.decide(timer, &Policy::recorded(), Context::of(&before), now()).expect("a timer is never refused");
    let after = applied(&step, before);
    Some(Answer::from([
        ("fires", flag(step.writes())),
        ("state'", after.state().to_string()),
        ("desired'", after.desired_state().to_string()),
        ("pending'", flag(after.pending())),
        ("soft_deleted", flag(step.is_soft_delete())),
        ("backup'", after.backup_state().to_string()),
    ]))
}
