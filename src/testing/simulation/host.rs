//! The host under test: a platform with its own store and controller.

use super::{
    messages::{Heard, Request},
    names::{ProcessId, SandboxId},
    row::Row,
    site::{Crash, Site},
};
use crate::policy::Policy;

/// A platform that is tested: its store, and three processes that share it.
///
/// The simulation calls it, and it uses the [`Site`] to act. Each method does what one process does without interruption.
/// Its changes of the store are transactions of their own; where two actions are not one transaction, put
/// [`Site::go_on`] between them, so that the other processes and the faults come in between.
pub trait Host {
    /// What a process goes on with after a moment. `()` for a host that does everything at once.
    type Work;

    /// Returns the policy of the platform. It is the default policy unless the host overrides this method.
    fn policy(&self) -> Policy {
        Policy::default()
    }

    /// Shows all stored rows. The laws are judged by them after each call of the host. The order does not matter, but the
    /// order of the ids is fastest.
    fn rows(&self) -> impl Iterator<Item = (SandboxId, Row)>;

    /// A caller or the platform wants something.
    ///
    /// # Errors
    /// [`Crash`] of the site.
    fn request(&mut self, request: Request, site: &mut Site<'_, Self::Work>) -> Result<(), Crash>;

    /// A message arrives.
    ///
    /// # Errors
    /// [`Crash`] of the site.
    fn hear(&mut self, heard: Heard, site: &mut Site<'_, Self::Work>) -> Result<(), Crash>;

    /// Some seconds are over: look at the rows that are due, and send what is owed.
    ///
    /// # Errors
    /// [`Crash`] of the site.
    fn tick(&mut self, site: &mut Site<'_, Self::Work>) -> Result<(), Crash>;

    /// Goes on with work that [`Site::go_on`] or [`Site::later`] planned. It does nothing unless the host overrides this
    /// method.
    ///
    /// # Errors
    /// [`Crash`] of the site.
    fn go_on(&mut self, work: Self::Work, site: &mut Site<'_, Self::Work>) -> Result<(), Crash> {
        let _ = (work, site);
        Ok(())
    }

    /// A process crashes: forget what only it knows. What is stored stays. It is up again after some seconds, and its
    /// next tick comes.
    fn crash(&mut self, process: ProcessId) {
        let _ = process;
    }
}
