//! Counter-examples for people: the actions, with the row and the runners after each.

use crate::search::explore::Explored;
use crate::system::actions::Action;
use crate::system::world::{Copy, World};
use std::fmt::Write;

pub fn line(world: &World) -> String {
    let mut text = String::new();
    match &world.row {
        None => text.push_str("no row"),
        Some(row) => {
            let c = row.columns();
            let _ = write!(text, "{}→{} e{}", c.state, c.desired_state, c.epoch);
            let flags = [
                (c.must_ask, "ask"),
                (c.must_ask_store, "ask-store"),
                (c.recoverable, "recoverable"),
                (c.changed_since_backup, "changed"),
                (c.kept_backup, "kept"),
                (c.has_backup_ref, "ref"),
                (c.is_fork_child, "child"),
            ];
            flags.iter().filter(|(holds, _)| *holds).for_each(|(_, name)| {
                let _ = write!(text, " {name}");
            });
            let _ = write!(text, " backup={}#{}", c.backup_state, c.backup_attempt);
            if let Some(fault) = c.fault {
                let _ = write!(text, " fault={fault}");
            }
            if let Some(repair) = c.repair {
                let _ = write!(text, " repair={repair}");
            }
            if c.restore_attempts > 0 || c.archive_attempts > 0 {
                let _ = write!(text, " restores={} archives={}", c.restore_attempts, c.archive_attempts);
            }
        }
    }
    let host = &world.host;
    let _ = write!(text, " own={:?}", host.own);
    for (id, runner) in world.runners.iter().enumerate() {
        let memory = runner.memory;
        if memory.newest.is_none() && runner.copy == Copy::None && !runner.gone {
            continue;
        }
        let _ = write!(text, " | R{id}{} {:?} v{}", if runner.gone { " GONE" } else { "" }, runner.copy, runner.disk);
        let _ = write!(text, " newest={}", memory.newest.map_or("-".into(), |newest| newest.to_string()));
        if let Some((work, epoch, ended)) = memory.work {
            let ended = match ended {
                None => "",
                Some(true) => " done",
                Some(false) => " failed",
            };
            let _ = write!(text, " {work:?}@{epoch}{ended}{}", if runner.job.is_some() { " (running)" } else { "" });
        }
        if let Some((removed, epoch)) = memory.departure {
            let _ = write!(text, " {}@{epoch}", if removed { "removed" } else { "released" });
        }
        if runner.odd {
            text.push_str(" odd");
        }
    }
    if let Some(call) = host.call {
        let _ = write!(text, " | owed {:?}@{}→R{}", call.work, call.epoch, call.to);
    }
    for leave in &host.leaves {
        let _ =
            write!(text, " | owed {}@{}→R{}", if leave.removes { "Remove" } else { "Release" }, leave.epoch, leave.to);
    }
    if host.backup.is_some() || !host.attempts.is_empty() || host.discard.is_some() {
        let _ = write!(
            text,
            " | backup={:?} reference={:?} discard={:?} mark={}",
            host.backup, host.reference, host.discard, host.discarded
        );
        for made in &host.attempts {
            let _ = write!(text, " #{}:v{}{}", made.number, made.disk, if made.whole { "" } else { " (uploading)" });
        }
    }
    if let Some(kin) = host.kin {
        let _ = write!(text, " | {kin:?}");
    }
    if let Some(held) = host.held {
        let _ = write!(text, " | held {held:?}");
    }
    if !world.bag.is_empty() {
        let _ = write!(text, " | {:?}", world.bag);
    }
    text
}

pub fn trace(path: &[(Action, World)]) -> String {
    let mut text = String::new();
    for (number, (action, world)) in path.iter().enumerate() {
        let _ = writeln!(text, "{number:3}. {action:?}\n       {}", line(world));
    }
    text
}

pub fn report(name: &str, explored: &Explored) {
    for ((law, how), path) in &explored.broken {
        println!("== {name}: {how} ({law:?}: {})\n{}", law.text().trim(), trace(path));
    }
}
