//! Sets of facts, one bit each.

/// A set of facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Facts(u64);

impl Facts {
    /// No fact.
    pub(crate) const NONE: Self = Self(0);
    /// Every fact. No sandbox has them all, since some exclude each other.
    pub(crate) const ALL: Self = Self(!0);

    /// The fact with this number.
    pub(crate) const fn nth(number: u32) -> Self {
        Self(1 << number)
    }

    /// The facts of both sets.
    #[inline]
    pub(crate) const fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// These facts if the condition holds, else none. Written as a product, so that it compiles to no branch.
    #[inline]
    #[expect(clippy::as_conversions, reason = "true and false become 1 and 0; `as` is what const allows")]
    pub(crate) const fn when(self, condition: bool) -> Self {
        Self(self.0.wrapping_mul(condition as u64))
    }

    /// These facts except the others.
    #[inline]
    pub(crate) const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// The facts that both sets have.
    pub(crate) const fn common_with(self, others: Self) -> Self {
        Self(self.0 & others.0)
    }

    /// Whether there is none.
    #[inline]
    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether one of the others is among these.
    #[inline]
    pub(crate) const fn contain(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }
}
