//! Lists: whose turn it is, what is shown of news, and what is remembered.

use super::*;

#[tokio::test]
async fn a_list_is_not_filtered_on_the_threads_that_answer() {
    let folder = tempfile::tempdir().unwrap();
    let gate = gate(folder.path()).await;
    let start = Instant::now();
    let mut listed = pin!(gate.list(list(ITEMS_MAX, 1)));
    // The first step only hands the work over.
    let step = listed
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()));
    let stepped = start.elapsed();
    assert!(step.is_pending());
    listed.await.unwrap().released();
    let whole = start.elapsed();
    assert!(stepped < whole / 4, "{stepped:?} of {whole:?}");
}

/// All turns of these, taken by somebody else.
#[tokio::test]
async fn lists_wait_for_each_other_and_decisions_for_none() {
    let folder = tempfile::tempdir().unwrap();
    let gate = gate(folder.path()).await;
    let turns = all_of(&gate.lists).await;
    let mut listed = pin!(gate.list(list(1, 1)));
    let early = tokio::time::timeout(Duration::from_millis(200), listed.as_mut()).await;
    assert!(early.is_err(), "it is not its turn");
    gate.decide(query()).await.unwrap().released();
    drop(turns);
    listed.await.unwrap().released();
    let turns = all_of(&gate.lists).await;
    let late = gate.list(list(1, 2)).await.unwrap_err();
    assert!(matches!(late, GateError::Busy(_)), "{late}");
    drop(turns);
}

/// Many clients of one caller ask for the same page; it is filtered once while nothing changes.
#[tokio::test]
async fn a_page_that_was_filtered_is_answered_at_once_to_the_same_caller() {
    let folder = tempfile::tempdir().unwrap();
    let gate = gate(folder.path()).await;
    assert_eq!(shown(&gate, list(3, 1)).await.len(), 3);
    assert_eq!(
        shown(&gate, list(3, 1)).await.len(),
        3,
        "nothing in it is news now"
    );
    let turns = all_of(&gate.lists).await;
    for _ in 0..40 {
        assert_eq!(shown(&gate, list(3, 1)).await.len(), 3);
    }
    let other = ListQuery {
        caller: caller("bob"),
        ..list(3, 1)
    };
    let late = gate.list(other).await.unwrap_err();
    assert!(
        matches!(late, GateError::Busy(_)),
        "another caller's is another page"
    );
    drop(turns);
    assert_eq!(shown(&gate, list(4, 1)).await.len(), 4);
    let turns = all_of(&gate.lists).await;
    let late = gate.list(list(3, 1)).await.unwrap_err();
    assert!(
        matches!(late, GateError::Busy(_)),
        "other tools are known now"
    );
    drop(turns);
}

/// The names of the tools that a list shows.
async fn shown(gate: &Arc<Gate>, page: ListQuery) -> Vec<String> {
    let answer = gate.list(page).await.unwrap().released();
    let result: serde_json::Value = serde_json::from_str(answer.result.get()).unwrap();
    let tools = result["tools"].as_array().unwrap().iter();
    tools
        .map(|tool| tool["name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_server_that_has_news_all_the_time_is_shown_by_what_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let gate = gate(folder.path()).await;
    assert_eq!(shown(&gate, list(2, 1)).await, ["tool-0", "tool-1"]);
    while gate
        .pace
        .takes(&server(), caller("alice").owner(), clock::now_us())
    {}
    let unlisted = shown(&gate, list(3, 1)).await;
    assert_eq!(unlisted.len(), 3, "one that is new counts as unlisted");
    assert!(
        shown(&gate, list(2, 2)).await.is_empty(),
        "what is another now is not known"
    );
    // What is known is filtered all the same, and other servers are not held up.
    assert_eq!(shown(&gate, list(2, 1)).await.len(), 2);
    let other = ListQuery {
        server: ServerName::parse("other").unwrap(),
        ..list(2, 2)
    };
    assert_eq!(shown(&gate, other).await.len(), 2);
}

#[tokio::test]
async fn what_takes_long_to_learn_is_learnt_after_its_list_was_answered() {
    let folder = tempfile::tempdir().unwrap();
    let gate = gate(folder.path()).await;
    assert_eq!(shown(&gate, list(1, 1)).await, ["tool-0"]);
    let changing = gate.changing().await;
    let unlisted = shown(&gate, list(3, 1)).await;
    assert_eq!(unlisted.len(), 3, "those that are new count as unlisted");
    assert!(
        shown(&gate, list(1, 2)).await.is_empty(),
        "it is another now"
    );
    let mut hung_up = Box::pin(gate.list(list(4, 1)));
    let early = tokio::time::timeout(Duration::from_millis(100), hung_up.as_mut()).await;
    assert!(early.is_err());
    drop(hung_up);
    drop(changing);
    for _ in 0..100 {
        let known = gate.library.registry();
        if known
            .server(&server())
            .is_some_and(|tools| tools.len() == 4)
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never learnt");
}

#[tokio::test]
async fn every_tool_of_a_long_page_is_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let first = gate(folder.path()).await;
    for (items, version) in [(150, 1), (200, 2)] {
        let page = list(items, version);
        first.list(page).await.unwrap().released();
    }
    drop(first);
    let again = gate(folder.path()).await;
    let registry = again.library.registry();
    let page = list(200, 2);
    let tools = Listing::read(&page).unwrap().tools();
    assert_eq!(tools.len(), 200);
    assert_eq!(registry.changes(&server(), &tools), []);
    let policies = again.library.state().policies.clone().unwrap();
    assert_eq!(policies.catalogue().tools().count(), 200);
}

#[tokio::test]
async fn what_each_caller_was_shown_is_remembered_and_so_are_all_definitions() {
    let folder = tempfile::tempdir().unwrap();
    let first = gate(folder.path()).await;
    let of_bob = || ListQuery {
        caller: caller("bob"),
        ..list(1, 2)
    };
    for page in [list(1, 1), of_bob(), list(1, 1), of_bob()] {
        assert_eq!(shown(&first, page).await, ["tool-0"]);
    }
    let tool = name("tool-0");
    let of = |subject: &str| {
        let views = first.views.lock().unwrap();
        let view = views.of(&server(), caller(subject).owner()).unwrap();
        view.of(&tool)
    };
    let both = (of("alice"), of("bob"));
    assert!(both.0.is_some() && both.1.is_some() && both.0 != both.1);
    drop(first);
    let again = gate(folder.path()).await;
    let registry = again.library.registry();
    for page in [list(1, 1), of_bob()] {
        let tools = Listing::read(&page).unwrap().tools();
        assert_eq!(registry.changes(&server(), &tools), []);
    }
    let listed = registry.server(&server()).unwrap().get(&tool).unwrap();
    assert_eq!(listed.all().count(), 2);
}
