//! The classes of sandboxes: containers and virtual machines.

use super::word::word_list;

word_list! {
    /// The class of a sandbox. It limits the accepted commands: only a VM can pause, resume and fork.
    #[derive(Default)]
    #[strum(serialize_all = "kebab-case")]
    #[repr(u8)]
    #[non_exhaustive]
    pub enum SandboxClass is "class" {
        /// A Linux container.
        #[default]
        Container,
        /// A Linux virtual machine.
        LinuxVm,
        /// A Windows virtual machine.
        Windows,
        /// An Android device. API versions 0.190 and 0.205 have it, 0.226 does not; it is still read. It is always
        /// linked to an owner and therefore ephemeral.
        Android,
    }
}

impl SandboxClass {
    /// Returns whether this class is a virtual machine, which can pause, resume and fork.
    pub const fn is_vm(self) -> bool {
        match self {
            Self::LinuxVm | Self::Windows => true,
            Self::Container | Self::Android => false,
        }
    }
}
