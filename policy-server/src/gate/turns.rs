//! Turns: work that takes long goes on beside the threads that answer, a few pieces at a time.
//!
//! Whoever has waited the longest since its last turn is next: first among servers, then among the
//! callers of one. So many pieces of one server or caller never hold up those of another for longer
//! than the piece that goes on. Deliberately absent: what is done in a turn; that is bounded by
//! itself.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::ServerName;
use tokio::sync::oneshot::{self, Receiver, Sender};

/// Most pieces that wait together; each holds a message in memory.
const WAITING_MAX: usize = 512;

/// Most pieces of one caller, or of one server where there is no caller, that wait.
const WAITING_EACH_MAX: usize = 128;

/// Whose a piece of work is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Whose {
    pub(super) server: ServerName,
    /// None where only the server chooses what the work costs.
    pub(super) caller: Option<Digest>,
}

/// There was no turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoTurn;

/// So many pieces of work at a time.
#[derive(Clone, Debug)]
pub(super) struct Turns {
    queue: Arc<Mutex<Queue>>,
    wait_max: Duration,
}

#[derive(Debug)]
struct Queue {
    free: usize,
    /// How many turns there have been.
    turns: u64,
    waiting: VecDeque<Waiting>,
    /// The last turn of each server and caller since nobody waited.
    servers: BTreeMap<ServerName, u64>,
    callers: BTreeMap<Option<Digest>, u64>,
}

#[derive(Debug)]
struct Waiting {
    whose: Whose,
    called: Sender<Turn>,
}

/// A turn; it lasts until this is dropped.
#[derive(Debug)]
pub(super) struct Turn(Arc<Mutex<Queue>>);

impl Turns {
    /// So many turns at a time, each waited for so long at most.
    pub(super) fn new(turns: usize, wait_max: Duration) -> Self {
        let queue = Queue {
            free: turns,
            turns: 0,
            waiting: VecDeque::new(),
            servers: BTreeMap::new(),
            callers: BTreeMap::new(),
        };
        Self {
            queue: Arc::new(Mutex::new(queue)),
            wait_max,
        }
    }

    /// Does work when it is its turn. The turn lasts until what comes with the result is dropped,
    /// even when nobody waits for it any more.
    ///
    /// # Errors
    /// The turn did not come in time, or too much of the same waits already.
    pub(super) async fn aside<T: Send + 'static>(
        &self,
        whose: Whose,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<(T, Turn), NoTurn> {
        let turn = self.turn(whose).await?;
        let done = tokio::task::spawn_blocking(move || (work(), turn)).await;
        done.map_err(|_| NoTurn)
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// It did not come in time, or too much of the same waits already.
    pub(super) async fn turn(&self, whose: Whose) -> Result<Turn, NoTurn> {
        let called = self.wait(whose)?;
        let called = tokio::time::timeout(self.wait_max, called).await;
        called.ok().and_then(Result::ok).ok_or(NoTurn)
    }

    fn wait(&self, whose: Whose) -> Result<Receiver<Turn>, NoTurn> {
        let mut queue = locked(&self.queue);
        queue.waiting.retain(|waiting| !waiting.called.is_closed());
        let same = queue.waiting.iter().filter(|waiting| match whose.caller {
            Some(_) => waiting.whose.caller == whose.caller,
            None => waiting.whose.server == whose.server,
        });
        if same.count() >= WAITING_EACH_MAX || queue.waiting.len() >= WAITING_MAX {
            return Err(NoTurn);
        }
        let (called, waits) = oneshot::channel();
        queue.waiting.push_back(Waiting { whose, called });
        drop(queue);
        call(&self.queue);
        Ok(waits)
    }
}

impl Queue {
    /// Who is next.
    fn next(&mut self) -> Option<Waiting> {
        let last = |waiting: &Waiting| {
            let server = self.servers.get(&waiting.whose.server);
            let caller = self.callers.get(&waiting.whose.caller);
            (server.copied(), caller.copied())
        };
        let places = self.waiting.iter().enumerate();
        let (place, _) = places.min_by_key(|(place, waiting)| (last(waiting), *place))?;
        let next = self.waiting.remove(place)?;
        self.turns += 1;
        self.servers.insert(next.whose.server.clone(), self.turns);
        self.callers.insert(next.whose.caller, self.turns);
        if self.waiting.is_empty() {
            self.servers
                .retain(|server, _| *server == next.whose.server);
            self.callers
                .retain(|caller, _| *caller == next.whose.caller);
        }
        Some(next)
    }
}

/// Calls whoever is next, while there are turns.
fn call(queue: &Arc<Mutex<Queue>>) {
    loop {
        let mut locked = locked(queue);
        if locked.free == 0 {
            return;
        }
        let Some(next) = locked.next() else {
            return;
        };
        locked.free -= 1;
        drop(locked);
        // Who has gone away gives the turn back.
        drop(next.called.send(Turn(queue.clone())));
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        locked(&self.0).free += 1;
        call(&self.0);
    }
}

fn locked(queue: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whose(server: &str, caller: &str) -> Whose {
        Whose {
            server: ServerName::parse(server).unwrap(),
            caller: Some(Digest::of(caller.as_bytes())),
        }
    }

    /// Who gets the turns, in their order, when all of these wait for one.
    async fn order(waiting: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
        let turns = Turns::new(1, Duration::from_secs(60));
        let first = turns.turn(whose("a", "mallory")).await.unwrap();
        let got = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = Vec::new();
        for (server, caller) in waiting.iter().copied() {
            let waits = turns.wait(whose(server, caller)).unwrap();
            let got = got.clone();
            tasks.push(tokio::spawn(async move {
                let turn = waits.await.unwrap();
                got.lock().unwrap().push((server, caller));
                drop(turn);
            }));
        }
        drop(first);
        for task in tasks {
            task.await.unwrap();
        }
        let got = got.lock().unwrap();
        got.clone()
    }

    #[tokio::test]
    async fn servers_and_callers_take_turns() {
        let many = ("a", "mallory");
        let got = order(&[many, many, many, ("a", "alice"), ("b", "bob"), many]).await;
        assert_eq!(got[..3], [("b", "bob"), ("a", "alice"), many]);
        let got = order(&[many, many, ("b", "mallory"), ("c", "bob")]).await;
        assert_eq!(got[..2], [("c", "bob"), ("b", "mallory")]);
    }

    #[tokio::test]
    async fn one_caller_does_not_fill_the_queue() {
        let turns = Turns::new(1, Duration::from_secs(60));
        let _first = turns.turn(whose("a", "mallory")).await.unwrap();
        let waits: Vec<_> = (0..WAITING_EACH_MAX)
            .map(|_| turns.wait(whose("a", "mallory")).unwrap())
            .collect();
        assert!(turns.wait(whose("b", "mallory")).is_err());
        assert!(turns.wait(whose("a", "alice")).is_ok());
        drop(waits);
        assert!(
            turns.wait(whose("a", "mallory")).is_ok(),
            "who has left leaves room"
        );
    }

    #[tokio::test]
    async fn a_turn_that_nobody_takes_goes_to_the_next() {
        let turns = Turns::new(1, Duration::from_secs(60));
        let first = turns.turn(whose("a", "mallory")).await.unwrap();
        let gone = turns.wait(whose("b", "bob")).unwrap();
        let waits = turns.wait(whose("a", "alice")).unwrap();
        drop(gone);
        drop(first);
        assert!(waits.await.is_ok());
        assert!(turns.turn(whose("a", "mallory")).await.is_ok());
    }
}
