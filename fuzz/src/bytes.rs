//! A source of values: bytes of a fuzzer, or of a seeded generator.

/// A source of bytes. After its end it gives zeros.
pub trait Bytes {
    /// Returns the next byte.
    fn byte(&mut self) -> u8;

    /// Whether all bytes are used.
    fn is_empty(&self) -> bool;

    /// Returns one of two.
    fn flag(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    /// Returns true once in eight times.
    fn seldom(&mut self) -> bool {
        self.byte() & 7 == 7
    }

    /// Returns one of these.
    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::from(self.byte()) % all.len()]
    }

    /// Returns a number that rows often have, or seldom any other one.
    fn number(&mut self) -> u32 {
        match self.byte() {
            small @ 0..250 => u32::from(small % 5),
            250..253 => u32::MAX,
            _any => u32::from_le_bytes([self.byte(), self.byte(), self.byte(), self.byte()]),
        }
    }

    /// Returns a value of this kind, or seldom none.
    fn optional<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (!self.seldom()).then(|| value(self))
    }
}

/// The bytes of a fuzzer.
impl Bytes for &[u8] {
    fn byte(&mut self) -> u8 {
        let (first, rest) = self.split_first().unwrap_or((&0, &[]));
        *self = rest;
        *first
    }

    fn is_empty(&self) -> bool {
        <[u8]>::is_empty(self)
    }
}

/// An endless seeded generator (SplitMix64).
pub struct Seeded {
    state: u64,
    word: u64,
    left: u8,
}

impl Seeded {
    /// Returns the generator of this seed.
    pub const fn new(seed: u64) -> Self {
        Self { state: seed, word: 0, left: 0 }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Bytes for Seeded {
    fn byte(&mut self) -> u8 {
        if self.left == 0 {
            (self.word, self.left) = (self.next(), 8);
        }
        let byte = self.word.to_le_bytes()[0];
        self.word >>= 8;
        self.left -= 1;
        byte
    }

    fn is_empty(&self) -> bool {
        false
    }
}
