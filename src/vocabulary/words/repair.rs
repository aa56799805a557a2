//! The calls that mend a sandbox in error.

use super::word::word_list;

word_list! {
    /// A call that is under way while the state is error. The error stays visible until the call has ended well.
    #[strum(serialize_all = "kebab-case")]
    #[repr(u8)]
    #[non_exhaustive]
    pub enum Repair is "repair" {
        /// The runner recovers its copy, as a caller commanded.
        Recover,
        /// The runner stops a copy that runs although it should be stopped.
        Stop,
    }
}
