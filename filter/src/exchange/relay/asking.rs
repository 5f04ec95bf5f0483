//! Messages that wait for the policy server, and what it is asked about them.

use std::collections::VecDeque;

use portcullis_protocol::jsonrpc::Id;
use portcullis_protocol::mcp::Judged;
use portcullis_protocol::names::Name;
use portcullis_protocol::wire::Direction;

use super::{About, Carried, Escort, Progress, Relay, Waiting};
use crate::exchange::questions::{Question, decide, sub_call};
use crate::exchange::reading::Call;
use crate::exchange::refusal::Asked;
use crate::exchange::screen::Refused;

impl Relay {
    /// One question for each request; none at all when one cannot be put.
    pub(super) fn questions(
        &mut self,
        call: &Call,
        requests: Vec<(Name, Judged<'_>)>,
        refused: &Refused,
        data: &str,
    ) -> Option<VecDeque<(Name, Question)>> {
        let id = match refused {
            Refused::Answer(id) => Some(id),
            Refused::Replace | Refused::Drop => None,
        };
        let session = call.entry.session.as_ref().map(|session| session.digest);
        let mut questions = VecDeque::new();
        for (method, what) in requests {
            self.judged += 1;
            let asked = self.asked(call, &method, id.cloned());
            let version = call.version.clone();
            let to_client = Direction::ToClient;
            let question = decide(&asked, to_client, &what, version, session, data.as_bytes());
            questions.push_back((method, question?));
        }
        Some(questions)
    }

    pub(super) fn asked(&self, call: &Call, method: &Name, id: Option<Id>) -> Asked {
        let call_id = sub_call(self.context.call, self.judged);
        Asked {
            call: call_id,
            method: method.clone(),
            id,
            ..call.asked.clone()
        }
    }

    pub(super) fn ask_next(
        &mut self,
        escort: &mut Escort<'_>,
        carried: Carried,
        mut questions: VecDeque<(Name, Question)>,
        refused: Refused,
        progress: &mut Progress,
    ) {
        match questions.pop_front() {
            Some((method, question)) => {
                let about = About::Requests {
                    method,
                    rest: questions,
                    refused,
                };
                self.wait(carried, question, about, progress);
            }
            None => self.release(escort, carried, progress),
        }
    }

    pub(super) fn wait(
        &mut self,
        carried: Carried,
        mut question: Question,
        about: About,
        progress: &mut Progress,
    ) {
        progress.effects.push(question.ask());
        self.waiting = Some(Waiting {
            carried,
            question,
            about,
        });
    }
}
