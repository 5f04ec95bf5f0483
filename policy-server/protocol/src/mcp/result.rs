//! What hides inside results: server requests (`input_required`, 2026-07-28) and lists.

use crate::json::{Json, Kind};
use crate::jsonrpc::Fault;
use crate::limits::INPUT_REQUESTS_MAX;
use crate::names::Name;
use crate::wire::ListKind;

/// A request of the MCP server inside an `input_required` result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputRequest<'a> {
    /// The method, such as `elicitation/create`.
    pub method: Name,
    /// Its parameters.
    pub params: Option<Json<'a>>,
}

/// The server requests inside a result, in their order; none for a complete result.
///
/// # Errors
/// When `inputRequests` is not a bounded map of requests.
pub fn input_requests(result: Json<'_>) -> Result<Vec<InputRequest<'_>>, Fault> {
    let Some(requests) = result.member("inputRequests") else {
        return Ok(Vec::new());
    };
    let members = requests.members();
    if requests.kind() != Kind::Object || members.len() > INPUT_REQUESTS_MAX {
        return Err(Fault::Shape);
    }
    members
        .into_iter()
        .map(|(_, request)| input_request(request))
        .collect()
}

fn input_request(request: Json<'_>) -> Result<InputRequest<'_>, Fault> {
    let method = request.member("method").and_then(Json::string);
    let method = method
        .and_then(|text| Name::parse(&text).ok())
        .ok_or(Fault::Method)?;
    let params = request.member("params");
    if params.is_some_and(|params| params.kind() != Kind::Object) {
        return Err(Fault::Params);
    }
    Ok(InputRequest { method, params })
}

/// The list that a result holds, told by its members alone: on a replayed stream the request is
/// not known.
#[must_use]
pub fn list_in_result(result: Json<'_>) -> Option<ListKind> {
    [
        ListKind::Tools,
        ListKind::Prompts,
        ListKind::Resources,
        ListKind::Templates,
    ]
    .into_iter()
    .find(|kind| {
        let (_, member) = kind.method_and_member();
        result
            .member(member)
            .is_some_and(|list| list.kind() == Kind::Array)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::check;

    #[test]
    fn requests_inside_results_are_found() {
        let text =
            r#"{"resultType":"input_required","inputRequests":{"a":{"method":"roots/list"}}}"#;
        let found = input_requests(check(text.as_bytes()).unwrap()).unwrap();
        assert_eq!(found[0].method.as_str(), "roots/list");
        let bad = check(br#"{"inputRequests":[{"method":"roots/list"}]}"#).unwrap();
        assert!(input_requests(bad).is_err());
        assert_eq!(input_requests(check(b"{}").unwrap()), Ok(Vec::new()));
    }
}
