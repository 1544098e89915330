//! Atomic commitment by Babaoglu and Toueg ("Understanding Non-Blocking Atomic Commitment", UBLCS-93-2, 1993): models whose
//! numbers of states are known from TLC. They test the search itself, as `two_phase` does, with crashes and a wrong twin.
//!
//! Written after the TLA+ specifications ACP_SB, ACP_NB and ACP_NB_WRONG_TLC (tlaplus/Examples, `specifications/acp`,
//! commit 32a32c7b); steps have their names, and states correspond one to one:
//!
//! - What follows from the rest is not kept. The faulty are those who are not alive: both change together, and nobody
//!   comes back.
//! - A vote that the coordinator has, and a decision that it has sent, are bits: the vote never changes, and neither does
//!   the coordinator's decision. For the same reason what is forwarded is a bit.
//! - A vote is there from the start. TLC starts in all the 2^n states that differ by the votes, a model starts in one. So
//!   votes belong to the configuration, and the numbers of its 2^n searches add up.
//! - A step that changes nothing is stuttering in TLA+ and no step here.

use super::search::Model;
use crate::core::hash;

/// How the decision reaches everybody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Spec {
    /// ACP_SB, simple broadcast: the coordinator tells one after the other and may die in between.
    SimpleBroadcast,
    /// ACP_NB, non-blocking: each forwards the decision to all others, and only then decides.
    NonBlocking,
    /// ACP_NB_WRONG_TLC: each decides first and then forwards.
    /// Its `forward` asks whether the decision is not `notsent`, which no decision is; `undecided` was meant. So a
    /// participant can also forward that it is undecided, which says nothing and uses the message up.
    DeliverFirst,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Decision {
    Commit,
    Abort,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct State {
    coordinator: Coordinator,
    participants: Vec<Participant>,
}

impl State {
    /// Every participant with its number and its bit.
    fn each(&self) -> impl Iterator<Item = (u8, u8, &Participant)> {
        self.participants.iter().enumerate().map(|(i, participant)| (i as u8, 1 << i, participant))
    }

    fn some(&self, decision: Decision) -> bool {
        self.participants.iter().any(|p| p.decision == Some(decision))
    }

    fn faulty(&self) -> bool {
        self.coordinator.dead || self.participants.iter().any(|p| p.dead)
    }
}

/// Sets of participants are bits.
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
struct Coordinator {
    dead: bool,
    /// `request`
    asked: u8,
    /// `vote` is no longer `waiting`
    heard: u8,
    /// `broadcast` is no longer `notsent`
    told: u8,
    decision: Option<Decision>,
}

#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
struct Participant {
    dead: bool,
    vote_sent: bool,
    decision: Option<Decision>,
    /// Received but not yet delivered: the specification's `forward[i]` of participant i itself.
    predecision: Option<Decision>,
    /// `forward` is no longer `notsent`
    forwarded: u8,
    /// Those among them that were sent `undecided`.
    blank: u8,
}

/// Participants count from 0. Where there are two, the first one acts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    Request(u8),
    GetVote(u8),
    DetectFault(u8),
    MakeDecision,
    CoordBroadcast(u8),
    CoordDie,
    SendVote(u8),
    AbortOnVote(u8),
    AbortOnTimeoutRequest(u8),
    Decide(u8),
    ParDie(u8),
    Forward(u8, u8),
    PreDecideOnForward(u8, u8),
    DecideOnForward(u8, u8),
    PreDecide(u8),
    DecideNb(u8),
    AbortOnTimeout(u8),
}

/// The configuration.
#[derive(Clone, Copy, Debug)]
pub struct Acp {
    pub spec: Spec,
    /// At most 7.
    pub participants: u8,
    /// Bits: who votes yes.
    pub yes: u8,
}

/// Takes a possible step and what it changes.
type Go<'a> = &'a mut dyn FnMut(Step, &dyn Fn(&mut State));

impl Acp {
    fn all(&self) -> u8 {
        (1 << self.participants) - 1
    }

