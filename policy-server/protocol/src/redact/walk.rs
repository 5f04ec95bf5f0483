//! A walk over one checked document: each string and each key is looked at where it stands.
//!
//! The text is known to be strict JSON, so that reading it again is cheap: no value is built.

use std::collections::HashSet;
use std::ops::Range;

use super::escapes::Escapes;
use super::known::Work;
use super::look::{Form, Found, Scope, Search};
use super::positions::Place;
use super::rules::{KeyRule, MARKED};
use super::{Unscanned, placeholder};
use crate::json::Json;
use crate::limits::{FACTS_MAX, FINDINGS_MAX};

mod pointer;
mod raw;
mod siblings;

use pointer::{Path, Step};
use raw::{Raw, string_at};
use siblings::Siblings;

/// Shortest key that can hold a secret itself, in bytes.
const KEY_BYTES_MIN: usize = 16;

/// The keys of an envelope: they are there whatever the secret is.
const ENVELOPE: [&str; 6] = ["jsonrpc", "id", "method", "params", "result", "error"];

/// Steps to what schemas speak of: `params/arguments`, `result/structuredContent`.
const BASE_STEPS: usize = 2;
/// Shortest string that can hold a secret with something beside it, in bytes.
const TEXT_BYTES_MIN: usize = 8;

/// A walk, and what it has found.
pub(super) struct Walk<'s, 't> {
    search: Search<'s>,
    text: &'t str,
    at: usize,
    /// How many layers of encoding the document was taken out of.
    layer: usize,
    path: Path<'t>,
    marked: &'s [String],
    found: Vec<Found>,
    /// What may still be looked at for secrets that are known by their value.
    work: Work,
    pub(super) unscanned: Vec<Unscanned>,
    /// Placeholders that stand in keys already.
    pub(super) taken: HashSet<String>,
}

impl<'s, 't> Walk<'s, 't> {
    /// A walk over a message.
    pub(super) fn message(search: Search<'s>, message: Json<'t>, marked: &'s [String]) -> Self {
        Self {
            marked,
            ..Self::inside(search, message, 0)
        }
    }

    /// A walk over a document inside a string.
    pub(super) fn inside(search: Search<'s>, document: Json<'t>, layer: usize) -> Self {
        Self {
            search,
            text: document.text(),
            at: 0,
            layer,
            path: Path::default(),
            marked: &[],
            found: Vec::new(),
            work: Work::on(document.text()),
            unscanned: Vec::new(),
            taken: HashSet::new(),
        }
    }

    /// Walks with nothing known of the document's form.
    pub(super) fn findings(mut self) -> Vec<Found> {
        self.value(Place::Plain, None);
        self.found
    }

    /// Walks over an MCP message.
    pub(super) fn go(&mut self) {
        self.value(Place::Message, None);
    }

    /// What was found.
    pub(super) fn into_found(self) -> Vec<Found> {
        self.found
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(
            self.peek(),
            Some(b' ' | b'\t' | b'\n' | b'\r' | b',' | b':')
        ) {
            self.at += 1;
        }
    }

    fn value(&mut self, place: Place, key: Option<KeyRule>) {
        match self.peek() {
            Some(b'{') => self.object(place.container()),
            Some(b'[') => self.array(place.container(), key),
            Some(b'"') => {
                let raw = self.string();
                self.look(raw, place, key);
            }
            _ => self.scalar(place, key),
        }
    }

