//! What a record shows and what it omits: words, times, and since when.

mod since;
mod times;
mod words;
