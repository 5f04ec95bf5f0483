//! One caller's question about one method, asked of one target after another.
//!
//! Deliberately absent: what comes of the opinions; [`crate::decision`] makes a verdict of them.

use std::sync::Arc;

use cedar_policy::{Context, EntityUid, PartialEntities, Request, RestrictedExpression, Schema};

use super::fitting::Fitting;
use super::places::Place;
use super::principals::{Near, Principal};
use super::slices::{Cut, Method};
use super::{Engine, INPUT, entities, inputs, shadow, shown, unclear};
use crate::catalogue::{Known, Tool};
use crate::engine::{Fault, Opinion};
use crate::facts::Subject;
use crate::schema::{self, ArgumentFault, Mentioned, Reads};

/// One caller's question about one method, to be asked of many targets.
#[derive(Debug)]
pub struct Inquiry<'a> {
    pub(super) engine: &'a Engine,
    pub(super) method: &'a Method,
    pub(super) server: EntityUid,
    pub(super) principal: Arc<Principal>,
    pub(super) pairs: Vec<(String, RestrictedExpression)>,
    /// What policies see of the arguments of a message that is no call of a tool, or why they see nothing.
    pub(super) said: Result<Option<inputs::Input>, Fault>,
}

/// What policies are asked of the arguments of a tool.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) value: RestrictedExpression,
    pub(super) reads: Reads,
}

/// One target's action, resource and surroundings.
pub(super) struct Scene<'a> {
    /// The schema that has the action.
    pub(super) schema: &'a Schema,
    pub(super) action: EntityUid,
    pub(super) resource: EntityUid,
    pub(super) near: Arc<Near>,
    /// The policies that can speak of it, where what is near has none.
    pub(super) cuts: Vec<&'a Cut>,
    /// Why its URI, or one in the arguments, is opaque.
    pub(super) unclear: Option<&'static str>,
    /// What policies see of the arguments.
    pub(super) said: Option<&'a inputs::Input>,
    /// Why they see nothing, where they look at them.
    pub(super) unfit: Option<Fault>,
}

impl Scene<'_> {
    /// The policies that can speak of it.
    pub(super) fn cuts(&self) -> Vec<&Cut> {
        match &self.near.cut {
            Some(cut) => vec![cut],
            None => self.cuts.clone(),
        }
    }

    /// What the enforced ones read of arguments.
    pub(super) fn reads(&self, engine: &Engine) -> Reads {
        match &self.near.reads {
            Some(reads) => reads.clone(),
            None => engine.index.readers.enforced(&self.cuts()),
        }
    }
}

impl Input {
    pub(super) fn read(
        tool: &Tool,
        arguments: Option<&str>,
        reads: Reads,
        names: &Mentioned,
    ) -> Result<Self, ArgumentFault> {
        let read = tool.mapped.read(arguments, &reads)?;
        tool.mapped.alone(&read, names)?;
        let value = tool.mapped.input(&read, &reads)?;
        Ok(Self { value, reads })
    }
}

