//! The GPU models that a sandbox can hold.

use super::word::word_list;

word_list! {
    /// A GPU model. [`Columns::gpu`](crate::Columns::gpu) says how many of them a sandbox holds.
    #[allow(missing_docs, reason = "the name of a model needs no explanation")]
    #[repr(u8)]
    #[non_exhaustive]
    pub enum GpuType is "GPU type" {
        H100,
        H200,
        B200,
        B300,
        #[strum(serialize = "RTX-PRO-6000")]
        RtxPro6000,
        #[strum(serialize = "RTX-4090")]
        Rtx4090,
        #[strum(serialize = "RTX-5090")]
        Rtx5090,
        MI355X,
    }
}
