//! Requests and notifications, sorted by what must happen before they travel on.

use super::{Era, objects};
use crate::json::{Json, Kind};
use crate::jsonrpc::Fault;
use crate::limits::TARGETS_MAX;
use crate::names::{Name, Uri};
use crate::wire::{ListKind, Target};

/// What must happen to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Class<'a> {
    /// Handshake, liveness and bookkeeping: it passes without a verdict.
    Pass,
    /// Its result is a list that the policy server filters on the way back.
    List(ListKind),
    /// It needs a verdict.
    Judge(Judged<'a>),
    /// A method that this version of the gateway does not know.
    Unknown,
}

/// What the verdict is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged<'a> {
    /// Everything that the message acts on; never empty.
    pub targets: Vec<Target>,
    /// `params.arguments` where the method has them, else all of `params`; none where they are `null`.
    pub arguments: Option<Json<'a>>,
}

/// Judged methods of the session era that the stateless era has removed.
const REMOVED: [&str; 4] = [
    "resources/subscribe",
    "resources/unsubscribe",
    "tasks/list",
    "tasks/result",
];

/// Sorts a message from the agent.
///
/// # Errors
/// When the parameters do not say what the method acts on.
pub fn classify_from_client<'a>(
    era: Era,
    method: &str,
    params: Option<Json<'a>>,
) -> Result<Class<'a>, Fault> {
    if era == Era::Stateless && REMOVED.contains(&method) {
        return Ok(Class::Unknown);
    }
    if let Some(params) = params {
        objects::sent(method).check(params)?;
    }
    if let Some(kind) = ListKind::of_method(method) {
        return Ok(Class::List(kind));
    }
    let one = |target: Result<Target, Fault>| target.map(|target| vec![target]);
    let targets = match method {
        "initialize" | "ping" | "server/discover" | "logging/setLevel" => return Ok(Class::Pass),
        "notifications/initialized"
        | "notifications/cancelled"
        | "notifications/progress"
        | "notifications/roots/list_changed"
        | "notifications/tasks/status" => {
            return Ok(Class::Pass);
        }
        "tools/call" => one(name(params, "name").map(Target::Tool)),
        "prompts/get" => one(name(params, "name").map(Target::Prompt)),
        "resources/read" | "resources/subscribe" | "resources/unsubscribe" => {
            one(uri(params, "uri").map(Target::Resource))
        }
        "subscriptions/listen" => subscriptions(params),
        "completion/complete" => one(reference(params)),
        "tasks/get" | "tasks/result" | "tasks/cancel" | "tasks/update" => {
            one(uri(params, "taskId").map(Target::Task))
        }
        "tasks/list" => Ok(vec![Target::Server]),
        _ => return Ok(Class::Unknown),
    };
    targets.map(|targets| judged(method, targets, params))
}

/// Sorts a request or notification from the MCP server, or a request inside a result.
///
/// # Errors
/// When the parameters do not say what the method acts on.
pub fn classify_from_server<'a>(
    method: &str,
    params: Option<Json<'a>>,
) -> Result<Class<'a>, Fault> {
    if let Some(params) = params {
        objects::asked(method).check(params)?;
    }
    let targets = match method {
        "ping" => return Ok(Class::Pass),
        "notifications/message"
        | "notifications/progress"
        | "notifications/cancelled"
        | "notifications/resources/updated"
        | "notifications/resources/list_changed"
        | "notifications/tools/list_changed"
        | "notifications/prompts/list_changed"
        | "notifications/tasks/status"
        | "notifications/elicitation/complete"
        | "notifications/subscriptions/acknowledged" => return Ok(Class::Pass),
        "sampling/createMessage" | "elicitation/create" | "roots/list" | "tasks/list" => {
            vec![Target::Server]
        }
        "tasks/get" | "tasks/result" | "tasks/cancel" => {
            vec![uri(params, "taskId").map(Target::Task)?]
        }
        _ => return Ok(Class::Unknown),
    };
    Ok(judged(method, targets, params))
}

/// The parameter that a modern request repeats in its `Mcp-Name` header.
#[must_use]
pub fn named_in_header(method: &str) -> Option<&'static str> {
    match method {
        "tools/call" | "prompts/get" => Some("name"),
        "resources/read" => Some("uri"),
        "tasks/get" | "tasks/update" | "tasks/cancel" => Some("taskId"),
        _ => None,
    }
}

fn judged<'a>(method: &str, targets: Vec<Target>, params: Option<Json<'a>>) -> Class<'a> {
    let arguments = match method {
        "tools/call" | "prompts/get" => given(params, "arguments"),
        _ => params,
    };
    Class::Judge(Judged { targets, arguments })
}

/// A member of the parameters, unless it is `null`: that says the same as nothing.
fn given<'a>(params: Option<Json<'a>>, key: &str) -> Option<Json<'a>> {
    params?.member(key)?.given()
}

fn text<'a>(params: Option<Json<'a>>, key: &str) -> Option<std::borrow::Cow<'a, str>> {
    params?.member(key)?.string()
}

fn name(params: Option<Json<'_>>, key: &'static str) -> Result<Name, Fault> {
    let name = text(params, key).and_then(|text| Name::parse(&text).ok());
    name.ok_or(Fault::Name(key))
}

fn uri(params: Option<Json<'_>>, key: &'static str) -> Result<Uri, Fault> {
    let uri = text(params, key).and_then(|text| Uri::parse(&text).ok());
    uri.ok_or(Fault::Uri(key))
}

