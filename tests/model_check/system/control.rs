//! Passes of the controller: it asks, decides, and writes at once or later.

use super::actions::{Action, Flaw, Kind, Model, Try, Ways};
use super::world::{Copy, Message, NOW, Shows, Standing, View, Work, World, timed};
use crate::laws::Law;
use sandbox_lifecycle::controller::{Next, Observed, Placement, Question, RunnerStanding, Stored};
use sandbox_lifecycle::rules::TaskKind;
use sandbox_lifecycle::runner::CopyAnswer;
use sandbox_lifecycle::{Lifecycle, RunnerView};

impl Try<'_> {
    /// What the rules say for this view of the row, whose times are set.
    fn next(&self, view: View, no_answer: bool) -> Option<(Lifecycle, Next)> {
        let row = timed(&self.world.row?, view.over, false);
        let mut seen = RunnerView::of(&row);
        seen.runner = match view.standing {
            Standing::Ready => RunnerStanding::Ready,
            Standing::NotReady => RunnerStanding::NotReady,
            Standing::Gone => RunnerStanding::Gone,
        };
        if let Some(shows) = view.shows {
            seen = seen.answered(CopyAnswer { state: shows.state(), size: None });
        } else if no_answer {
            seen.observed = Observed::NoAnswer;
        }
        seen.stored = match view.stored {
            None => Stored::NotAsked,
            Some(true) => Stored::Whole,
            Some(false) => Stored::Missing,
        };
        seen.live_fork_children = self.counted_children(Flaw::PassesCountNoForks);
        seen.placement = if view.place.is_some() { Placement::Warm } else { Placement::NoRoom };
        Some((row, row.reconcile(&seen, &self.model.policy, NOW)))
    }

    fn pass(&mut self, view: View, no_answer: bool, slow: bool) {
        let Some((row, next)) = self.next(view, no_answer) else { return };
        if let Some(shows) = view.shows {
            self.world.take(Message::Answer { shows, fresh: true });
        }
        if let Some(whole) = view.stored {
            self.world.take(Message::StoreAnswer { whole, fresh: true });
        }
        match next {
            Next::Ask(Question::Runner { epoch }) => {
                if let Some(to) = self.world.host.own {
                    let ask = Message::Ask { to, epoch, fresh: true };
                    if slow || self.world.runner(to).gone { self.world.send(ask) } else { self.deliver(ask) }
                } else {
                    self.breaks(Law::RowsAreSound, "a row without a runner is asked about");
                }
            }
            Next::Ask(Question::Store { attempt }) => {
                let made = self.world.host.attempts.iter().find(|made| made.number == attempt);
                let takes_parts = self.model.flaw == Some(Flaw::PartIsWhole);
                let whole = made.is_some_and(|made| made.whole || takes_parts);
                self.world.send(Message::StoreAnswer { whole, fresh: true });
            }
            Next::Apply(step) => {
                self.world.row = Some(row);
                self.write(&step, view.place);
            }
            Next::Resend { task: TaskKind::Create, epoch } if self.model.flaw == Some(Flaw::ForgetsChild) => {
                let create = |to| Message::Call { to, work: Work::Create, epoch };
                self.world.host.own.into_iter().for_each(|own| self.world.send(create(own)));
            }
            Next::Resend { .. } => {
                if self.world.host.call.is_none() {
                    self.breaks(Law::RowsAreSound, "the controller resends a call that is not in the outbox");
                }
                self.send_call();
            }
            Next::Wait { .. } | Next::Nothing => {}
        }
    }
}

impl World {
    /// The runners on which placement may put the sandbox: none that owes an acknowledgement, or that has a copy of it.
    pub fn candidates(&self, model: &Model) -> impl Iterator<Item = u8> {
        let owes = |id: &u8| self.host.leaves.iter().any(|leave| leave.to == *id);
        let looks = model.flaw != Some(Flaw::PlacesOnReleased);
        let is_left = move |id: &u8| looks && self.host.own != Some(*id) && self.runner(*id).copy != Copy::None;
        (0..model.runners).filter(move |id| !self.runner(*id).gone && !owes(id) && !is_left(id))
    }

