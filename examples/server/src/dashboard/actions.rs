//! The buttons: what each one asks of a sandbox, and what the crate answers.

use sandbox_lifecycle::{
    ApiProfile, Command, Context, Lifecycle, Policy, SandboxState, Step,
    chrono::{DateTime, Utc},
    client::{Contents, Presence},
    record::{HttpRequest, RequestBody},
    vocabulary::SizeChange,
};
use serde::{Serialize, Serializer};
use std::num::NonZeroU32;

/// A button.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Action {
    Start,
    Stop,
    StopNow,
    Pause,
    Archive,
    Recover,
    Backup,
    Snapshot,
    Fork,
    Resize,
    Destroy,
}

impl Action {
    pub(super) const ALL: [Self; 11] = [
        Self::Start,
        Self::Stop,
        Self::StopNow,
        Self::Pause,
        Self::Archive,
        Self::Recover,
        Self::Backup,
        Self::Snapshot,
        Self::Fork,
        Self::Resize,
        Self::Destroy,
    ];

    const fn label(self) -> &'static str {
        match self {
            Self::Start => "Start",
            Self::Stop => "Stop",
            Self::StopNow => "Stop by force",
            Self::Pause => "Pause",
            Self::Archive => "Archive",
            Self::Recover => "Recover",
            Self::Backup => "Back up",
            Self::Snapshot => "Snapshot",
            Self::Fork => "Fork",
            Self::Resize => "Resize",
            Self::Destroy => "Delete",
        }
    }

    /// Returns the commands that the button may send, the first choice first. A resize is tried with one core more, which a
    /// running sandbox can take too; the person then gives the sizes.
    fn commands(self, row: &Lifecycle) -> Vec<Command> {
        match self {
            Self::Start => vec![Command::Start],
            Self::Stop => vec![Command::Stop { force: false }],
            Self::StopNow => vec![Command::Stop { force: true }],
            Self::Pause => vec![Command::Pause],
            Self::Archive => vec![Command::Archive],
            Self::Recover => vec![Command::Recover { start: true }],
            Self::Backup => vec![Command::Backup],
            Self::Snapshot => [false, true].map(|include_memory| Command::Snapshot { include_memory }).into(),
            Self::Fork => vec![Command::Fork],
            Self::Resize => {
                let cpu = NonZeroU32::new(row.size().cpu.saturating_add(1));
                vec![Command::Resize(SizeChange { cpu, ..SizeChange::default() })]
            }
            Self::Destroy => vec![Command::Destroy { force: false }],
        }
    }

    /// Returns the request of the button for the sandbox [`ANY`], whatever the sandbox is.
    fn request(self, profile: ApiProfile) -> Option<HttpRequest> {
        let row = Lifecycle::from(sandbox_lifecycle::Columns::default());
        let command = self.commands(&row).into_iter().next()?;
        command.request(ANY).with_name("").http(profile).ok()
    }
}

/// Stands for the identifier of a sandbox in the path of a request.
const ANY: &str = "~";

/// A button as the page knows it: its label, and the request that it sends.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Button {
    key: Action,
    label: &'static str,
    /// What the command does, in the words of the rule table.
    summary: &'static str,
    method: String,
    /// The path below `/api`, with `~` for the identifier.
    path: String,
}

impl Button {
    /// Returns the buttons that the API of this profile has requests for.
    pub(super) fn all(profile: ApiProfile) -> Vec<Self> {
        let row = Lifecycle::from(sandbox_lifecycle::Columns::default());
        let button = |key: Action| {
            let request = key.request(profile)?;
            let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
            let summary = match key {
                Action::StopNow => "Stops it with SIGKILL: its processes cannot save anything.",
                _ => key.commands(&row).first().map_or("", |command| command.verb().summary()),
            };
            let path = format!("{}{query}", request.path);
            Some(Self { key, label: key.label(), summary, method: request.method.to_string(), path })
        };
        Action::ALL.into_iter().filter_map(button).collect()
    }
}

/// What the crate answers to a button.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Offer {
    key: Action,
    /// Whether the command would be accepted and change something.
    pub open: bool,
    /// Why it would not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What is lost once the command has ended well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loses: Option<String>,
    /// Whether a disk or a backup is lost, so that the page asks first.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    confirm: bool,
    /// The state that the API shows next, or that it will show if the command only records an intent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leads_to: Option<SandboxState>,
    /// The body of the request, which the page completes.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "body")]
    body: Option<RequestBody>,
}

impl Offer {
    /// Asks the crate what it would answer to each button.
    pub(super) fn all(row: &Lifecycle, policy: &Policy, context: Context, now: DateTime<Utc>) -> Vec<Self> {
        let offered = Action::ALL.into_iter().filter(|action| action.request(policy.profile).is_some());
        offered.map(|action| Self::of(action, row, policy, context, now)).collect()
    }

    fn of(key: Action, row: &Lifecycle, policy: &Policy, context: Context, now: DateTime<Utc>) -> Self {
        let refused = |why| Self { key, open: false, why, loses: None, confirm: false, leads_to: None, body: None };
        let mut why = None;
        for command in key.commands(row) {
            match row.decide(command, policy, context, now) {
                Ok(step) if step.is_noop() => return refused(Some(needless(key, row))),
                Ok(step) => return Self::accepted(key, command, &step, policy.profile),
                // The reason of the first choice: the others are refused for what makes them special.
                Err(refusal) => why = why.or_else(|| Some(refusal.cause().to_owned())),
            }
        }
        refused(why)
    }

    fn accepted(key: Action, command: Command, step: &Step, profile: ApiProfile) -> Self {
        let row = step.before();
        let lost = Contents::from(row).lost_by(step);
        let loses = (lost != Contents::NOTHING).then(|| lost.to_string());
        let confirm = lost.disk != Presence::No || lost.backup != Presence::No;
        let after = step.apply(*row).map_or_else(|_| row.reported_state(), |after| after.reported_state());
        // The start of an archived sandbox is an intent that no state shows: it leads where the sandbox should go.
        let goal = step.desired_state().fulfilled_by().filter(|_| after == row.reported_state());
        let body = command.request(ANY).with_name("").http(profile).ok().and_then(|request| request.body);
        Self { key, open: true, why: None, loses, confirm, leads_to: Some(goal.unwrap_or(after)), body }
    }
}

/// Says why a command that is accepted would change nothing.
fn needless(key: Action, row: &Lifecycle) -> String {
    match key {
        Action::Backup => "it has no disk that a backup lacks".into(),
        Action::Destroy => "it is being deleted".into(),
        Action::Start if row.state() == SandboxState::Started => "it is started already".into(),
        Action::Start => "it is being started".into(),
        Action::Stop | Action::StopNow | Action::Pause | Action::Archive => "it is so already".into(),
        Action::Recover | Action::Snapshot | Action::Fork | Action::Resize => "it is so already".into(),
    }
}

fn body<S: Serializer>(body: &Option<RequestBody>, serializer: S) -> Result<S::Ok, S::Error> {
    body.serialize(serializer)
}