    fn coordinator_steps(&self, s: &State, go: Go<'_>) {
        let (c, all) = (&s.coordinator, self.all());
        let waiting = c.decision.is_none() && c.asked == all;
        for (id, bit, p) in s.each() {
            go(Step::Request(id), &|n| n.coordinator.asked |= bit);
            if waiting && p.vote_sent {
                go(Step::GetVote(id), &|n| n.coordinator.heard |= bit);
            }
            if waiting && p.dead && !p.vote_sent {
                go(Step::DetectFault(id), &|n| n.coordinator.decision = Some(Decision::Abort));
            }
            if c.decision.is_some() {
                go(Step::CoordBroadcast(id), &|n| n.coordinator.told |= bit);
            }
        }
        if waiting && c.heard == all {
            let decision = if self.yes == all { Decision::Commit } else { Decision::Abort };
            go(Step::MakeDecision, &|n| n.coordinator.decision = Some(decision));
        }
        go(Step::CoordDie, &|n| n.coordinator.dead = true);
    }

    fn participant_steps(&self, s: &State, go: Go<'_>) {
        let c = &s.coordinator;
        let alive = s.each().filter(|(.., p)| !p.dead).fold(0, |set, (_, bit, _)| set | bit);
        // Nobody alive can still hear of a decision: not from the coordinator, and not from a dead participant.
        let silent = c.dead && c.told & alive == 0 && s.each().all(|(.., p)| !p.dead || p.forwarded & alive == 0);
        for (id, bit, p) in s.each().filter(|(.., p)| !p.dead) {
            let i = usize::from(id);
            let decide = move |decision| move |n: &mut State| n.participants[i].decision = decision;
            let (abort, undecided, told) = (Some(Decision::Abort), p.decision.is_none(), c.told & bit != 0);
            if c.asked & bit != 0 {
                go(Step::SendVote(id), &|n| n.participants[i].vote_sent = true);
            }
            if undecided && p.vote_sent && self.yes & bit == 0 {
                go(Step::AbortOnVote(id), &decide(abort));
            }
            if undecided && c.dead && c.asked & bit == 0 {
                go(Step::AbortOnTimeoutRequest(id), &decide(abort));
            }
            if undecided && told && self.spec != Spec::NonBlocking {
                go(Step::Decide(id), &decide(c.decision));
            }
            go(Step::ParDie(id), &|n| n.participants[i].dead = true);
            if self.spec == Spec::SimpleBroadcast {
                continue;
            }
            if undecided && silent {
                go(Step::AbortOnTimeout(id), &decide(abort));
            }
            let others = s.each().filter(|(other, ..)| *other != id);
            if self.spec == Spec::NonBlocking {
                if p.predecision.is_none() && told {
                    go(Step::PreDecide(id), &|n| n.participants[i].predecision = c.decision);
                }
                // Nothing asks whether it has decided before; that it then decides alike is AC4.
                if p.predecision.is_some() && p.forwarded | bit == self.all() {
                    go(Step::DecideNb(id), &decide(p.predecision));
                }
                for (to, its_bit, other) in others {
                    if p.predecision.is_some() {
                        go(Step::Forward(id, to), &|n| n.participants[i].forwarded |= its_bit);
                    } else if other.forwarded & bit != 0 {
                        go(Step::PreDecideOnForward(id, to), &|n| n.participants[i].predecision = other.predecision);
                    }
                }
            } else {
                for (to, its_bit, other) in others {
                    if p.forwarded & its_bit == 0 {
                        go(Step::Forward(id, to), &|n| {
                            n.participants[i].forwarded |= its_bit;
                            n.participants[i].blank |= if undecided { its_bit } else { 0 };
                        });
                    }
                    if undecided && other.forwarded & !other.blank & bit != 0 {
                        go(Step::DecideOnForward(id, to), &decide(other.decision));
                    }
                }
            }
        }
    }
}

impl Model for Acp {
    type State = State;
    type Move = Step;

    fn start(&self) -> State {
        let participants = vec![Participant::default(); self.participants.into()];
        State { coordinator: Coordinator::default(), participants }
    }

    fn each_next(&self, state: &State, each: &mut dyn FnMut(&Step, &State)) {
        let mut go = |step, change: &dyn Fn(&mut State)| {
            let mut next = state.clone();
            change(&mut next);
            if next != *state {
                each(&step, &next);
            }
        };
        if !state.coordinator.dead {
            self.coordinator_steps(state, &mut go);
        }
        self.participant_steps(state, &mut go);
    }

