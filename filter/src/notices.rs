//! How much the filter says in Envoy's log: others choose how often something goes wrong.

/// Lines that may be said in a row.
const BURST: u32 = 50;
/// Ticks of a tenth of a second for which one more line may be said.
const TICKS_A_LINE: u32 = 2;

/// What may still be said.
#[derive(Debug)]
pub struct Notices {
    left: u32,
    ticks: u32,
    unsaid: u64,
}

impl Default for Notices {
    fn default() -> Self {
        Self {
            left: BURST,
            ticks: 0,
            unsaid: 0,
        }
    }
}

impl Notices {
    /// Whether a line may be said; it is counted either way.
    pub const fn says(&mut self) -> bool {
        if self.left == 0 {
            self.unsaid = self.unsaid.saturating_add(1);
            return false;
        }
        self.left -= 1;
        true
    }

    /// A tick has passed. Once there is room again: how many lines were left out.
    pub fn rested(&mut self) -> Option<u64> {
        self.ticks += 1;
        if self.ticks < TICKS_A_LINE {
            return None;
        }
        self.ticks = 0;
        if self.left < BURST {
            self.left += 1;
        }
        let tells = self.unsaid > 0 && self.left >= BURST / 5;
        tells.then(|| {
            self.left -= 1;
            std::mem::take(&mut self.unsaid)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_becomes_a_few_lines_and_a_number() {
        let mut notices = Notices::default();
        let mut said = 0;
        let mut told = 0;
        for _ in 0..600 {
            said += (0..100).map(|_| u64::from(notices.says())).sum::<u64>();
            told += u64::from(notices.rested().is_some());
        }
        assert!(said <= 50 + 300, "a minute: {said}");
        assert_eq!(told, 0, "while the flood lasts there is no room for more");
        let unsaid = (0..30).find_map(|_| notices.rested());
        assert_eq!(unsaid, Some(60_000 - said));
        assert!((0..30).all(|_| notices.rested().is_none()));
        assert!(notices.says());
    }
}
