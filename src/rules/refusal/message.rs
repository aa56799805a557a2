//! The message of a refusal: the situation, the cause, and the way out.

use super::value::{Asked, Refusal, Refused, ReportReason};
use crate::{
    lifecycle::facts,
    rules::{
        input::verb::Verb,
        reason::{Reason, Retry},
        table::form::Check,
    },
};
use core::fmt;

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reported = self.reported_state();
        match self.refused {
            Refused::Command { of, .. } => write!(f, "cannot {} while the state is {reported}", Infinitive(of.verb))?,
            Refused::Report(report, _) => write!(f, "the {report} report is refused while the state is {reported}")?,
            Refused::OtherRevision(asked) => {
                return write!(
                    f,
                    "cannot decide on {asked}: the context was gathered for another revision of the sandbox, which has \
                     changed since: read the sandbox and gather the context again"
                );
            }
        }
        let desired = self.desired_state();
        // A transitional state says by itself where the sandbox goes.
        if desired.fulfilled_by() != Some(reported) && !reported.is_transient() {
            write!(f, " and the desired state {desired}")?;
        }
        write!(f, ": {}", self.cause())?;
        match self.retry() {
            Retry::WhenSettled if self.reason() == Reason::ForkChildren => Ok(()), // The cause says it.
            Retry::WhenSettled if self.reason() == Reason::RecoverCooldown => {
                f.write_str("; try again when the cooldown is over")
            }
            Retry::WhenSettled if self.reason() == Reason::BackupInProgress => {
                f.write_str("; try again when the backup has ended")
            }
            Retry::WhenSettled => f.write_str("; try again when the change has ended"),
            Retry::NotFromHere | Retry::WhenUnsuspended | Retry::Never => self.write_commands(f),
            Retry::OtherArguments | Retry::AlreadySo | Retry::ReadAgain => Ok(()),
        }
    }
}

impl Refusal {
    /// Returns the cause alone, for a place that shows the state and the other commands anyway: next to a button.
    ///
    /// ```
    /// use sandbox_lifecycle::{Columns, Command, Context, Lifecycle, Policy};
    /// let row = Lifecycle::from(Columns::default());
    /// let refused = |command| {
    ///     row.decide(command, &Policy::default(), Context::of(&row), chrono::DateTime::UNIX_EPOCH).unwrap_err()
    /// };
    /// assert_eq!(refused(Command::Archive).cause(), "only a stopped sandbox can be archived");
    /// // It is not always the first check that fails: what runs needs no recovery, whether or not it could be recovered.
    /// assert_eq!(refused(Command::Recover { start: true }).cause(), "only a sandbox in error can be recovered");
    /// ```
    pub fn cause(&self) -> &'static str {
        match self.refused {
            Refused::Command { .. } => self.decisive_check().map_or("a change is under way", Check::why),
            Refused::Report(_, ReportReason::BadState) => "a runner cannot report this state now",
            Refused::Report(_, ReportReason::Conflict) => "a change is pending; read the sandbox and decide again",
            Refused::OtherRevision(_) => "the context was gathered for another revision of the sandbox",
        }
    }

    /// The commands that move the sandbox from here. Settings are accepted nearly everywhere and help nobody out.
    fn write_commands(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let helps = |verb: &Verb| verb.moves() && Asked::Command(*verb) != self.asked();
        for (index, verb) in self.accepted_commands().filter(helps).enumerate() {
            let loss = self.loss_by(verb);
            write!(f, "{}{verb}{loss}", if index == 0 { "; possible now: " } else { ", " })?;
        }
        Ok(())
    }

    /// What the command would lose, in brackets.
    fn loss_by(&self, verb: Verb) -> &'static str {
        match verb {
            Verb::Destroy | Verb::ForceDestroy => " (deletes its data)",
            Verb::Stop if self.facts.contain(facts::ephemeral) => " (deletes its data)",
            Verb::Recover if self.facts.contain(facts::timed_out_with_backup) => {
                " (loses what its backup does not hold)"
            }
            Verb::Stop | Verb::Recover | Verb::Start | Verb::Pause | Verb::Archive | Verb::Resize | Verb::Fork => "",
            Verb::Snapshot | Verb::Backup | Verb::AutoStop | Verb::AutoPause | Verb::AutoArchive => "",
            Verb::AutoDelete | Verb::Ttl | Verb::Touch => "",
        }
    }
}

/// The verb as it follows "cannot".
struct Infinitive(Verb);

impl fmt::Display for Infinitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Verb::Snapshot => f.pad("take a snapshot"),
            Verb::Backup => f.pad("back up"),
            Verb::AutoStop => f.pad("set auto-stop"),
            Verb::AutoPause => f.pad("set auto-pause"),
            Verb::AutoArchive => f.pad("set auto-archive"),
            Verb::AutoDelete => f.pad("set auto-delete"),
            Verb::Ttl => f.pad("set the time to live"),
            verb @ (Verb::Start | Verb::Stop | Verb::Destroy | Verb::ForceDestroy | Verb::Pause | Verb::Archive) => {
                verb.fmt(f)
            }
            verb @ (Verb::Resize | Verb::Fork | Verb::Recover | Verb::Touch) => verb.fmt(f),
        }
    }
}