impl Inquiry<'_> {
    /// The engine's opinion on one target.
    ///
    /// # Errors
    /// What policies read of the arguments is not exact.
    pub fn opinion(
        &self,
        subject: &Subject<'_>,
        arguments: Option<&str>,
    ) -> Result<Opinion, ArgumentFault> {
        let scene = match self.scene(subject) {
            Ok(scene) => scene,
            Err(fault) => return Ok(Opinion::failed(fault)),
        };
        if let Some(fault) = scene.unfit {
            return Ok(Opinion::failed(fault));
        }
        if self.method.name() == "prompts/get" && !scene.reads(self.engine).is_nothing() {
            schema::any_arguments(arguments.unwrap_or("{}"), &self.engine.index.names)?;
        }
        let input = self.input(&scene, subject, arguments)?;
        let opinion = self.evaluate(&scene, subject, arguments, input);
        Ok(opinion.unwrap_or_else(Opinion::failed))
    }

    /// Whether policies read anything of the arguments of a tool.
    #[must_use]
    pub fn reads(&self, subject: &Subject<'_>) -> bool {
        let scene = self.scene(subject);
        scene.is_ok_and(|scene| !scene.reads(self.engine).is_nothing())
    }

    /// The arguments of a tool, as far as enforced policies that can speak of the caller read them.
    pub(super) fn input(
        &self,
        scene: &Scene<'_>,
        subject: &Subject<'_>,
        arguments: Option<&str>,
    ) -> Result<Option<Input>, ArgumentFault> {
        match subject.known {
            Known::Tool(tool) => {
                let reads = scene.reads(self.engine);
                Input::read(tool, arguments, reads, &self.engine.index.names).map(Some)
            }
            Known::Unlisted(_) | Known::Quarantined(_) => Ok(None),
        }
    }

    /// Whether some arguments, at some time and with some approval, could be permitted. Where that
    /// is not sure, they could.
    #[must_use]
    pub fn shown(&self, subject: &Subject<'_>) -> bool {
        match subject.known {
            Known::Quarantined(_) => false,
            Known::Tool(tool) => self.engine.place(tool).is_some_and(|(fitting, place)| {
                let possible = || self.possible(fitting, place);
                self.principal.shown(&place.key, possible)
            }),
            Known::Unlisted(_) => self.possible_anywhere(subject),
        }
    }

    /// The policies that surely forbid a tool with a definition, whatever the arguments.
    #[must_use]
    pub fn forbidding(&self, subject: &Subject<'_>) -> Vec<String> {
        let Known::Tool(tool) = subject.known else {
            return Vec::new();
        };
        let Some((fitting, place)) = self.engine.place(tool) else {
            return Vec::new();
        };
        let cuts = self
            .engine
            .index
            .slices
            .of_tool(place, self.principal.uids());
        let crowd = self.principal.crowd(fitting);
        crowd.map_or_else(Vec::new, |crowd| {
            let (schema, resource) = (&fitting.schema, &place.resource);
            let (principal, action) = (self.principal.uid(), &place.action);
            shown::forbids(schema, principal, action, resource, &crowd, &cuts)
        })
    }

    fn possible(&self, fitting: &Arc<Fitting>, place: &Place) -> bool {
        let slices = &self.engine.index.slices;
        let cuts = slices.of_tool(place, self.principal.uids());
        if !shown::permits(&cuts) {
            return false;
        }
        let crowd = self.principal.crowd(fitting);
        let (principal, action) = (self.principal.uid(), &place.action);
        crowd.is_none_or(|crowd| {
            let (schema, resource) = (&fitting.schema, &place.resource);
            shown::possible(schema, principal, action, resource, &crowd, &cuts)
        })
    }

    /// The same of something that is no tool with a definition.
    fn possible_anywhere(&self, subject: &Subject<'_>) -> bool {
        // What cannot be put as a question is denied when it is called.
        let Ok(scene) = self.anywhere(subject) else {
            return false;
        };
        let cuts = scene.cuts();
        if !shown::permits(&cuts) {
            return false;
        }
        if scene.unclear.is_some() {
            return self.possible_unclear(&scene).unwrap_or(false);
        }
        let entities = scene.near.entities.clone();
        let (schema, principal) = (scene.schema, self.principal.uid());
        let crowd = PartialEntities::from_concrete(entities, schema);
        crowd.is_ok_and(|crowd| {
            let (action, resource) = (&scene.action, &scene.resource);
            shown::possible(schema, principal, action, resource, &crowd, &cuts)
        })
    }

    fn evaluate(
        &self,
        scene: &Scene<'_>,
        subject: &Subject<'_>,
        arguments: Option<&str>,
        input: Option<Input>,
    ) -> Result<Opinion, Fault> {
        let request = self.request(scene, input.as_ref())?;
        let entities = &scene.near.entities;
        let opinion = self.engine.judge(&scene.cuts(), &request, entities);
        let shadow = match (subject.known, &input) {
            (Known::Tool(tool), Some(input)) => {
                let of = shadow::Of {
                    tool,
                    arguments,
                    enforced: (input, &request),
                };
                self.shadow(scene, &of)
            }
            _ => self.engine.shadow(&scene.cuts(), &request, entities),
        };
        let opinion = Opinion { shadow, ..opinion };
        Ok(unclear::explained(opinion, scene.unclear))
    }

    /// The request for one target, validated.
    pub(super) fn request(
        &self,
        scene: &Scene<'_>,
        input: Option<&Input>,
    ) -> Result<Request, Fault> {
        let mut pairs = self.pairs.clone();
        let value = input.map(|input| &input.value);
        let value = value.or(scene.said.map(|said| &said.value));
        pairs.extend(value.map(|value| (INPUT.to_owned(), value.clone())));
        let request = |pairs, schema| {
            let context = Context::from_pairs(pairs).map_err(|_| Fault::UnfitRequest)?;
            let principal = self.principal.uid().clone();
            let (action, resource) = (scene.action.clone(), scene.resource.clone());
            Request::new(principal, action, resource, context, schema)
                .map_err(|_| Fault::UnfitRequest)
        };
        // What nobody reads is left out, which the schema would miss; what is read has been made by
        // its types, and whoever would read more fails, which denies.
        let is_whole = match input {
            Some(input) => input.reads == Reads::Whole,
            None => scene.said.is_some() || !inputs::are_read(self.method.name()),
        };
        let fit = request(pairs.clone(), is_whole.then_some(scene.schema))?;
        let Some(unclear) = scene.said.and_then(|said| said.unclear.as_ref()) else {
            return Ok(fit);
        };
        // The schema does not know what an opaque address has beside.
        pairs.retain(|(name, _)| name != INPUT);
        pairs.push((INPUT.to_owned(), unclear.value.clone()));
        request(pairs, None)
    }

    pub(super) fn scene(&self, subject: &Subject<'_>) -> Result<Scene<'_>, Fault> {
        match subject.known {
            Known::Quarantined(_) => Err(Fault::Quarantined),
            Known::Tool(tool) => self.place(tool),
            Known::Unlisted(_) => self.anywhere(subject),
        }
    }

    /// A tool with an action of its own.
    fn place(&self, tool: &Tool) -> Result<Scene<'_>, Fault> {
        let index = &self.engine.index;
        let (fitting, place) = self.engine.place(tool).ok_or(Fault::Quarantined)?;
        let cuts = || index.slices.of_tool(place, self.principal.uids());
        let readers = Some(&index.readers);
        let near = self
            .principal
            .near(&place.key, &place.entities, readers, cuts)?;
        Ok(Scene {
            schema: &fitting.schema,
            action: place.action.clone(),
            resource: place.resource.clone(),
            cuts: near.cut.is_none().then(cuts).unwrap_or_default(),
            near,
            unclear: None,
            said: None,
            unfit: None,
        })
    }

    /// Anything else.
    fn anywhere(&self, subject: &Subject<'_>) -> Result<Scene<'_>, Fault> {
        let read = entities::reading(subject.target);
        let index = &self.engine.index;
        let (said, unfit) = match self.said(subject)? {
            Ok(said) => (said, None),
            Err(fault) => (None, Some(fault)),
        };
        if let Some((written, reading)) = said.and_then(|said| said.page.as_ref())
            && index.named.confuses(written, reading)
        {
            return Err(Fault::Unclear(unclear::NAMED));
        }
        let in_input = said.and_then(|said| said.unclear.as_ref());
        let in_input = in_input.map(|unclear| unclear.why);
        let unclear = read
            .as_ref()
            .and_then(|(_, reading)| reading.why)
            .or(in_input);
        if let Some((written, reading)) = &read
            && self.engine.index.named.confuses(written, reading)
        {
            return Err(Fault::Unclear(unclear::NAMED));
        }
        let thing = entities::resource(subject, &self.server, read.as_ref())?;
        let resource = thing.uid;
        let action = &self.method.action;
        let id: &str = action.id().as_ref();
        let near = self
            .principal
            .near(id, &self.method.entities, None, Vec::new)?;
        let more = [entities::bare(&self.server)?].into_iter();
        // What an opaque URI lacks, the schema would miss.
        let bare = &self.engine.index.bare;
        let schema = unclear.is_none().then_some(bare);
        let entities = near
            .entities
            .clone()
            .add_entities(more.chain(thing.entity), schema)
            .map_err(|_| Fault::UnfitEntities)?;
        let cut = self.engine.index.slices.of(action, &resource, &self.server);
        let asked = unclear.map(|_| self.engine.unclear(cut)).transpose()?;
        Ok(Scene {
            schema: bare,
            action: action.clone(),
            cuts: vec![cut],
            resource,
            near: Arc::new(Near {
                entities,
                cut: asked,
                reads: None,
            }),
            unclear,
            said,
            unfit,
        })
    }

    /// What policies see of the arguments; nothing where no enforced one looks at them and they are not
    /// what they should be.
    fn said(&self, subject: &Subject<'_>) -> Result<Result<Option<&inputs::Input>, Fault>, Fault> {
        let index = &self.engine.index;
        let read = entities::reading(subject.target);
        let thing = entities::resource(subject, &self.server, read.as_ref())?;
        let cut = index
            .slices
            .of(&self.method.action, &thing.uid, &self.server);
        Ok(
            match (index.readers.enforced(&[cut]).is_nothing(), &self.said) {
                (true, Err(_)) => Ok(None),
                (false, Err(fault)) => Err(fault.clone()),
                (_, Ok(said)) => Ok(said.as_ref()),
            },
        )
    }
}