    fn object(&mut self, place: Place) {
        let place = match place {
            Place::Content => {
                place.seen(Json::prefix(self.text.get(self.at..).unwrap_or_default()))
            }
            place => place,
        };
        let mut siblings = Siblings::default();
        self.at += 1;
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                break;
            }
            let raw = self.string();
            let name = raw.decoded();
            self.path.push(Step::Key(raw.text));
            self.key(raw, &name, place);
            self.space();
            let child = place.member(&name);
            let rule = match child {
                Place::Skipped | Place::Unscanned(_) => None,
                _ => self.search.rules.key(&name),
            };
            self.sibling(&name, child, &mut siblings);
            self.value(child, rule);
            self.path.pop();
        }
        self.at += 1;
        self.pair(&siblings, place);
        self.jwk(&siblings, place);
    }

    fn array(&mut self, place: Place, key: Option<KeyRule>) {
        self.at += 1;
        let mut index = 0;
        let mut option: Option<KeyRule> = None;
        loop {
            self.space();
            if matches!(self.peek(), Some(b']') | None) {
                break;
            }
            self.path.push(Step::Index(index));
            let begin = self.at;
            self.value(place.element(), key.or(option));
            option = self.option(begin);
            self.path.pop();
            index += 1;
        }
        self.at += 1;
    }

    fn string(&mut self) -> Raw<'t> {
        let (raw, end) = string_at(self.text, self.at);
        self.at = end;
        raw
    }

    /// A string that is never altered must still hold no secret that is known by its value.
    fn fixed(&mut self, raw: Raw<'t>) {
        if self.search.known.is_empty() {
            return;
        }
        let text = raw.decoded();
        let mut inside = Vec::new();
        self.known(&text, &mut inside);
        for found in &mut inside {
            found.form = Form::Fixed;
        }
        self.keep(raw, Place::Skipped, inside);
    }

    /// What is known by its value: as it is, or in another form.
    fn known(&mut self, text: &str, inside: &mut Vec<Found>) {
        match self.search.scope {
            Scope::Hidden => self.search.hidden(text, &mut self.work, inside),
            Scope::Everything | Scope::Changed => self.search.values(text, inside),
        }
    }

    fn look(&mut self, raw: Raw<'t>, place: Place, key: Option<KeyRule>) {
        match place {
            Place::Skipped => return self.fixed(raw),
            Place::Unscanned(reason) => {
                self.fixed(raw);
                if self.unscanned.len() < FACTS_MAX {
                    self.unscanned.push(Unscanned {
                        pointer: self.path.pointer(self.search),
                        bytes: raw.text.len() as u64,
                        reason,
                    });
                }
                return;
            }
            _ => {}
        }
        if self.search.scope == Scope::Hidden {
            let mut inside = Vec::new();
            self.search
                .hidden(&raw.decoded(), &mut self.work, &mut inside);
            return self.keep(raw, place, inside);
        }
        let is_in_scope = self.search.scope == Scope::Everything
            || placeholder::stands_in(raw.text)
            || self.path.key().is_some_and(placeholder::stands_in);
        if raw.text.is_empty() || !is_in_scope || self.found.len() > FINDINGS_MAX {
            return;
        }
        let text = raw.decoded();
        let mut inside = Vec::new();
        if self.is_marked(place) && !self.search.rules.is_allowed(&text) {
            inside.push(Found::text(0..text.len(), MARKED, &text));
        }
        if let Some(rule) = key.filter(|_| self.search.echoes.is_none()) {
            self.under_key(rule, &text, &mut inside);
        }
        if text.len() >= TEXT_BYTES_MIN || self.search.knows_values() {
            self.search.text(&text, self.layer, &mut inside);
        }
        self.keep(raw, place, inside);
    }

    fn under_key(&self, rule: KeyRule, text: &str, inside: &mut Vec<Found>) {
        let Some((span, rule)) = self.search.rules.under(rule, text) else {
            return;
        };
        let value = text.get(span.clone()).unwrap_or_default();
        if !placeholder::holds(text, &span) && !self.search.rules.is_allowed(value) {
            inside.push(Found::text(span, rule, value));
        }
    }

    /// Moves what was found in a string to where it stands in the document.
    fn keep(&mut self, raw: Raw<'t>, place: Place, mut inside: Vec<Found>) {
        if inside.is_empty() {
            return;
        }
        super::look::tidy(&mut inside, 0);
        if raw.is_escaped {
            Escapes::Json.to_written(raw.text, &mut inside);
        }
        for mut found in inside {
            found.span = found.span.start + raw.at..found.span.end + raw.at;
            found.is_structured = place == Place::Structured;
            self.tell(found);
        }
    }

    /// Keeps a finding. Only those that are told one by one need a pointer, which costs.
    fn tell(&mut self, mut found: Found) {
        if self.layer == 0 && self.found.len() < FACTS_MAX {
            found.pointer = self.path.pointer(self.search);
        }
        self.found.push(found);
    }

    /// A key may hold a secret itself.
    fn key(&mut self, raw: Raw<'t>, name: &str, place: Place) {
        if place == Place::Skipped {
            return;
        }
        if place == Place::Message && ENVELOPE.contains(&name) {
            return;
        }
        let mut inside = Vec::new();
        let is_long = name.len() >= KEY_BYTES_MIN;
        if is_long || self.search.knows_values() {
            self.taken
                .extend(placeholder::all(name).map(ToOwned::to_owned));
        }
        if is_long && self.search.scope != Scope::Hidden {
            self.search.plain(name, &mut inside);
        } else {
            self.known(name, &mut inside);
        }
        // What is known by its value stays so: no mode and no policy lets it through.
        for found in &mut inside {
            found.form = match found.form {
                Form::Known => Form::KnownKey,
                _ => Form::Key,
            };
        }
        self.keep(raw, place, inside);
    }

    fn scalar(&mut self, place: Place, key: Option<KeyRule>) {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r');
        let length = rest.iter().position(ends).unwrap_or(rest.len()).max(1);
        let span = self.at..self.at + length;
        self.at += length;
        let text = self.text.get(span.clone()).unwrap_or_default();
        if self.search.knows_values() {
            self.known_scalar(span.clone(), text, place);
        }
        let is_number = text.starts_with(|c: char| c.is_ascii_digit());
        if !is_number || matches!(place, Place::Skipped | Place::Unscanned(_)) {
            return;
        }
        let under = key.and_then(|key| self.search.rules.under(key, text));
        let marked = self.is_marked(place).then_some(MARKED);
        if let Some(rule) = marked.or(under.map(|(_, rule)| rule)) {
            let found = Found {
                form: Form::Scalar,
                is_structured: place == Place::Structured,
                ..Found::text(span, rule, text)
            };
            self.tell(found);
        }
    }

    /// A number may be a secret that is known by its value, however it is written.
    fn known_scalar(&mut self, span: Range<usize>, text: &str, place: Place) {
        let Some(literal) = self.search.known.in_number(text) else {
            return;
        };
        let form = match place {
            Place::Skipped | Place::Unscanned(_) => Form::Fixed,
            _ => Form::KnownScalar,
        };
        let found = Found {
            form,
            is_structured: place == Place::Structured,
            ..Found::known(span, literal)
        };
        self.tell(found);
    }

    fn is_marked(&self, place: Place) -> bool {
        matches!(place, Place::Arguments | Place::Structured)
            && self
                .marked
                .iter()
                .any(|pointer| self.path.is_at(BASE_STEPS, pointer))
    }
}
