//! All tools that policies are fitted to: server by server, and each tool in every definition that its
//! server has shown.
//!
//! No definition makes policies fail: what they do not fit is set aside.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cedar_policy::Schema;
use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::{Name, ServerName};

use super::Index;
use super::fitting::{Fitted, Fitting};
use super::places::Place;
use crate::catalogue::{Catalogue, Quarantine, Tool};
use crate::policies::Problem;

/// Most fittings of a server beside those that were made together; then all of its tools are fitted
/// anew, together.
pub(super) const FITTINGS_MAX: usize = 16;

/// The fittings of all servers.
#[derive(Clone, Debug, Default)]
pub(super) struct Fittings {
    servers: BTreeMap<ServerName, OfServer>,
}

/// Those of one server.
#[derive(Clone, Debug, Default)]
struct OfServer {
    /// The oldest first.
    fittings: Vec<Arc<Fitting>>,
    /// How many of those were made at once.
    together: usize,
    /// The definitions that policies do not fit, and why.
    unfit: BTreeMap<(Name, Digest), Quarantine>,
}

/// What came of fitting some tools, by server.
pub(super) type Report = Vec<(ServerName, Fitted)>;

impl Fittings {
    /// Fits policies to all tools.
    ///
    /// # Errors
    /// The built-in schema cannot be read.
    pub(super) fn all(
        catalogue: &Catalogue,
        index: &Index,
    ) -> Result<(Self, Report), Vec<Problem>> {
        let mut all = Self::default();
        let mut report = Report::new();
        for (server, tools) in by_server(catalogue) {
            let own = all.servers.entry(server.clone()).or_default();
            for fitted in own.fit(server, tools, catalogue, index)? {
                report.push((server.clone(), fitted));
            }
            own.together = own.fittings.len();
        }
        Ok((all, report))
    }

    /// The same, and policies fitted to the definitions that are new.
    ///
    /// # Errors
    /// The built-in schema cannot be read.
    pub(super) fn more(&self, catalogue: &Catalogue, index: &Index) -> Result<Self, Vec<Problem>> {
        let mut all = self.clone();
        for (server, tools) in by_server(catalogue) {
            let own = all.servers.entry(server.clone()).or_default();
            own.forget(&tools);
            let new: Vec<&Tool> = tools
                .iter()
                .copied()
                .filter(|tool| own.is_new(tool))
                .collect();
            if new.is_empty() {
                continue;
            }
            let is_full = own.fittings.len() - own.together >= FITTINGS_MAX;
            if is_full {
                *own = OfServer::default();
                own.fit(server, tools, catalogue, index)?;
                own.together = own.fittings.len();
            } else {
                own.fit(server, new, catalogue, index)?;
            }
        }
        Ok(all)
    }

    /// Where policies on a tool are looked up, and what it was validated with.
    pub(super) fn place(&self, tool: &Tool) -> Option<(&Arc<Fitting>, &Place)> {
        let mut newest_first = self.of(tool.mapped.action())?.fittings.iter().rev();
        newest_first.find_map(|fitting| Some((fitting, fitting.place(tool)?)))
    }

    /// The schema that has the action of a tool.
    pub(super) fn schema(&self, action: &str) -> Option<&Schema> {
        let mut newest_first = self.of(action)?.fittings.iter().rev();
        let has = newest_first.find(|fitting| fitting.has(action))?;
        Some(&has.schema)
    }

    /// The schemas of all of them.
    pub(super) fn schemas(&self) -> impl Iterator<Item = &Schema> {
        let fittings = self.servers.values().flat_map(|own| &own.fittings);
        fittings.map(|fitting| &fitting.schema)
    }

    /// The definitions that policies do not fit.
    pub(super) fn unfit(&self) -> impl Iterator<Item = (&ServerName, &Name, Digest, &Quarantine)> {
        self.servers.iter().flat_map(|(server, own)| {
            let each = own.unfit.iter();
            each.map(move |((name, judged), why)| (server, name, *judged, why))
        })
    }

    /// The server of a tool, by the id of its action.
    fn of(&self, action: &str) -> Option<&OfServer> {
        let (server, _) = action.split_once('/')?;
        self.servers.get(server)
    }
}

impl OfServer {
    /// Fits policies to definitions.
    fn fit(
        &mut self,
        server: &ServerName,
        tools: Vec<&Tool>,
        catalogue: &Catalogue,
        index: &Index,
    ) -> Result<Vec<Fitted>, Vec<Problem>> {
        let mut report = Vec::new();
        for layer in layers(tools) {
            let mut fitted = Fitting::of(server, &layer, catalogue, index)?;
            self.fittings.extend(fitted.fitting.take().map(Arc::new));
            let unfit = fitted.misfits.iter().map(|misfit| {
                let of = (misfit.tool.clone(), misfit.judged);
                (of, misfit.quarantine())
            });
            self.unfit.extend(unfit);
            report.push(fitted);
        }
        Ok(report)
    }

    /// Forgets of which definitions it is known that policies do not fit them, if they are not there.
    fn forget(&mut self, tools: &[&Tool]) {
        if !self.unfit.is_empty() {
            let there: BTreeSet<(&Name, Digest)> =
                tools.iter().map(|tool| (&tool.name, tool.judged)).collect();
            self.unfit
                .retain(|(name, judged), _| there.contains(&(name, *judged)));
        }
    }

    fn is_new(&self, tool: &Tool) -> bool {
        let unfit = &self.unfit;
        let is_unfit = !unfit.is_empty() && unfit.contains_key(&(tool.name.clone(), tool.judged));
        !is_unfit
            && self
                .fittings
                .iter()
                .all(|fitting| fitting.place(tool).is_none())
    }
}

/// All definitions, by server.
fn by_server(catalogue: &Catalogue) -> Vec<(&ServerName, Vec<&Tool>)> {
    let mut servers: Vec<(&ServerName, Vec<&Tool>)> = Vec::new();
    for (server, tool) in catalogue.editions() {
        match servers.last_mut() {
            Some((last, tools)) if *last == server => tools.push(tool),
            _ => servers.push((server, vec![tool])),
        }
    }
    servers
}

/// The definitions of tools, no tool twice in one layer: the newest of all, then the second, and so on.
fn layers(editions: Vec<&Tool>) -> Vec<Vec<&Tool>> {
    let mut layers: Vec<Vec<&Tool>> = Vec::new();
    let (mut last, mut depth) = (None, 0);
    for tool in editions {
        depth = if last == Some(&tool.name) {
            depth + 1
        } else {
            0
        };
        last = Some(&tool.name);
        match layers.get_mut(depth) {
            Some(layer) => layer.push(tool),
            None => layers.push(vec![tool]),
        }
    }
    layers
}
