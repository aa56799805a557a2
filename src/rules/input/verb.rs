//! The verbs: one for each row of the rule table.

use crate::{policy::ApiProfile, vocabulary::word_list};

word_list! {
    /// A command without its arguments: the name of its row in the rule table.
    ///
    /// Destroy has two, since with force it is another rule.
    #[derive(PartialOrd, Ord)]
    #[strum(serialize_all = "lowercase")]
    #[allow(missing_docs, reason = "each is the command of the same name; the rule table says what it does")]
    #[non_exhaustive]
    pub enum Verb is "command" {
        Start,
        Stop,
        Destroy,
        #[strum(serialize = "destroy with force")]
        ForceDestroy,
        Pause,
        Archive,
        Resize,
        Fork,
        Snapshot,
        Recover,
        Backup,
        AutoStop,
        AutoPause,
        AutoArchive,
        AutoDelete,
        Ttl,
        Touch,
    }
}

/// A verb with the yes-or-no argument of its command, `false` where it has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct VerbAndFlag {
    pub(crate) verb: Verb,
    pub(crate) flag: bool,
}

impl Verb {
    /// Whether the published API of this profile has a request for it.
    ///
    /// 0.190 has neither auto-pause nor a time to live. No published API destroys with force: that is for operators.
    pub const fn is_offered_by(self, profile: ApiProfile) -> bool {
        match self {
            Self::ForceDestroy => false,
            Self::AutoPause | Self::Ttl => matches!(profile, ApiProfile::V0_226),
            Self::Start | Self::Stop | Self::Destroy | Self::Pause | Self::Archive | Self::Resize | Self::Fork => true,
            Self::Snapshot | Self::Recover | Self::Backup | Self::AutoStop | Self::AutoArchive => true,
            Self::AutoDelete | Self::Touch => true,
        }
    }
}
