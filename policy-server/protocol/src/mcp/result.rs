//! What hides inside answers: server requests and lists.
//!
//! A server asks the agent for something by a request of its own, by `inputRequests` inside a result
//! or a task (2026-07-28), or by elicitations inside an error (2025-11-25). All of them are found
//! here, wherever they stand.

use super::objects;
use crate::json::{Json, Kind};
use crate::jsonrpc::Fault;
use crate::limits::INPUT_REQUESTS_MAX;
use crate::names::Name;
use crate::wire::ListKind;

/// A request of the MCP server inside another message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputRequest<'a> {
    /// The method, such as `elicitation/create`.
    pub method: Name,
    /// Its parameters.
    pub params: Option<Json<'a>>,
}

/// The server requests inside a result, and inside a task in it.
///
/// # Errors
/// When they are not bounded maps of requests, or something looks like what is judged there.
pub fn input_requests(result: Json<'_>) -> Result<Vec<InputRequest<'_>>, Fault> {
    objects::RESULT.check(result)?;
    requests_in(result)
}

/// The same for the parameters of a notification, which may tell of a task.
///
/// # Errors
/// As [`input_requests`].
pub fn told_requests(params: Json<'_>) -> Result<Vec<InputRequest<'_>>, Fault> {
    objects::TOLD.check(params)?;
    requests_in(params)
}

/// The elicitations inside an error (code -32042, URL elicitation required).
///
/// # Errors
/// When they are no bounded list of objects, or something looks like what is judged there.
pub fn elicitations(error: Json<'_>) -> Result<Vec<InputRequest<'_>>, Fault> {
    objects::ERROR.check(error)?;
    let Some(data) = error.member("data").and_then(Json::given) else {
        return Ok(Vec::new());
    };
    let mut found = requests_in(data)?;
    if let Some(list) = data.member("elicitations").and_then(Json::given) {
        if list.kind() != Kind::Array {
            return Err(Fault::Shape);
        }
        found.extend(list.elements().into_iter().map(|params| InputRequest {
            method: Name::from_static("elicitation/create"),
            params: Some(params),
        }));
    }
    bounded(found)
}

/// Those in an object that was checked.
fn requests_in(holder: Json<'_>) -> Result<Vec<InputRequest<'_>>, Fault> {
    let mut found = Vec::new();
    for holder in [Some(holder), holder.member("task")].into_iter().flatten() {
        let Some(requests) = holder.member("inputRequests").and_then(Json::given) else {
            continue;
        };
        if requests.kind() != Kind::Object {
            return Err(Fault::Shape);
        }
        for (_, request) in requests.members() {
            found.push(input_request(request)?);
        }
    }
    bounded(found)
}

fn bounded(found: Vec<InputRequest<'_>>) -> Result<Vec<InputRequest<'_>>, Fault> {
    if found.len() > INPUT_REQUESTS_MAX {
        Err(Fault::Shape)
    } else {
        Ok(found)
    }
}

fn input_request(request: Json<'_>) -> Result<InputRequest<'_>, Fault> {
    let method = request.member("method").and_then(Json::string);
    let method = method.and_then(|text| Name::parse(&text).ok());
    let method = method.ok_or(Fault::Method)?;
    let params = request.member("params").and_then(Json::given);
    if params.is_some_and(|params| params.kind() != Kind::Object) {
        return Err(Fault::Params);
    }
    Ok(InputRequest { method, params })
}

/// The list that a result holds, told by its members alone: on a replayed stream the request is
/// not known.
///
/// # Errors
/// When a result holds more than one list.
pub fn list_in_result(result: Json<'_>) -> Result<Option<ListKind>, Fault> {
    let kinds = [
        ListKind::Tools,
        ListKind::Prompts,
        ListKind::Resources,
        ListKind::Templates,
    ];
    let mut found = kinds.into_iter().filter(|kind| {
        let (_, member) = kind.method_and_member();
        result.member(member).and_then(Json::given).is_some()
    });
    match (found.next(), found.next()) {
        (kind, None) => Ok(kind),
        (_, Some(_)) => Err(Fault::Shape),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::check;

    fn methods(text: &str) -> Result<Vec<String>, Fault> {
        let found = input_requests(check(text.as_bytes()).unwrap())?;
        Ok(found.iter().map(|one| one.method.to_string()).collect())
    }

    #[test]
    fn requests_inside_results_are_found() {
        let inside = r#"{"inputRequests":{"a":{"method":"roots/list"}}}"#;
        assert_eq!(methods(inside).unwrap(), ["roots/list"]);
        let in_task = format!(r#"{{"task":{inside}}}"#);
        assert_eq!(methods(&in_task).unwrap(), ["roots/list"]);
        let without = r#"{"inputRequests":{"a":{"method":"roots/list","params":null}}}"#;
        assert_eq!(methods(without).unwrap(), ["roots/list"]);
        for nothing in ["{}", r#"{"inputRequests":null,"task":null}"#] {
            assert_eq!(methods(nothing).unwrap(), Vec::<String>::new());
        }
    }

    #[test]
    fn requests_in_disguise_are_refused() {
        for text in [
            r#"{"inputRequests":[{"method":"roots/list"}]}"#,
            r#"{"InputRequests":{"a":{"method":"roots/list"}}}"#,
            r#"{"Task":{"inputRequests":{"a":{"method":"roots/list"}}}}"#,
            r#"{"inputRequests":{"a":{"Method":"roots/list","method":"ping"}}}"#,
            r#"{"inputRequests":{"a":{"method":7}}}"#,
        ] {
            assert!(methods(text).is_err(), "{text}");
        }
    }

    #[test]
    fn elicitations_inside_errors_are_found() {
        let text = r#"{"code":-32042,"message":"m","data":{"elicitations":[{"url":"https://x"}]}}"#;
        let found = elicitations(check(text.as_bytes()).unwrap()).unwrap();
        assert_eq!(found[0].method.as_str(), "elicitation/create");
        let twin = r#"{"code":1,"Data":{"elicitations":[]}}"#;
        assert!(elicitations(check(twin.as_bytes()).unwrap()).is_err());
    }

    #[test]
    fn a_result_holds_one_list_at_most() {
        let list = |text: &str| list_in_result(check(text.as_bytes()).unwrap());
        assert_eq!(list(r#"{"tools":[]}"#), Ok(Some(ListKind::Tools)));
        assert_eq!(list("{}"), Ok(None));
        assert!(list(r#"{"tools":[],"prompts":[]}"#).is_err());
    }
}
