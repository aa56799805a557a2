//! When to ask again after an error, and when to give up.

use crate::{Exit, Stop, api::Trouble, complain};
use std::time::{Duration, Instant};

/// The first and the longest pause after an error. It doubles with each error in a row.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// The longest pause that a server can ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(300);
/// How long to go on without an answer: a server that is restarted or updated is back by then.
const GIVE_UP: Duration = Duration::from_secs(300);

/// Counts the errors since the last answer.
#[derive(Default)]
pub struct Patience {
    has_answered: bool,
    failing: Option<(Instant, u32)>,
}

impl Patience {
    /// Notes an answer.
    pub fn answered(&mut self) {
        *self = Self { has_answered: true, failing: None };
    }

    /// Returns how long to wait before the next request, and says so.
    ///
    /// # Errors
    ///
    /// Another request changes nothing, or there was no answer for long. Before the first answer, an address where no API answers
    /// is a mistake on the command line.
    pub fn pause_after(&mut self, trouble: Trouble) -> Result<Duration, Stop> {
        let (text, asked, may_pass) = match trouble {
            Trouble::Final(stop) => return Err(stop),
            Trouble::Busy { text, retry_after } => (text, retry_after, true),
            Trouble::NoApi(text) => (text, None, self.has_answered),
        };
        let (since, count) = *self.failing.get_or_insert((Instant::now(), 0));
        self.failing = Some((since, count.saturating_add(1)));
        if !may_pass || since.elapsed() > GIVE_UP {
            return Err(Stop::new(Exit::NoApi, text));
        }
        let doubled = PAUSE.0.saturating_mul(2_u32.saturating_pow(count)).min(PAUSE.1);
        let pause = asked.map_or(doubled, |asked| asked.min(LONGEST_ASKED));
        complain(&format!("{text}; next request in {} s", pause.as_secs()));
        Ok(pause)
    }
}
