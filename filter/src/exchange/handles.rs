//! Handles in a request: where policy says so each becomes its secret again, and anywhere else it
//! stops the request.

use portcullis_protocol::json::{Document, Json, Kind};
use portcullis_protocol::redact::{Fact, find_handles};

use super::guard::Guard;

/// Most handles in one request: each secret is looked for in all answers to it.
const HANDLES_MAX: usize = 64;

/// Where the paths of uses begin.
const ARGUMENTS: &str = "/params/arguments";

/// A handle stands where it may not be used, or does not become a secret. Why is not told: it would
/// help whoever tries handles out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Misplaced;

/// A string of a request that holds handles.
struct Holder {
    pointer: String,
    text: String,
}

/// Handles that have become secrets, and have not been put in yet: what was redacted before must
/// not be looked at again. It does not print.
#[derive(Default)]
pub(super) struct Opened {
    holders: Vec<Holder>,
    secrets: Vec<(String, String)>,
    pub(super) facts: Vec<Fact>,
}

/// Opens every handle of a request.
pub(super) fn open(guard: &mut Guard, document: &Document) -> Result<Opened, Misplaced> {
    let mut opened = Opened::default();
    if !may_hold(document.text()) {
        return Ok(opened);
    }
    find(document.json(), &mut String::new(), &mut opened.holders)?;
    if !opened.holders.is_empty() && is_task(document.json()) {
        return Err(Misplaced);
    }
    for Holder { pointer, text } in &opened.holders {
        for range in find_handles(text) {
            let handle = text.get(range).ok_or(Misplaced)?;
            let (secret, fact) = secret_of(guard, pointer, handle).ok_or(Misplaced)?;
            opened.secrets.push((handle.to_owned(), secret));
            opened.facts.push(fact);
            if opened.secrets.len() > HANDLES_MAX {
                return Err(Misplaced);
            }
        }
    }
    Ok(opened)
}

/// Whether a call becomes a task: its answer comes in another exchange, which does not know which
/// secrets it must not hold.
fn is_task(message: Json<'_>) -> bool {
    let params = message.member("params");
    let task = params.and_then(|params| params.member("task"));
    task.and_then(Json::given).is_some()
}

/// Whether a text holds a handle.
pub(super) fn has_handle(text: &str) -> bool {
    !find_handles(text).is_empty()
}

/// Whether a JSON text can hold handles at all. They are letters that need no escape, but can be
/// written with one.
fn may_hold(json: &str) -> bool {
    has_handle(json) || json.contains("\\u")
}

fn find(json: Json<'_>, pointer: &mut String, holders: &mut Vec<Holder>) -> Result<(), Misplaced> {
    let depth = pointer.len();
    match json.kind() {
        Kind::String => {
            let text = json.string().unwrap_or_default();
            if has_handle(&text) {
                holders.push(Holder {
                    pointer: pointer.clone(),
                    text: text.into_owned(),
                });
            }
        }
        Kind::Object => {
            for (key, value) in json.members() {
                if has_handle(&key) {
                    return Err(Misplaced);
                }
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
                find(value, pointer, holders)?;
                pointer.truncate(depth);
            }
        }
        Kind::Array => {
            for (place, value) in json.elements().into_iter().enumerate() {
                pointer.push_str(&format!("/{place}"));
                find(value, pointer, holders)?;
                pointer.truncate(depth);
            }
        }
        Kind::Number | Kind::Bool | Kind::Null => {}
    }
    Ok(())
}

fn secret_of(guard: &mut Guard, pointer: &str, handle: &str) -> Option<(String, Fact)> {
    let path = pointer.strip_prefix(ARGUMENTS)?;
    let uses = guard.uses().iter().filter(|goes| goes.path == path);
    let uses: Vec<_> = uses.cloned().collect();
    let mut opened = uses.iter().filter_map(|goes| guard.open(handle, goes));
    let (secret, mut fact) = opened.next()?;
    pointer.clone_into(&mut fact.pointer);
    Some((secret, fact))
}

impl Opened {
    /// The redacted message with the secrets in the places of their handles; `None` when there are
    /// none.
    pub(super) fn put_into(&self, message: Json<'_>) -> Result<Option<String>, Misplaced> {
        if self.holders.is_empty() {
            return Ok(None);
        }
        let mut parts = Vec::new();
        for holder in &self.holders {
            let place = at(message, &holder.pointer).ok_or(Misplaced)?;
            let span = place.span_in(message.text().as_bytes()).ok_or(Misplaced)?;
            let text = place.string().ok_or(Misplaced)?;
            let text = self.restored(holder, &text)?;
            let json = serde_json::to_string(&text).map_err(|_| Misplaced)?;
            parts.push((span, json));
        }
        parts.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
        let mut text = message.text().to_owned();
        for (span, json) in parts {
            text.replace_range(span, &json);
        }
        Ok(Some(text))
    }

    /// A string with its handles replaced. `redacted` is what redaction has left of it: a string
    /// that is a handle and nothing else becomes the secret whatever its field is for, and elsewhere
    /// all handles must still be there.
    fn restored(&self, holder: &Holder, redacted: &str) -> Result<String, Misplaced> {
        let secret = |handle: &str| {
            let found = self.secrets.iter().find(|(known, _)| known == handle);
            found.map(|(_, secret)| secret.as_str()).ok_or(Misplaced)
        };
        if let [only] = find_handles(&holder.text).as_slice()
            && *only == (0..holder.text.len())
        {
            return secret(&holder.text).map(str::to_owned);
        }
        let ranges = find_handles(redacted);
        if ranges.len() != find_handles(&holder.text).len() {
            return Err(Misplaced);
        }
        let mut text = redacted.to_owned();
        for range in ranges.into_iter().rev() {
            let handle = redacted.get(range.clone()).ok_or(Misplaced)?;
            text.replace_range(range, secret(handle)?);
        }
        Ok(text)
    }
}

/// The value at a JSON pointer.
fn at<'a>(json: Json<'a>, pointer: &str) -> Option<Json<'a>> {
    pointer.split('/').skip(1).try_fold(json, |json, step| {
        if json.kind() == Kind::Array {
            return json.elements().get(step.parse::<usize>().ok()?).copied();
        }
        json.member(&step.replace("~1", "/").replace("~0", "~"))
    })
}
