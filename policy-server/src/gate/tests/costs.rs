//! What one caller or server makes costly, and what becomes of everybody else meanwhile.

use portcullis_protocol::wire::Shape;

use super::*;

/// A page of a tool whose argument `x` has much to be compared with, and of a plain one.
fn patterned(server: &ServerName) -> ListQuery {
    let tool = |name: &str, x: &str| {
        format!(r#"{{"name":"{name}","inputSchema":{{"type":"object","properties":{{"x":{x}}}}}}}"#)
    };
    let values: Vec<String> = (0..9_000).map(|n| n.to_string()).collect();
    let wide = format!(
        r#"{{"items":{{"not":{{"enum":[[],{}]}}}}}}"#,
        values.join(",")
    );
    let result = format!(
        r#"{{"tools":[{},{}]}}"#,
        tool("wide", &wide),
        tool("plain", r#"{"type":"string","pattern":"^[ab]*$"}"#),
    );
    ListQuery {
        digest: Digest::of(result.as_bytes()),
        server: server.clone(),
        result: RawValue::from_string(result).unwrap(),
        ..list(1, 1)
    }
}

fn asks(subject: &str, tool: &str, x: &str) -> Query {
    let arguments = format!(r#"{{"x":{x}}}"#);
    Query {
        call: call(),
        caller: caller(subject),
        targets: vec![Target::Tool(name(tool))],
        arguments: Some(RawValue::from_string(arguments).unwrap()),
        ..query()
    }
}

/// Policies that read `x` of both tools.
async fn read(gate: &Gate, folder: &std::path::Path) {
    let policy = |tool: &str, value: &str| {
        format!(
            r#"forbid (principal, action == Mcp::Action::"demo/{tool}", resource)
            when {{ context.input has x && context.input.x == {value} }};"#
        )
    };
    let text = policy("wide", r#"Mcp::Unknown::"y""#) + &policy("plain", "\"abba\"");
    std::fs::write(folder.join("policies/read.cedar"), text).unwrap();
    let News::Policies(set) = gate.library.look(&mut None) else {
        panic!()
    };
    gate.adopt(set).await.unwrap();
}

async fn verdict(gate: &Gate, query: Query) -> Verdict {
    gate.decide(query).await.unwrap().released().verdict
}

#[tokio::test]
async fn a_costly_argument_is_refused_and_holds_up_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let gate = Arc::new(gate(folder.path()).await);
    gate.list(patterned(&server())).await.unwrap().released();
    read(&gate, folder.path()).await;
    let long = format!("[0.5{}]", ",0.5".repeat(60_000));
    let attack = {
        let (gate, long) = (gate.clone(), long.clone());
        tokio::spawn(async move {
            for _ in 0..8 {
                let Verdict::Deny(denial) = verdict(&gate, asks("mallory", "wide", &long)).await
                else {
                    panic!()
                };
                let told = "takes more steps to check against the tool's schema than one call may";
                assert!(denial.message.contains(told), "{}", denial.message);
                assert_eq!(denial.shape, Shape::Refused);
            }
        })
    };
    for _ in 0..100 {
        let small = verdict(&gate, asks("alice", "plain", r#""ab""#)).await;
        assert!(matches!(small, Verdict::Allow(_)), "{small:?}");
    }
    attack.await.unwrap();
    // As long, and with a pattern too: only what a call costs counts.
    let large = format!("\"{}\"", "ab".repeat(600_000));
    let large = verdict(&gate, asks("alice", "plain", &large)).await;
    assert!(matches!(large, Verdict::Allow(_)), "{large:?}");
    let counted = gate.metrics.text().unwrap();
    assert!(
        counted.contains(r#"costly_total{result="refused"} 8"#),
        "{counted}"
    );
}

#[tokio::test]
async fn what_takes_long_to_check_waits_and_is_denied_in_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let gate = gate(folder.path()).await;
    gate.list(patterned(&server())).await.unwrap().released();
    let large = asks("mallory", "plain", &format!("\"{}\"", "ab".repeat(600_000)));
    let unread = verdict(&gate, large).await;
    assert!(matches!(unread, Verdict::Allow(_)), "nobody looks at it");
    read(&gate, folder.path()).await;
    let turns = all_of(&gate.checks).await;
    let large = asks("mallory", "plain", &format!("\"{}\"", "ab".repeat(600_000)));
    let mut waits = pin!(gate.decide(large));
    let early = tokio::time::timeout(Duration::from_millis(200), waits.as_mut()).await;
    assert!(early.is_err(), "it is not its turn");
    let small = verdict(&gate, asks("alice", "plain", r#""ab""#)).await;
    assert!(matches!(small, Verdict::Allow(_)), "{small:?}");
    let Verdict::Deny(denial) = waits.await.unwrap().released().verdict else {
        panic!()
    };
    assert!(denial.message.contains("try again"), "{}", denial.message);
    drop(turns);
    let again = asks("mallory", "plain", &format!("\"{}\"", "ab".repeat(600_000)));
    assert!(matches!(verdict(&gate, again).await, Verdict::Allow(_)));
}

#[tokio::test]
async fn news_of_one_server_hold_up_no_list_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let gate = Arc::new(gate(folder.path()).await);
    let other = ServerName::parse("other").unwrap();
    gate.list(patterned(&other)).await.unwrap().released();
    let attack = {
        let gate = gate.clone();
        tokio::spawn(async move {
            for version in 0..3 {
                match gate.list(list(ITEMS_MAX, version)).await {
                    Ok(page) => drop(page.released()),
                    // On a slow machine the server has used its share of the minute up.
                    Err(error) => assert!(matches!(error, GateError::Hasty(_)), "{error}"),
                }
            }
        })
    };
    while !attack.is_finished() {
        gate.list(patterned(&other)).await.unwrap().released();
        gate.decide(query()).await.unwrap().released();
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    attack.await.unwrap();
}

#[tokio::test]
async fn lists_without_news_do_not_wait_for_news() {
    let folder = tempfile::tempdir().unwrap();
    let gate = Arc::new(gate(folder.path()).await);
    let other = ServerName::parse("other").unwrap();
    gate.list(patterned(&other)).await.unwrap().released();
    // Somebody's tools are being fitted.
    let changing = gate.changing().await;
    let news = {
        let gate = gate.clone();
        tokio::spawn(async move { gate.list(list(3, 1)).await.unwrap().released() })
    };
    gate.list(patterned(&other)).await.unwrap().released();
    assert!(!news.is_finished());
    drop(changing);
    news.await.unwrap();
}
