//! What kind of machine a sandbox is.

use super::word::word;

/// The class of a sandbox. Which command it takes depends on it: only a VM can pause, resume and fork.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Default,
    strum::IntoStaticStr,
    strum::VariantArray,
    strum::EnumString,
    strum::EnumCount,
)]
#[strum(serialize_all = "kebab-case")]
#[strum(parse_err_ty = super::UnknownWord, parse_err_fn = super::UnknownWord::of::<SandboxClass>)]
#[repr(u8)]
#[non_exhaustive]
pub enum SandboxClass {
    /// A Linux container.
    #[default]
    Container,
    /// A Linux virtual machine.
    LinuxVm,
    /// A Windows virtual machine.
    Windows,
    /// An Android device: in 0.190 and 0.205, gone in 0.226, still read. Made linked to an owner, and so ephemeral.
    Android,
}
word!(SandboxClass, "class");

impl SandboxClass {
    /// It keeps its memory when asked to: it can pause, resume and fork.
    #[must_use]
    pub const fn is_vm(self) -> bool {
        match self {
            Self::LinuxVm | Self::Windows => true,
            Self::Container | Self::Android => false,
        }
    }
}
