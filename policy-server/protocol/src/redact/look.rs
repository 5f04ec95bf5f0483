//! One decoded text: what is found in it, and in the layers of encoding inside it.
//!
//! A text that is JSON is read as JSON. Any other is looked at as it stands; where it holds escapes,
//! it is decoded and looked at again; and base64 whose bytes are text is looked into. Each step
//! counts as a layer, and a layer below the last one is masked whole.

use std::borrow::Cow;
use std::ops::Range;

use super::echoes::Echoes;
use super::escapes::{Escapes, has_percent};
use super::known::{Hidden, Known, Work};
use super::plan::Literal;
use super::rules::{ENCODED, MARKED};
use super::walk::Walk;
use super::{RuleId, Rules, base64, placeholder};
use crate::json::{self, Json, Kind};
use crate::limits::{FINDINGS_MAX, LAYERS_MAX};

/// A secret that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Where it stands in the text that was looked at, in bytes.
    pub(super) span: Range<usize>,
    pub(super) rule: RuleId,
    /// The secret, decoded.
    pub(super) value: String,
    pub(super) form: Form,
    /// JSON pointer of its string; empty where there is no document.
    pub(super) pointer: String,
    /// Whether it stands below `result/structuredContent`.
    pub(super) is_structured: bool,
}

/// What a finding stands in, which decides what can take its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A part of a string.
    Text,
    /// Base64 whose bytes hold the secret.
    Encoded,
    /// A number, which is no string.
    Scalar,
    /// A number in JSON inside a string: no quotes can stand there.
    InnerScalar,
    /// A part of a key, which must stay unlike its neighbours.
    Key,
    /// A secret known by its value.
    Known,
    /// The same in a key.
    KnownKey,
    /// The same as a number or another word that is no string.
    KnownScalar,
    /// The same in JSON inside a string.
    KnownInnerScalar,
    /// The same where nothing may be altered: the message cannot go.
    Fixed,
}

impl Form {
    /// Whether the secret is known by its value: no mode and no policy lets it through.
    pub(super) const fn is_known(self) -> bool {
        matches!(
            self,
            Self::Known | Self::KnownKey | Self::KnownScalar | Self::KnownInnerScalar
        )
    }
}

impl Found {
    pub(super) fn text(span: Range<usize>, rule: RuleId, value: &str) -> Self {
        Self {
            span,
            rule,
            value: value.to_owned(),
            form: Form::Text,
            pointer: String::new(),
            is_structured: false,
        }
    }

    /// A secret that is known by its value.
    pub(super) fn known(span: Range<usize>, literal: &Literal) -> Self {
        Self::text(span, literal.rule, &literal.value).of_form(Form::Known)
    }

    const fn of_form(mut self, form: Form) -> Self {
        self.form = form;
        self
    }
}

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Search<'a> {
    pub(super) rules: &'a Rules,
    /// Secrets known by value.
    pub(super) known: &'a Known,
    /// Values found elsewhere in the same message; with them nothing else is looked for.
    pub(super) echoes: Option<&'a Echoes>,
    /// Which strings are looked at.
    pub(super) scope: Scope,
}

/// Which strings of a message are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// All of them.
    Everything,
    /// Those in which something was replaced.
    Changed,
    /// All of them, for secrets known by value in another form than their own, and nothing else.
    Hidden,
}

impl<'a> Search<'a> {
    pub(super) fn by(rules: &'a Rules) -> Self {
        Self {
            rules,
            known: Known::none(),
            echoes: None,
            scope: Scope::Everything,
        }
    }

    /// Whether secrets are known by their value, which may be short.
    pub(super) const fn knows_values(self) -> bool {
        !self.known.is_empty()
    }

    /// What is found in a text, sorted by place, containers before what they contain. `layer` says
    /// how many layers of encoding it was taken out of.
    pub(super) fn text(self, text: &str, layer: usize, found: &mut Vec<Found>) {
        let before = found.len();
        if let Some(json) = document(text) {
            self.document(text, json, layer, found);
        } else {
            self.plain(text, found);
            match Escapes::Any.decoded(text) {
                Some(_) if layer >= LAYERS_MAX => {
                    if hides(text) {
                        self.mask(text, found);
                    }
                    self.base64(text, layer, found);
                }
                Some(inner) => {
                    let mut inside = Vec::new();
                    self.text(&inner, layer + 1, &mut inside);
                    Escapes::Any.to_written(text, &mut inside);
                    found.append(&mut inside);
                }
                None => self.base64(text, layer, found),
            }
        }
        if found.len() > before {
            tidy(found, before);
        }
    }

    /// A text as it stands.
    pub(super) fn plain(self, text: &str, found: &mut Vec<Found>) {
        if self.echoes.is_some() {
            return self.values(text, found);
        }
        self.rules.scan(text, &mut |mut span, rule| {
            if found.len() > FINDINGS_MAX {
                // There are too many already: the message goes nowhere.
                return;
            }
            if rule.is_format() {
                span.end = run_end(text, span.end);
            }
            let value = text.get(span.clone()).unwrap_or_default();
            if !placeholder::holds(text, &span) && !self.rules.is_allowed(value) {
                found.push(Found::text(span, rule, value));
            }
        });
        self.values(text, found);
    }

    /// A text without any secret, those known by their value included.
    pub(super) fn clean(self, text: &str) -> String {
        let clean = clean(self.rules, text);
        self.known.cleaned(self.rules, &clean)
    }

