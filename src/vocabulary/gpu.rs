//! The GPU models a sandbox can hold.

use super::word::word;

/// A GPU model. How many a sandbox holds stands beside it, in [`Columns::gpu`](crate::Columns::gpu).
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    strum::IntoStaticStr,
    strum::VariantArray,
    strum::EnumString,
    strum::EnumCount,
)]
#[strum(parse_err_ty = super::UnknownWord, parse_err_fn = super::UnknownWord::of::<GpuType>)]
#[repr(u8)]
#[non_exhaustive]
#[allow(missing_docs, reason = "a model's name says all there is to say")]
pub enum GpuType {
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
word!(GpuType, "GPU type");
