//! The verbs: one for each row of the rule table.

use crate::{
    policy::ApiProfile,
    vocabulary::{UnknownWord, word},
};

/// A command without its arguments: the name of its row in the rule table.
///
/// Destroy has two, since with force it is another rule.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    strum::IntoStaticStr,
    strum::VariantArray,
    strum::VariantNames,
    strum::EnumString,
    strum::EnumCount,
)]
#[strum(serialize_all = "lowercase")]
#[strum(parse_err_ty = UnknownWord, parse_err_fn = UnknownWord::new::<Verb>)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each is the command of the same name; the rule table says what it does")]
pub enum Verb {
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
word!(Verb, "command");

impl Verb {
    /// Whether the published API of this profile has a request for it.
    ///
    /// 0.190 has neither auto-pause nor a time to live. No published API destroys with force: that is for operators.
    #[must_use]
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
