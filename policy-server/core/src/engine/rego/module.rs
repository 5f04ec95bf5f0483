//! One module as regorus parsed it, read from its JSON form: its rules, and what they refer to.
//!
//! Never too little: a reference that is not plain counts as one to everything below its root.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::policies::Place;

/// A parsed module.
#[derive(Debug)]
pub(super) struct Module<'a> {
    pub(super) file: &'a str,
    /// The package, without `data`.
    pub(super) package: Vec<String>,
    /// What imports and their names stand for.
    pub(super) aliases: BTreeMap<String, Reference>,
    pub(super) rules: Vec<Rule>,
}

/// One definition of a rule.
#[derive(Debug)]
pub(super) struct Rule {
    /// The plain part of its name, with the package in front.
    pub(super) path: Vec<String>,
    /// Whether it adds to a set.
    pub(super) kind: Kind,
    pub(super) place: Place,
    pub(super) references: Vec<Reference>,
    /// The texts that the resource's URI is compared with for equality.
    pub(super) exact: Vec<String>,
    /// What evaluating it takes of the stack, in levels.
    pub(super) weight: usize,
}

/// What a rule defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `name contains element`.
    Set,
    /// A value, a function, or a default.
    Other,
}

/// A name and the members that are taken of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    /// The name and plain members, up to the first that is computed.
    pub(super) path: Vec<String>,
    /// Whether something computed follows, or is the format of `sprintf`.
    pub(super) computed: bool,
    /// Whether it is called.
    pub(super) called: bool,
    pub(super) place: Place,
}

/// Levels of the stack that every rule takes.
const RULE_WEIGHT: usize = 3;

/// Levels of JSON that one level of an expression has.
const JSON_LEVELS: usize = 2;

impl<'a> Module<'a> {
    /// Reads what [`regorus::Engine::get_ast_as_json`] says of one module. None when it is nested
    /// too deeply, or of another form than this version of regorus writes.
    pub(super) fn read(file: &'a str, json: &str) -> Option<Self> {
        let documents: Value = serde_json::from_str(json).ok()?;
        let ast = documents.get(0)?.get("ast")?;
        let package = reference(ast.get("package")?.get("refr")?)?;
        let mut aliases = BTreeMap::new();
        for import in ast.get("imports")?.as_array()? {
            let of = reference(import.get("refr")?)?;
            let name = match import.get("as") {
                Some(alias) => text_of(alias, &documents)?,
                None => of.path.last()?.clone(),
            };
            aliases.insert(name, of);
        }
        let rules = ast.get("rules")?.as_array()?.iter();
        let rules: Option<Vec<Rule>> = rules.map(|json| rule(&package.path, json)).collect();
        Some(Self {
            file,
            package: package.path,
            aliases,
            rules: rules?,
        })
    }
}

/// The text that a span covers.
fn text_of(span: &Value, documents: &Value) -> Option<String> {
    let at = |name: &str| usize::try_from(span.get(name)?.as_u64()?).ok();
    let text = documents.get(0)?.get("source")?.get("contents")?.as_str()?;
    Some(text.get(at("start")?..at("end")?)?.to_owned())
}

fn rule(package: &[String], json: &Value) -> Option<Rule> {
    let (variant, body) = json.as_object()?.iter().next()?;
    let (kind, head) = match variant.as_str() {
        "Default" => (Kind::Other, body),
        "Spec" => {
            let (form, head) = body.get("head")?.as_object()?.iter().next()?;
            let kind = if form == "Set" {
                Kind::Set
            } else {
                Kind::Other
            };
            (kind, head)
        }
        _ => return None,
    };
    let name = reference(head.get("refr")?)?;
    let mut walk = Walk::default();
    walk.all(body, 0);
    // The head's own name is no reference to another rule.
    if let Some(own) = walk.references.iter().position(|other| *other == name) {
        walk.references.remove(own);
    }
    let path = package.iter().chain(&name.path).cloned().collect();
    Some(Rule {
        path,
        kind,
        place: name.place,
        references: walk.references,
        exact: walk.exact,
        weight: RULE_WEIGHT + walk.statements + walk.depth / JSON_LEVELS,
    })
}

/// What is found on a walk through a rule.
#[derive(Debug, Default)]
struct Walk {
    references: Vec<Reference>,
    exact: Vec<String>,
    statements: usize,
    depth: usize,
}

