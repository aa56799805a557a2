//! Where runs end: the strongly connected components of the progress edges that no progress leaves.
//!
//! A fair run stays in such a component for ever, because a fair run takes every way on that it meets again and again.

/// The progress edges: for each state the states that follow, and whether the way there writes the row.
pub struct Progress {
    first: Vec<usize>,
    next: Vec<u32>,
}

const WRITES: u32 = 1 << 31;

impl Progress {
    /// The graph of these edges from one state to another, in any order.
    pub fn of(states: usize, edges: &[(u32, u32, bool)]) -> Self {
        let mut first = vec![0_usize; states + 1];
        edges.iter().for_each(|(from, _, _)| first[*from as usize + 1] += 1);
        for at in 1..first.len() {
            first[at] += first[at - 1];
        }
        let mut free = first.clone();
        let mut next = vec![0; edges.len()];
        for (from, to, writes) in edges {
            let place = &mut free[*from as usize];
            next[*place] = to | if *writes { WRITES } else { 0 };
            *place += 1;
        }
        Self { first, next }
    }

    fn ways(&self, from: u32) -> impl Iterator<Item = (u32, bool)> {
        let from = from as usize;
        self.next[self.first[from]..self.first[from + 1]].iter().map(|way| (way & !WRITES, way & WRITES != 0))
    }

    /// Returns the components that no progress leaves, each with whether a way in it writes the row (Tarjan's algorithm,
    /// without recursion).
    pub fn ends(&self) -> Vec<(Vec<u32>, bool)> {
        let states = self.first.len() - 1;
        const NEW: u32 = u32::MAX;
        // The order in which a state was met, and the earliest state on the stack that it reaches.
        let (mut order, mut lowest) = (vec![NEW; states], vec![NEW; states]);
        let mut component = vec![NEW; states];
        let (mut stack, mut path) = (Vec::new(), Vec::new());
        let (mut met, mut components) = (0, 0);
        let mut ends = Vec::new();
        for root in 0..states as u32 {
            if order[root as usize] != NEW {
                continue;
            }
            path.push((root, self.first[root as usize]));
            while let Some((at, way)) = path.pop() {
                let here = at as usize;
                if order[here] == NEW {
                    (order[here], lowest[here]) = (met, met);
                    met += 1;
                    stack.push(at);
                }
                if way < self.first[here + 1] {
                    path.push((at, way + 1));
                    let to = self.next[way] & !WRITES;
                    if order[to as usize] == NEW {
                        path.push((to, self.first[to as usize]));
                    } else if component[to as usize] == NEW {
                        lowest[here] = lowest[here].min(order[to as usize]);
                    }
                    continue;
                }
                if let Some((before, _)) = path.last() {
                    let before = *before as usize;
                    lowest[before] = lowest[before].min(lowest[here]);
                }
                if lowest[here] == order[here] {
                    let begin = stack.iter().rposition(|state| *state == at).expect("it is on the stack");
                    let members = stack.split_off(begin);
                    members.iter().for_each(|member| component[*member as usize] = components);
                    let mut ways = members.iter().flat_map(|member| self.ways(*member));
                    if ways.all(|(to, _)| component[to as usize] == components) {
                        let writes = members.iter().flat_map(|member| self.ways(*member)).any(|(_, writes)| writes);
                        ends.push((members, writes));
                    }
                    components += 1;
                }
            }
        }
        ends
    }
}

#[cfg(test)]
mod tests {
    use super::Progress;

    #[test]
    fn only_components_that_are_never_left_are_ends() {
        // 0 and 1 form a circle that leads on to 2, which ends, and to the circle of 3 and 4, which writes.
        let edges = [(0, 1, false), (1, 0, true), (1, 2, false), (0, 3, false), (3, 4, true), (4, 3, false)];
        let mut ends = Progress::of(5, &edges).ends();
        ends.iter_mut().for_each(|(members, _)| members.sort_unstable());
        ends.sort();
        assert_eq!(ends, [(vec![2], false), (vec![3, 4], true)]);
    }

    #[test]
    fn a_state_that_writes_itself_anew_is_an_end_that_writes() {
        assert_eq!(Progress::of(2, &[(0, 1, true), (1, 1, true)]).ends(), [(vec![1], true)]);
    }
}