    /// Secrets that are known by their value, in another form.
    pub(super) fn hidden(self, text: &str, work: &mut Work, found: &mut Vec<Found>) {
        match self.known.hidden(self.rules, text, work) {
            Hidden::Nowhere => {}
            Hidden::Whole(literal) => found.push(Found::known(0..text.len(), literal)),
            Hidden::Parts(parts) => {
                let known = |(span, literal)| Found::known(span, literal);
                found.extend(parts.into_iter().map(known));
            }
        }
    }

    /// Secrets that are known by their value.
    pub(super) fn values(self, text: &str, found: &mut Vec<Found>) {
        if let Some(echoes) = self.echoes {
            return echoes.find(text, found);
        }
        self.known.plain(self.rules, text, |span, literal| {
            found.push(Found::known(span, literal));
        });
    }

    /// A text that is JSON.
    fn document(self, text: &str, json: Json<'_>, layer: usize, found: &mut Vec<Found>) {
        if layer >= LAYERS_MAX {
            self.mask(text, found);
            return;
        }
        let Some(place) = json.span_in(text.as_bytes()) else {
            return;
        };
        // A string has changed as a whole: inside it everything counts.
        let whole = Self {
            scope: Scope::Everything,
            ..self
        };
        let inside = Walk::inside(whole, json, layer + 1).findings();
        if inside.len() > FINDINGS_MAX {
            // The walk has given up.
            found.push(Found::text(0..text.len(), ENCODED, text).of_form(Form::Encoded));
        }
        for mut inner in inside {
            inner.span = inner.span.start + place.start..inner.span.end + place.start;
            inner.form = match inner.form {
                Form::Scalar => Form::InnerScalar,
                Form::KnownScalar => Form::KnownInnerScalar,
                form => form,
            };
            found.push(inner);
        }
    }

    /// What lies too deep is masked whole.
    fn mask(self, text: &str, found: &mut Vec<Found>) {
        if self.echoes.is_none() {
            found.push(Found::text(0..text.len(), ENCODED, text).of_form(Form::Encoded));
        }
    }

    fn base64(self, text: &str, layer: usize, found: &mut Vec<Found>) {
        if self.echoes.is_some() {
            return;
        }
        base64::runs(text, |run| {
            let written = text.get(run.clone()).unwrap_or_default();
            let Some(inner) = base64::decoded(written) else {
                return;
            };
            if layer >= LAYERS_MAX {
                found.push(Found::text(run, ENCODED, written).of_form(Form::Encoded));
                return;
            }
            let mut inside = Vec::new();
            self.text(&inner, layer + 1, &mut inside);
            let mut rules: Vec<RuleId> = inside.iter().map(|found| found.rule).collect();
            rules.sort_unstable();
            rules.dedup();
            let is_known = inside.iter().any(|found| found.form.is_known());
            let form = if is_known { Form::Known } else { Form::Encoded };
            let whole = |rule| Found::text(run.clone(), rule, written).of_form(form);
            found.extend(rules.into_iter().map(whole));
        });
    }
}

/// Where the run of characters that a token is glued to ends: what is left of it could be one too.
fn run_end(text: &str, end: usize) -> usize {
    let rest = text.as_bytes().get(end..).unwrap_or_default();
    if !rest.first().is_some_and(u8::is_ascii_alphanumeric) {
        return end;
    }
    let is_run = |byte: &&u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'/' | b'=')
    };
    end + rest.iter().take_while(is_run).count()
}

/// What is found in a text by the rules alone.
pub(super) fn found_in(rules: &Rules, text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    Search::by(rules).text(text, 0, &mut found);
    found
}

/// A text with all secrets replaced; one with too many of them is replaced whole.
pub(super) fn clean<'t>(rules: &Rules, text: &'t str) -> Cow<'t, str> {
    let found = found_in(rules, text);
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    if found.len() > FINDINGS_MAX {
        return Cow::Owned(placeholder::placeholder(&rules.rule(ENCODED).id));
    }
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for found in &found {
        if found.span.start >= from {
            out.push_str(text.get(from..found.span.start).unwrap_or_default());
            out.push_str(&match found.form {
                Form::InnerScalar | Form::Scalar => "null".to_owned(),
                _ => placeholder::placeholder(&rules.rule(found.rule).id),
            });
        }
        from = from.max(found.span.end);
    }
    out.push_str(text.get(from..).unwrap_or_default());
    Cow::Owned(out)
}

/// The document that a text is, when it holds a string: numbers alone are no secret.
fn document(text: &str) -> Option<Json<'_>> {
    let first = text.trim_start().as_bytes().first()?;
    if !matches!(first, b'{' | b'[' | b'"') || !text.contains('"') {
        return None;
    }
    let json = json::check(text.as_bytes()).ok()?;
    matches!(json.kind(), Kind::Object | Kind::Array | Kind::String).then_some(json)
}

/// Whether escapes could hide a text.
fn hides(text: &str) -> bool {
    let escapes = ["\\\"", "\\u", "\\\\"];
    escapes.iter().any(|escape| text.contains(escape)) || has_percent(text)
}

/// Sorts what was found since `before`, and drops what says the same twice: one part found by its
/// look and by its neighbours is what its look says.
pub(super) fn tidy(found: &mut Vec<Found>, before: usize) {
    let mut fresh = found.split_off(before);
    fresh.sort_by_key(|found| {
        (
            found.span.start,
            std::cmp::Reverse(found.span.end),
            !found.form.is_known(),
            !found.rule.is_format(),
            found.rule,
        )
    });
    fresh.dedup_by(|later, earlier| {
        later.span == earlier.span
            && later.form != Form::Encoded
            && later.rule != MARKED
            && (later.rule == earlier.rule || !later.rule.is_format())
    });
    found.append(&mut fresh);
}