    fn views(&self, model: &Model) -> Vec<View> {
        let gone = self.own().is_some_and(|own| own.gone);
        let mut standings = vec![if gone { Standing::Gone } else { Standing::Ready }];
        if model.unready && self.host.own.is_some() && !gone {
            standings.push(Standing::NotReady);
        }
        let shows = self.bag.iter().filter_map(|message| match message {
            Message::Answer { shows, fresh: true } => Some(Some(*shows)),
            _ => None,
        });
        let shows: Vec<Option<Shows>> = shows.chain([None]).collect();
        let stored = self.bag.iter().filter_map(|message| match message {
            Message::StoreAnswer { whole, fresh: true } => Some(Some(*whole)),
            _ => None,
        });
        let stored: Vec<Option<bool>> = stored.chain([None]).collect();
        let places: Vec<Option<u8>> = [None].into_iter().chain(self.candidates(model).map(Some)).collect();
        let mut views = Vec::new();
        for standing in standings {
            for shows in &shows {
                for stored in &stored {
                    for place in &places {
                        // Placement does not choose the runner that the row leaves.
                        if place.is_some() && *place == self.host.own && standing != Standing::Ready {
                            continue;
                        }
                        for over in [false, true] {
                            views.push(View { standing, shows: *shows, stored: *stored, place: *place, over });
                        }
                    }
                }
            }
        }
        views
    }
}

impl Ways<'_> {
    pub fn passes(&mut self) {
        let Some(row) = self.before.row else { return };
        if let Some(view) = self.before.host.held {
            self.add(Action::WriteHeld, Kind::Progress, |tried| {
                tried.world.host.held = None;
                tried.pass(view, false, false);
            });
        }
        if !row.needs_reconcile() && !self.before.own().is_some_and(|own| own.gone) {
            return;
        }
        let tried = Try { model: self.model, world: self.before.clone(), broken: Vec::new() };
        let asks = self.before.bag.iter().any(|message| {
            matches!(message, Message::Ask { fresh: true, .. } | Message::Answer { .. } | Message::StoreAnswer { .. })
        });
        let mut results: Vec<World> = Vec::new();
        for view in self.before.views(self.model) {
            let Some((_, next)) = tried.next(view, false) else { continue };
            // One question is out at a time.
            if asks && matches!(next, Next::Ask(_)) {
                continue;
            }
            let count = self.edges.len();
            self.add(Action::Pass(view), Kind::Progress, |tried| tried.pass(view, false, false));
            let Some(edge) = self.edges.get(count) else { continue };
            if results.contains(&edge.after) {
                self.edges.pop();
                continue;
            }
            results.push(edge.after.clone());
            let writes = matches!(next, Next::Apply(_));
            if let Next::Ask(Question::Runner { .. }) = next {
                self.add(Action::SlowAsk(view), Kind::Fault, |tried| tried.pass(view, false, true));
            }
            if writes && self.model.stalls && self.before.host.held.is_none() {
                self.add(Action::Hold(view), Kind::Free, |tried| {
                    if let Some(shows) = view.shows {
                        tried.world.take(Message::Answer { shows, fresh: true });
                    }
                    tried.world.host.held = Some(view);
                });
            }
            if let (Next::Apply(step), Some(Flaw::CallFirst)) = (next, self.model.flaw) {
                self.add(Action::CallAndCrash(view), Kind::Fault, |tried| {
                    let before = tried.world.clone();
                    tried.write(&step, view.place);
                    tried.send_call();
                    let calls = tried.world.bag.iter().filter(|message| matches!(message, Message::Call { .. }));
                    let calls: Vec<Message> = calls.copied().collect();
                    tried.broken.clear();
                    tried.world = before;
                    calls.into_iter().for_each(|call| tried.world.send(call));
                });
            }
        }
        let view = View { standing: Standing::Ready, shows: None, stored: None, place: None, over: true };
        if self.before.own().is_some_and(|own| !own.gone) {
            self.add(Action::PassWithoutAnswer, Kind::Progress, |tried| tried.pass(view, true, false));
        }
    }
}