/// `completion/complete` names a prompt or a resource template in `ref`.
fn reference(params: Option<Json<'_>>) -> Result<Target, Fault> {
    let reference = params
        .and_then(|params| params.member("ref"))
        .ok_or(Fault::Reference)?;
    match text(Some(reference), "type").unwrap_or_default().as_ref() {
        "ref/prompt" => name(Some(reference), "name").map(Target::Prompt),
        "ref/resource" => uri(Some(reference), "uri").map(Target::Template),
        _ => Err(Fault::Reference),
    }
}

/// `subscriptions/listen` names resources in `notifications.resourceSubscriptions`; the kinds of
/// list changes beside them concern the server as a whole.
fn subscriptions(params: Option<Json<'_>>) -> Result<Vec<Target>, Fault> {
    let mut targets = vec![Target::Server];
    let wanted = given(params, "notifications");
    let Some(uris) = given(wanted, "resourceSubscriptions") else {
        return Ok(targets);
    };
    if uris.kind() != Kind::Array {
        return Err(Fault::Subscriptions);
    }
    for uri in uris.elements() {
        let uri = uri
            .string()
            .and_then(|uri| Uri::parse(&uri).ok())
            .ok_or(Fault::Subscriptions)?;
        targets.push(Target::Resource(uri));
    }
    if targets.len() > TARGETS_MAX {
        Err(Fault::Subscriptions)
    } else {
        Ok(targets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::check;

    fn targets(method: &str, params: &str) -> Vec<Target> {
        let params = check(params.as_bytes()).unwrap();
        match classify_from_client(Era::Sessions, method, Some(params)) {
            Ok(Class::Judge(judged)) => judged.targets,
            other => panic!("{method}: {other:?}"),
        }
    }

    #[test]
    fn each_method_names_its_target() {
        let tool = Target::Tool(Name::parse("a").unwrap());
        assert_eq!(targets("tools/call", r#"{"n\u0061me":"a"}"#), [tool]);
        let uri = |text| Target::Resource(Uri::parse(text).unwrap());
        assert_eq!(
            targets("resources/read", r#"{"uri":"file:///a"}"#),
            [uri("file:///a")]
        );
        assert_eq!(
            targets(
                "subscriptions/listen",
                r#"{"notifications":{"resourceSubscriptions":["a:b"]}}"#
            ),
            [Target::Server, uri("a:b")]
        );
        let template = Target::Template(Uri::parse("a://{b}").unwrap());
        let params = r#"{"ref":{"type":"ref/resource","uri":"a://{b}"}}"#;
        assert_eq!(targets("completion/complete", params), [template]);
    }

    #[test]
    fn what_is_wrong_with_parameters_is_named() {
        for (method, params, named) in [
            ("tools/call", "{}", "`name`"),
            ("tools/call", r#"{"name":"a\tb"}"#, "`name`"),
            ("prompts/get", r#"{"name":5}"#, "`name`"),
            ("resources/read", "{}", "`uri`"),
            ("tasks/get", r#"{"taskId":""}"#, "`taskId`"),
            ("completion/complete", r#"{"ref":{"type":"x"}}"#, "`ref`"),
            (
                "subscriptions/listen",
                r#"{"notifications":{"resourceSubscriptions":5}}"#,
                "`notifications`",
            ),
        ] {
            let json = check(params.as_bytes()).unwrap();
            let fault = classify_from_client(Era::Sessions, method, Some(json)).unwrap_err();
            assert!(
                fault.to_string().contains(named),
                "{method} {params}: {fault}"
            );
        }
    }

    #[test]
    fn arguments_that_are_null_are_none() {
        let params = check(br#"{"name":"a","arguments":null}"#).unwrap();
        for method in ["tools/call", "prompts/get"] {
            let class = classify_from_client(Era::Sessions, method, Some(params));
            let Ok(Class::Judge(judged)) = class else {
                panic!("{class:?}");
            };
            assert_eq!(judged.arguments, None);
        }
        let listen = r#"{"notifications":{"resourceSubscriptions":null}}"#;
        assert_eq!(targets("subscriptions/listen", listen), [Target::Server]);
    }

    #[test]
    fn unclear_parameters_are_refused() {
        for (method, params) in [
            ("tools/call", r#"{"arguments":{}}"#),
            ("tools/call", r#"{"name":7}"#),
            ("tools/call", r#"{"name":"a","Name":"b"}"#),
            ("tools/call", r#"{"name":"a\u202eb"}"#),
            (
                "completion/complete",
                r#"{"ref":{"type":"ref/other","name":"a"}}"#,
            ),
            (
                "subscriptions/listen",
                r#"{"notifications":{"resourceSubscriptions":"a"}}"#,
            ),
        ] {
            let params = check(params.as_bytes()).unwrap();
            assert!(
                classify_from_client(Era::Sessions, method, Some(params)).is_err(),
                "{method}"
            );
        }
    }

    #[test]
    fn unknown_methods_are_unknown() {
        assert_eq!(
            classify_from_client(Era::Sessions, "interceptor/invoke", None),
            Ok(Class::Unknown)
        );
        assert_eq!(
            classify_from_client(Era::Sessions, "Tools/call", None),
            Ok(Class::Unknown)
        );
        assert_eq!(classify_from_server("tools/call", None), Ok(Class::Unknown));
        for removed in REMOVED {
            assert_eq!(
                classify_from_client(Era::Stateless, removed, None),
                Ok(Class::Unknown)
            );
        }
    }
}