    fn fingerprint(&self, state: &State) -> u128 {
        hash::wide(state)
    }

    /// The specifications' AC1, AC2 and AC3_1 under the names that `core/commit` gives them. AC4 speaks of two states.
    fn broken(&self, state: &State) -> Option<&'static str> {
        let (commit, abort) = (state.some(Decision::Commit), state.some(Decision::Abort));
        let all_yes = self.yes == self.all();
        let broken = [
            ("AC1-AGREE", commit && abort),
            ("AC3-VALID-COMMIT", commit && !all_yes),
            ("AC4-NONTRIVIAL", abort && all_yes && !state.faulty()),
        ];
        broken.into_iter().find(|(_, is)| *is).map(|(name, _)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::super::search::{Model, Search, Verdict};
    use super::{Acp, Decision, Spec, State, Step};
    use serde_json::Value;

    const KNOWN: [(Spec, &str, &[u8]); 3] = [
        (Spec::SimpleBroadcast, "ACP_SB", &[1, 2, 3]),
        (Spec::NonBlocking, "ACP_NB", &[1, 2]),
        (Spec::DeliverFirst, "ACP_NB_WRONG", &[2]),
    ];

    /// A model that is judged by something else than its own properties.
    struct Judged(Acp, fn(&Acp, &State) -> bool);

    impl Model for Judged {
        type State = State;
        type Move = Step;

        fn start(&self) -> State {
            self.0.start()
        }
        fn each_next(&self, state: &State, each: &mut dyn FnMut(&Step, &State)) {
            self.0.each_next(state, each);
        }
        fn fingerprint(&self, state: &State) -> u128 {
            self.0.fingerprint(state)
        }
        fn broken(&self, state: &State) -> Option<&'static str> {
            (self.1)(&self.0, state).then_some("judged")
        }
    }

    fn runs(name: &str) -> Value {
        let text = include_str!("../../tests/vectors/state_counts_2pc_acp.json");
        serde_json::from_str::<Value>(text).expect("the vectors are JSON")["runs"][name].take()
    }

    /// One configuration for each way to vote.
    fn votes(spec: Spec, participants: u8) -> impl Iterator<Item = Acp> {
        (0..1 << participants).map(move |yes| Acp { spec, participants, yes })
    }

    /// One search from all votes at once, as TLC does it: its states, and the steps to the farthest.
    fn together<M: Model>(models: impl Iterator<Item = M>) -> (u64, u32) {
        models.fold((0, 0), |(sum, deepest), model| match Search::new(model).run(u64::MAX) {
            Verdict::Holds { states, depth } => (sum + states, deepest.max(depth)),
            _ => panic!("a property is broken"),
        })
    }

    /// The right specifications with their properties, the wrong one to its end without. TLC gives the start depth 1.
    #[test]
    fn the_search_finds_exactly_the_states_that_are_known() {
        for (spec, name, sizes) in KNOWN {
            let runs = runs(name);
            assert_eq!(runs.as_object().map(|runs| runs.len()), Some(sizes.len()), "{name}");
            for &n in sizes {
                let (states, depth) = match spec {
                    Spec::DeliverFirst => together(votes(spec, n).map(|acp| Judged(acp, |_, _| false))),
                    _ => together(votes(spec, n)),
                };
                let wanted = &runs[n.to_string()];
                assert_eq!(Some(states), wanted["distinct"].as_u64(), "{name} {n}");
                assert_eq!(Some(u64::from(depth) + 1), wanted["depth"].as_u64(), "{name} {n}");
            }
        }
    }

    /// `["request", 0]` is our `Request(0)`.
    fn as_ours(step: &Value) -> String {
        let name = step[0].as_str().or(step.as_str()).expect("a step has a name");
        let who = step.get(1).map_or_else(String::new, |who| format!("({who})"));
        format!("{}{}{who}", name[..1].to_uppercase(), &name[1..])
    }

