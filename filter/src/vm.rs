//! What all exchanges of one VM share: a worker of Envoy has one VM, with one thread.

use std::cell::RefCell;
use std::rc::Rc;

use crate::budget::Budget;
use crate::config::Config;
use crate::epoch::KnownEpoch;
use crate::rules::KnownRules;
use crate::sessions::KnownSessions;
use crate::waiting::Waiting;

/// The shared parts. Cloning shares them.
#[derive(Clone, Debug)]
pub struct Vm {
    /// The configuration.
    pub config: Rc<Config>,
    /// Sessions whose owner is known.
    pub known: Rc<RefCell<KnownSessions>>,
    /// The redaction rules in force.
    pub rules: Rc<RefCell<KnownRules>>,
    /// What the policy server's answers are given under.
    pub epoch: Rc<RefCell<KnownEpoch>>,
    /// Reports on their way to the policy server.
    pub waiting: Rc<RefCell<Waiting>>,
    /// What exchanges hold.
    pub budget: Rc<RefCell<Budget>>,
}

impl Vm {
    /// A VM in which nothing has happened yet.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let budget = Budget::new(config.memory_bytes);
        Self {
            config: Rc::new(config),
            known: Rc::default(),
            rules: Rc::default(),
            epoch: Rc::default(),
            waiting: Rc::default(),
            budget: Rc::new(RefCell::new(budget)),
        }
    }
}
