//! How many bytes the exchanges of one VM may hold: all of them, those of one caller, and each.
//!
//! A wasm module has 4 GiB at most, and what runs out of them ends every stream of its worker. So the more
//! is held, the less one exchange and one caller may hold (the dynamic thresholds of shared-memory
//! switches, Choudhury and Hahne 1998): whoever wants much is refused while there is still room for those
//! who want little, and the sum never passes its bound.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use portcullis_protocol::digest::Digest;

/// What an exchange may always hold while there is room for its caller, in bytes: a head and a message of
/// the usual length.
const EXCHANGE_BYTES_MIN: usize = 64 * 1024;

/// What a caller may hold even when others hold all that they may, in bytes. A quarter of the bound is
/// kept free for this.
const CALLER_BYTES_MIN: usize = 1024 * 1024;

/// What is held in one VM.
#[derive(Debug)]
pub struct Budget {
    bytes_max: usize,
    bytes: usize,
    callers: BTreeMap<Digest, usize>,
    refused: u64,
}

impl Budget {
    /// A budget of so many bytes, of which nothing is held.
    #[must_use]
    pub const fn new(bytes_max: usize) -> Self {
        Self {
            bytes_max,
            bytes: 0,
            callers: BTreeMap::new(),
            refused: 0,
        }
    }

    /// How often there was no room so far.
    #[must_use]
    pub const fn refused(&self) -> u64 {
        self.refused
    }

    /// How many bytes are held.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether an exchange of this caller that holds `now` bytes may hold `then`.
    fn fits(&self, caller: Option<Digest>, now: usize, then: usize) -> bool {
        let grown = then.saturating_sub(now);
        let own = self.of(caller);
        let spare = self.bytes_max / 4;
        if own.saturating_add(grown) <= CALLER_BYTES_MIN {
            return self.bytes.saturating_add(grown) <= self.bytes_max;
        }
        let shared = self.bytes_max - spare;
        let left_by_others = shared.saturating_sub(self.bytes.saturating_sub(own));
        let left_by_all = shared.saturating_sub(self.bytes.saturating_sub(now));
        own.saturating_add(grown) <= left_by_others / 2
            && then <= EXCHANGE_BYTES_MIN.max(left_by_all / 4)
    }

    fn of(&self, caller: Option<Digest>) -> usize {
        caller
            .and_then(|caller| self.callers.get(&caller))
            .copied()
            .unwrap_or(0)
    }

    fn change(&mut self, caller: Option<Digest>, now: usize, then: usize) {
        self.bytes = self.bytes.saturating_sub(now).saturating_add(then);
        let Some(caller) = caller else { return };
        let own = self.callers.entry(caller).or_default();
        *own = own.saturating_sub(now).saturating_add(then);
        if *own == 0 {
            self.callers.remove(&caller);
        }
    }
}

/// What one exchange holds of a budget. Dropping it gives it back.
#[derive(Debug)]
pub struct Held {
    budget: Rc<RefCell<Budget>>,
    caller: Option<Digest>,
    bytes: usize,
}

impl Held {
    /// Nothing yet, of nobody yet.
    #[must_use]
    pub const fn new(budget: Rc<RefCell<Budget>>) -> Self {
        Self {
            budget,
            caller: None,
            bytes: 0,
        }
    }

    /// Whose exchange it is turned out.
    pub fn belongs_to(&mut self, caller: Option<Digest>) {
        if self.caller == caller {
            return;
        }
        let mut budget = self.budget.borrow_mut();
        budget.change(self.caller, self.bytes, 0);
        budget.change(caller, 0, self.bytes);
        self.caller = caller;
    }

    /// Whether there is room for so many bytes in all; if not, that is counted.
    #[must_use]
    pub fn fits(&self, bytes: usize) -> bool {
        let mut budget = self.budget.borrow_mut();
        let fits = bytes <= self.bytes || budget.fits(self.caller, self.bytes, bytes);
        budget.refused += u64::from(!fits);
        fits
    }

    /// So many bytes are held now.
    pub fn set(&mut self, bytes: usize) {
        self.budget
            .borrow_mut()
            .change(self.caller, self.bytes, bytes);
        self.bytes = bytes;
    }

    /// How many bytes are held.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.set(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1024 * 1024;

    fn held(budget: &Rc<RefCell<Budget>>, caller: &str, bytes: usize) -> Option<Held> {
        let mut held = Held::new(Rc::clone(budget));
        held.belongs_to(Some(Digest::of(caller.as_bytes())));
        held.fits(bytes).then(|| {
            held.set(bytes);
            held
        })
    }

    fn budget() -> Rc<RefCell<Budget>> {
        Rc::new(RefCell::new(Budget::new(256 * MIB)))
    }

    #[test]
    fn the_longest_message_fits_when_little_is_held() {
        let budget = budget();
        let whole = held(&budget, "alice", 32 * MIB).unwrap();
        assert_eq!(budget.borrow().bytes(), 32 * MIB);
        drop(whole);
        assert_eq!(budget.borrow().bytes(), 0);
        assert!(budget.borrow().callers.is_empty());
    }

    #[test]
    fn one_caller_leaves_room_for_others() {
        let budget = budget();
        let grown: Vec<Held> = std::iter::from_fn(|| held(&budget, "mallory", 15 * MIB))
            .take(1_000)
            .collect();
        assert!(grown.len() > 2 && grown.len() < 17, "{}", grown.len());
        let others: Vec<Option<Held>> = (0..40)
            .map(|n| held(&budget, &format!("c{n}"), MIB))
            .collect();
        assert!(others.iter().all(Option::is_some));
        assert!(
            held(&budget, "mallory", 70 * 1024).is_none(),
            "not even a little more"
        );
        assert!(budget.borrow().refused() > 1);
    }

    #[test]
    fn many_callers_never_pass_the_bound() {
        let budget = budget();
        let mut all = Vec::new();
        for size in [15 * MIB, MIB, 64 * 1024, 9 * 1024] {
            for caller in 0..600 {
                let mut more = || held(&budget, &format!("c{caller}"), size);
                all.extend(std::iter::from_fn(&mut more).take(200));
                assert!(budget.borrow().bytes() <= 256 * MIB);
            }
        }
        assert!(held(&budget, "late", 9 * 1024).is_none(), "full is full");
        drop(all);
        assert_eq!(budget.borrow().bytes(), 0);
    }

    #[test]
    fn shrinking_always_fits() {
        let budget = budget();
        let mut one = held(&budget, "a", 32 * MIB).unwrap();
        let _rest: Vec<Held> = std::iter::from_fn(|| held(&budget, "b", 10 * MIB))
            .take(50)
            .collect();
        assert!(one.fits(MIB));
        one.set(MIB);
        one.belongs_to(Some(Digest::of(b"b")));
        assert_eq!(budget.borrow().of(Some(Digest::of(b"a"))), 0);
    }
}