    /// The first participant commits and dies before it forwards; the second can hear of it from nobody and aborts. Nobody
    /// forwards anything, so the slip in `forward` has no part in it.
    #[test]
    fn who_delivers_before_forwarding_breaks_agreement_in_twelve_steps() {
        let run = &runs("ACP_NB_WRONG")["2"]["violation"];
        let wanted: Vec<String> = run.as_array().expect("a run").iter().map(as_ours).collect();
        let willing = Acp { spec: Spec::DeliverFirst, participants: 2, yes: 0b11 };
        let found = Search::new(willing).run(u64::MAX);
        let Verdict::Violated { property, path, .. } = found else { panic!("{found:?}") };
        assert_eq!((property, path.len()), ("AC1-AGREE", 12));
        assert_eq!(path.iter().map(|step| format!("{step:?}")).collect::<Vec<_>>(), wanted);
        // With a NO nobody can commit.
        together(votes(Spec::DeliverFirst, 2).filter(|acp| acp.yes != willing.yes));
    }

    /// AC4, as TLC checks it: no step takes a decision back.
    fn reverses(acp: &Acp, state: &State) -> bool {
        let mut reverses = false;
        acp.each_next(state, &mut |_, next| {
            let mut both = state.participants.iter().zip(&next.participants);
            reverses |= both.any(|(now, then)| now.decision.is_some() && now.decision != then.decision);
        });
        reverses
    }

    /// AC5: here a run can end with somebody alive and undecided. Every run ends, for no step is undone, and fairness
    /// demands each step but deaths.
    fn blocks(acp: &Acp, state: &State) -> bool {
        let mut ends = true;
        acp.each_next(state, &mut |step, _| ends &= matches!(step, Step::CoordDie | Step::ParDie(_)));
        ends && state.participants.iter().any(|p| !p.dead && p.decision.is_none())
    }

    /// StrongerAC3_1: an abort comes from a NO, or from a death that the coordinator saw, or from its own while undecided.
    fn aborts_otherwise(acp: &Acp, state: &State) -> bool {
        let seen = state.participants.iter().any(|p| p.dead) && state.coordinator.decision == Some(Decision::Abort);
        let own = state.coordinator.dead && state.coordinator.decision.is_none();
        state.some(Decision::Abort) && acp.yes == acp.all() && !seen && !own
    }

    /// As the configurations for TLC list them: AC5 is invalid for ACP_SB, StrongerAC3_1 for ACP_NB; AC3_2, which is AC5
    /// while nobody is faulty, holds. The wrong twin blocks where the message that could have carried the decision went
    /// out undecided and its sender died.
    #[test]
    fn what_a_single_state_cannot_show_is_as_the_specifications_say() {
        for (spec, name, sizes) in KNOWN {
            for &n in sizes {
                let ever = |broken: fn(&Acp, &State) -> bool| {
                    let found = |acp| Search::new(Judged(acp, broken)).run(u64::MAX);
                    votes(spec, n).any(|acp| matches!(found(acp), Verdict::Violated { .. }))
                };
                assert!(!ever(reverses), "{name} {n}");
                assert!(!ever(|acp, state| !state.faulty() && blocks(acp, state)), "{name} {n}");
                assert_eq!(ever(blocks), spec != Spec::NonBlocking, "{name} {n}");
                assert_eq!(ever(aborts_otherwise), spec != Spec::SimpleBroadcast, "{name} {n}");
            }
        }
    }

    /// No specification reaches most such states, so they are made by hand.
    #[test]
    fn every_property_can_be_broken() {
        let judge = |yes, decisions: [Option<Decision>; 2], dead| {
            let acp = Acp { spec: Spec::SimpleBroadcast, participants: 2, yes };
            let mut state = acp.start();
            state.coordinator.dead = dead;
            (state.participants[0].decision, state.participants[1].decision) = decisions.into();
            acp.broken(&state)
        };
        let (commit, abort) = (Some(Decision::Commit), Some(Decision::Abort));
        assert_eq!(judge(0b11, [commit, abort], true), Some("AC1-AGREE"));
        assert_eq!(judge(0b01, [commit, None], true), Some("AC3-VALID-COMMIT"));
        assert_eq!(judge(0b11, [None, abort], false), Some("AC4-NONTRIVIAL"));
        assert_eq!(judge(0b11, [None, abort], true), None);
        assert_eq!(judge(0b01, [None, abort], false), None);
    }
}
