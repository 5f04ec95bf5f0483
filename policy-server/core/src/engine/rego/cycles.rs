//! Which rule leads to which: no rule to itself, and none deeper than the stack is.
//!
//! Rego knows no recursion. The engine would follow a function that calls itself until the stack
//! ends, and with it the server.

use std::collections::{BTreeMap, BTreeSet};

use super::module::{Module, below};
use crate::policies::{Code, Place, Problem};

/// Heaviest chain of rules. Half of it was measured to fit into 2 MiB without optimisation.
pub(super) const WEIGHT_MAX: usize = 128;

/// A rule with all its definitions.
#[derive(Debug)]
struct Node<'a> {
    file: &'a str,
    place: Place,
    weight: usize,
    leads_to: BTreeSet<Vec<String>>,
}

/// All rules of all modules.
#[derive(Debug)]
struct Rules<'a> {
    nodes: BTreeMap<Vec<String>, Node<'a>>,
    /// How heavy the chains that begin at a rule are, once that is known.
    known: BTreeMap<Vec<String>, usize>,
}

/// Why a chain of rules is refused.
#[derive(Clone, Copy, Debug)]
enum Refused {
    Recursion,
    Depth,
}

/// Checks the rules of all modules together.
///
/// # Errors
/// A rule depends on itself, or a chain of rules is too heavy.
pub(super) fn check(
    modules: &[Module<'_>],
    paths: &BTreeSet<Vec<String>>,
) -> Result<(), Vec<Problem>> {
    let mut rules = Rules {
        nodes: BTreeMap::new(),
        known: BTreeMap::new(),
    };
    for module in modules {
        rules.add(module, paths);
    }
    let mut problems = Vec::new();
    for path in paths {
        if let Err(refused) = rules.weigh(path, &mut Vec::new(), 0) {
            problems.extend(rules.problem(path, refused));
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

impl<'a> Rules<'a> {
    fn add(&mut self, module: &Module<'a>, paths: &BTreeSet<Vec<String>>) {
        for rule in &module.rules {
            let node = self.nodes.entry(rule.path.clone()).or_insert(Node {
                file: module.file,
                place: rule.place,
                weight: 0,
                leads_to: BTreeSet::new(),
            });
            node.weight = node.weight.max(rule.weight);
            for reference in &rule.references {
                let resolved = module.resolve(reference, paths);
                if let Some((root, members)) = resolved.path.split_first()
                    && root == "data"
                {
                    node.leads_to.extend(below(paths, members).cloned());
                }
            }
        }
    }

    /// The weight of the heaviest chain from here; `above` are the rules that led here.
    fn weigh(
        &mut self,
        path: &Vec<String>,
        above: &mut Vec<Vec<String>>,
        weight_above: usize,
    ) -> Result<usize, Refused> {
        if above.contains(path) {
            return Err(Refused::Recursion);
        }
        let Some(node) = self.nodes.get(path) else {
            return Ok(0);
        };
        let own = node.weight;
        if let Some(known) = self.known.get(path) {
            let fits = weight_above + known <= WEIGHT_MAX;
            return fits.then_some(*known).ok_or(Refused::Depth);
        }
        if weight_above + own > WEIGHT_MAX {
            return Err(Refused::Depth);
        }
        let next: Vec<Vec<String>> = node.leads_to.iter().cloned().collect();
        above.push(path.clone());
        let mut heaviest = 0;
        for path in next {
            heaviest = heaviest.max(self.weigh(&path, above, weight_above + own)?);
        }
        above.pop();
        self.known.insert(path.clone(), own + heaviest);
        Ok(own + heaviest)
    }

    fn problem(&self, path: &[String], refused: Refused) -> Option<Problem> {
        let node = self.nodes.get(path)?;
        let name = path.join(".");
        let (message, help) = match refused {
            Refused::Recursion => (
                format!("`{name}` leads to a rule that depends on itself"),
                "Rego has no recursion; `walk` visits what is nested",
            ),
            Refused::Depth => (
                format!("`{name}` takes more of the stack than there is"),
                "cut long bodies and expressions, and shorten chains of rules and functions",
            ),
        };
        let mut problem = Problem::new(Code::Rego, node.file, &message).help(help);
        problem.place = Some(node.place);
        Some(problem)
    }
}
