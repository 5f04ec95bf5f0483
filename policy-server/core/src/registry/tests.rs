//! Tests of `registry`: the tools that servers have listed: their hints, and the digest of each definition.

use super::*;

#[test]
fn silence_is_read_pessimistically() {
    assert_eq!(Annotations::read(None), Annotations::default());
    assert_eq!(Annotations::read(Some("{}")), Annotations::default());
    assert_eq!(Annotations::read(Some("[1]")), Annotations::default());
    assert_eq!(
        Annotations::read(Some(r#"{"readOnlyHint":"yes"}"#)),
        Annotations::default(),
        "a hint of the wrong type is no hint"
    );
    let twice = Annotations::read(Some(r#"{"readOnlyHint":false,"readOnlyHint":true}"#));
    assert_eq!(twice, Annotations::default(), "nor is one given twice");
    let read_only = Annotations::read(Some(r#"{"readOnlyHint":true,"title":"x"}"#));
    assert!(read_only.read_only && !read_only.destructive);
}

#[test]
fn a_page_changes_what_is_new_or_different() {
    let server = ServerName::parse("demo").unwrap();
    let entry = ToolEntry::read;
    let name = |text| Name::parse(text).unwrap();
    let page = vec![(name("a"), entry("1")), (name("b"), entry("2"))];
    let mut registry = Registry::default();
    let changes = registry.changes(&server, &page);
    assert_eq!(changes.len(), 2);
    registry.apply(&server, &changes);
    assert!(registry.changes(&server, &page).is_empty());
    let mut next = registry.changes(&server, &[(name("a"), entry("3"))]);
    let change = next.first_mut().unwrap();
    assert_eq!(change.before, Some(entry("1").definition));
    change.fit = Fit::Refused;
    registry.apply(&server, &next);
    let listed = |registry: &Registry| {
        let (_, tools) = registry.servers().next().unwrap();
        tools.get(&name("a")).unwrap().clone()
    };
    let refused = listed(&registry);
    assert_eq!(
        refused.accepted(),
        Some(&entry("1")),
        "the last good one stays"
    );
    let newest = |listed: &Listed| listed.newest().map(Shown::definition);
    assert_eq!(newest(&refused), Some(entry("3").definition));
    let again = registry.changes(&server, &[(name("a"), entry("3"))]);
    assert_eq!(again.len(), 1, "by now there is room for it");
    let back = registry.changes(&server, &page);
    assert_eq!(back.len(), 1, "what is good is news after what is not");
    registry.apply(&server, &back);
    assert_eq!(newest(&listed(&registry)), Some(entry("1").definition));
    assert!(registry.changes(&server, &page).is_empty());
    registry.apply(&server, &again);
    for entry in [entry("1"), entry("3")] {
        let page = [(name("a"), entry)];
        assert!(
            registry.changes(&server, &page).is_empty(),
            "both are known"
        );
    }
}

#[test]
fn several_definitions_of_a_tool_are_known_and_the_oldest_goes() {
    let server = ServerName::parse("demo").unwrap();
    let name = Name::parse("a").unwrap();
    let entry = |number: usize, title: &str| {
        let schema = format!(r#"{{"type":"object","minProperties":{number}}}"#);
        ToolEntry::read(&format!(
            r#"{{"name":"a","title":"{title}","inputSchema":{schema}}}"#
        ))
    };
    let mut registry = Registry::default();
    let mut show = |entry: ToolEntry| {
        let changes = registry.changes(&server, &[(name.clone(), entry)]);
        registry.apply(&server, &changes);
        let listed = registry.server(&server).unwrap().get(&name).unwrap();
        (
            changes.first().map(|change| change.forgotten.clone()),
            listed.clone(),
        )
    };
    for number in 0..DEFINITIONS_MAX {
        assert_eq!(show(entry(number, "x")).0, Some(Vec::new()));
    }
    for number in (0..DEFINITIONS_MAX).rev() {
        assert_eq!(show(entry(number, "x")).0, None, "all are known");
    }
    let (news, listed) = show(entry(0, "another title"));
    assert_eq!(
        news,
        Some(Vec::new()),
        "nothing goes for what policies cannot tell apart"
    );
    assert_eq!(listed.all().count(), DEFINITIONS_MAX);
    assert_eq!(listed.accepted(), Some(&entry(0, "another title")));
    let (news, listed) = show(entry(DEFINITIONS_MAX, "x"));
    assert_eq!(news, Some(vec![entry(1, "x").judged]), "the oldest goes");
    assert_eq!(listed.all().count(), DEFINITIONS_MAX);
    let judged = entry(1, "x").judged;
    assert!(listed.all().all(|shown| shown.judged() != judged));
}

#[test]
fn what_is_too_much_together_is_not_remembered() {
    let server = ServerName::parse("demo").unwrap();
    let name = |number: usize| Name::parse(&format!("t{number}")).unwrap();
    let entry = |bytes: usize, letter: &str| ToolEntry::read(&letter.repeat(bytes));
    let page: Vec<_> = (0..17)
        .map(|number| (name(number), entry(1024 * 1024, "x")))
        .collect();
    let mut registry = Registry::default();
    let changes = registry.changes(&server, &page);
    assert_eq!(changes.len(), 16, "16 MiB and no more");
    registry.apply(&server, &changes);
    let small = registry.changes(&server, &[(name(99), entry(1, "y"))]);
    assert!(small.is_empty(), "there is no room at all");
    let shrinking = registry.changes(&server, &[(name(0), entry(10, "y"))]);
    assert_eq!(shrinking.first().unwrap().fit, Fit::Accepted);
    let growing = registry.changes(&server, &[(name(0), entry(1024 * 1024 + 1, "y"))]);
    assert_eq!(
        growing.first().unwrap().fit,
        Fit::Refused,
        "a known tool that has become another one is not left as it was"
    );
    registry.apply(&server, &growing);
    let listed = registry.server(&server).unwrap().get(&name(0)).unwrap();
    assert_eq!(listed.accepted(), Some(&entry(1024 * 1024, "x")));
    let newest = listed.newest().map(Shown::definition);
    assert_eq!(newest, growing.first().map(|c| c.after.definition));
}
