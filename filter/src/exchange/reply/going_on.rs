//! Before more of an answer is shown: does the exchange still stand? What has come waits meanwhile.

use portcullis_protocol::wire::Report;

use super::{Answering, Phase, Replying, cut_off};
use crate::exchange::BodyMode;
use crate::exchange::effect::{Effect, Gate};
use crate::exchange::tenure::{Lapse, Stand};

/// What has come of an answer, or for it.
#[derive(Debug)]
pub(in crate::exchange) enum Arrived {
    /// A chunk of a stream, or all of a whole answer.
    Chunk {
        /// The bytes.
        bytes: Vec<u8>,
        /// Whether the answer ends here.
        last: bool,
    },
    /// The policy server's answer to a question about a message.
    Answer {
        /// The HTTP status.
        status: u16,
        /// The body.
        body: Vec<u8>,
    },
}

impl Arrived {
    pub(super) const fn held_bytes(&self) -> usize {
        match self {
            Self::Chunk { bytes, .. } => bytes.len(),
            Self::Answer { body, .. } => body.len(),
        }
    }
}

impl Answering {
    pub(in crate::exchange) const fn body_mode(&self) -> BodyMode {
        match self.phase {
            Phase::Waiting | Phase::Session { .. } => BodyMode::Later,
            Phase::Whole(_) => BodyMode::Whole,
            // What does not go is not kept either.
            Phase::Neutral(_) | Phase::Dropped => BodyMode::Discarded,
            // While a message is judged the rest stays with the host, which slows the server down.
            Phase::Stream { ref relay, .. } if relay.is_waiting() || self.tenure.is_asking() => {
                BodyMode::Later
            }
            Phase::Stream { .. } | Phase::Ending => BodyMode::Chunks,
            Phase::Passing => BodyMode::Untouched,
        }
    }

    /// A chunk of a stream, or all of a whole answer.
    pub(in crate::exchange) fn chunk(
        mut self,
        bytes: &[u8],
        last: bool,
    ) -> (Replying, Vec<Effect>) {
        if bytes.is_empty() || !self.shows() {
            return self.take(bytes, last);
        }
        match self.tenure.stand(&self.context, &self.call, &self.guard) {
            Stand::Good => self.take(bytes, last),
            stand => {
                let bytes = bytes.to_vec();
                self.stands(stand, Arrived::Chunk { bytes, last }, Vec::new())
            }
        }
    }

    /// The policy server has answered the question that is out.
    pub(in crate::exchange) fn answered(
        mut self,
        status: u16,
        body: &[u8],
    ) -> (Replying, Vec<Effect>) {
        if !self.tenure.is_asking() {
            if !self.shows() {
                return self.learn(status, body);
            }
            return match self.tenure.stand(&self.context, &self.call, &self.guard) {
                Stand::Good => self.learn(status, body),
                stand => {
                    let body = body.to_vec();
                    self.stands(stand, Arrived::Answer { status, body }, Vec::new())
                }
            };
        }
        let answer = (status, body);
        let (stand, effects) =
            self.tenure
                .answered(&self.context, &self.call, &mut self.guard, answer);
        let Some(arrived) = self.arrived.take().filter(|_| self.shows()) else {
            return (Replying::Goes(Box::new(self)), effects);
        };
        match stand {
            Stand::Good => {
                let stand = self.tenure.stand(&self.context, &self.call, &self.guard);
                self.stands(stand, arrived, effects)
            }
            stand => self.stands(stand, arrived, effects),
        }
    }

    /// Whether something of what comes is shown.
    const fn shows(&self) -> bool {
        matches!(self.phase, Phase::Whole(_) | Phase::Stream { .. })
    }

    fn stands(
        mut self,
        stand: Stand,
        arrived: Arrived,
        mut effects: Vec<Effect>,
    ) -> (Replying, Vec<Effect>) {
        let (replying, more) = match stand {
            Stand::Good => match arrived {
                Arrived::Chunk { bytes, last } => self.take(&bytes, last),
                Arrived::Answer { status, body } => self.learn(status, &body),
            },
            Stand::Asks(question) => {
                self.arrived = Some(arrived);
                let more = vec![*question, Effect::Answer(Gate::Hold)];
                (Replying::Goes(Box::new(self)), more)
            }
            Stand::Over(lapse) => self.lapse(lapse),
        };
        effects.extend(more);
        (replying, effects)
    }

    /// Nothing more is shown, and the record says why.
    fn lapse(mut self, lapse: Lapse) -> (Replying, Vec<Effect>) {
        let loss = lapse.loss();
        let report = self.call.asked.report(loss.as_str(), 200);
        let mut told = vec![Effect::Report(Report::Refusal(report))];
        told.extend(self.dropped());
        let (replying, mut effects) = match self.phase {
            Phase::Whole(_) => self.neutral(loss),
            _ => cut_off(Replying::Goes(Box::new(self)), Vec::new(), loss),
        };
        effects.extend(told);
        (replying, effects)
    }
}