impl Walk {
    fn all(&mut self, json: &Value, depth: usize) {
        self.depth = self.depth.max(depth);
        if let Some(found) = reference(json) {
            self.references.push(found);
            self.indices(json, depth);
            return;
        }
        if let Some(texts) = exact(json) {
            self.exact.extend(texts.into_iter().map(str::to_owned));
            return;
        }
        match json {
            Value::Object(members) => {
                for (name, value) in members {
                    self.statements += usize::from(name == "literal");
                    if name == "Call" {
                        self.call(value, depth);
                    } else {
                        self.all(value, depth + 1);
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.all(item, depth + 1)),
            _ => {}
        }
    }

    fn call(&mut self, call: &Value, depth: usize) {
        let parameters = call.get("params");
        match call.get("fcn").and_then(reference) {
            Some(function) => self.references.push(Reference {
                called: true,
                computed: function.computed
                    || function.path == ["sprintf"] && !has_plain_format(parameters),
                ..function
            }),
            None => self.all(call.get("fcn").unwrap_or(&Value::Null), depth + 1),
        }
        self.all(parameters.unwrap_or(&Value::Null), depth + 1);
    }

    /// What stands in the brackets of a reference.
    fn indices(&mut self, json: &Value, depth: usize) {
        let mut next = Some(json);
        let mut below = depth;
        while let Some(node) = next {
            let inner = ["RefDot", "RefBrack"]
                .iter()
                .find_map(|kind| node.get(kind));
            if let Some(index) = inner.and_then(|inner| inner.get("index")) {
                self.all(index, below + 1);
            }
            next = inner.and_then(|inner| inner.get("refr"));
            below += JSON_LEVELS;
            self.depth = self.depth.max(below);
        }
    }
}

/// A node that is a name, or members taken of one.
fn reference(node: &Value) -> Option<Reference> {
    if let Some(name) = node.get("Var") {
        return Some(Reference {
            path: vec![name.get("value")?.as_str()?.to_owned()],
            computed: false,
            called: false,
            place: place(name)?,
        });
    }
    let (base, member) = match (node.get("RefDot"), node.get("RefBrack")) {
        (Some(dot), _) => (dot.get("refr")?, dot.get("field")?.get(1)?.as_str()),
        (_, Some(brack)) => (brack.get("refr")?, plain(brack.get("index")?)),
        _ => return None,
    };
    let mut of = reference(base)?;
    match member {
        Some(member) if !of.computed => of.path.push(member.to_owned()),
        _ => of.computed = true,
    }
    Some(of)
}

/// The texts in `input.resource.uri == "…"`, `!=` and `in {"…"}`.
fn exact(node: &Value) -> Option<Vec<&str>> {
    let is_uri = |side: &Value| {
        let of = reference(side).filter(|of| !of.computed);
        of.is_some_and(|of| of.path == ["input", "resource", "uri"])
    };
    if let Some(among) = node.get("Membership") {
        let collection = among.get("collection")?;
        let items = collection.get("Set").or_else(|| collection.get("Array"))?;
        let items = items.get("items")?.as_array()?.iter();
        let alone = among.get("key")?.is_null() && is_uri(among.get("value")?);
        return items.map(plain).collect::<Option<_>>().filter(|_| alone);
    }
    let compared = node.get("BoolExpr")?;
    let (left, right) = (compared.get("lhs")?, compared.get("rhs")?);
    let equal = matches!(compared.get("op")?.as_str()?, "Eq" | "Ne");
    let text = match (is_uri(left), is_uri(right)) {
        (true, false) => plain(right)?,
        (false, true) => plain(left)?,
        _ => return None,
    };
    equal.then(|| vec![text])
}

/// An index that is a string as written.
fn plain(index: &Value) -> Option<&str> {
    let string = index.get("String").or_else(|| index.get("RawString"))?;
    string.get("value")?.as_str()
}

/// Whether the first parameter is a format as written, without a width of three digits: regorus
/// writes as many characters as a format asks for, or panics.
fn has_plain_format(parameters: Option<&Value>) -> bool {
    let format = parameters.and_then(|all| plain(all.get(0)?));
    format.is_some_and(|format| {
        let mut runs = format.split(|c: char| !c.is_ascii_digit());
        runs.all(|digits| digits.len() < 3)
    })
}

fn place(node: &Value) -> Option<Place> {
    let at = |name: &str| usize::try_from(node.get("span")?.get(name)?.as_u64()?).ok();
    Some(Place::point(at("line")?, at("col")?))
}

/// The names of all rules.
pub(super) fn paths(modules: &[Module<'_>]) -> BTreeSet<Vec<String>> {
    let rules = modules.iter().flat_map(|module| &module.rules);
    rules.map(|rule| rule.path.clone()).collect()
}

/// The rules that a path means: those at it, those below it, and those that it is a part of.
pub(super) fn below<'r>(
    rules: &'r BTreeSet<Vec<String>>,
    path: &'r [String],
) -> impl Iterator<Item = &'r Vec<String>> {
    let at_or_below = rules.range(path.to_vec()..);
    let at_or_below = at_or_below.take_while(move |rule| rule.starts_with(path));
    let lengths = 0..path.len();
    let above = lengths.filter_map(move |length| rules.get(path.get(..length)?));
    at_or_below.chain(above)
}

impl Module<'_> {
    /// A reference with the import's or the rule's own path in front. A name that is neither is a
    /// variable, a built-in function, or `input`.
    pub(super) fn resolve(&self, of: &Reference, rules: &BTreeSet<Vec<String>>) -> Reference {
        let mut found = of.clone();
        let Some((root, members)) = of.path.split_first() else {
            return found;
        };
        if let Some(alias) = self.aliases.get(root) {
            found.path = alias.path.iter().chain(members).cloned().collect();
            found.computed |= alias.computed;
        }
        let own: Vec<String> = self.package.iter().chain([root]).cloned().collect();
        let named = rules.range(own.clone()..).next();
        if named.is_some_and(|rule| rule.starts_with(&own)) {
            let data = ["data".to_owned()];
            found.path = data
                .into_iter()
                .chain(own)
                .chain(members.to_vec())
                .collect();
        }
        found
    }
}
