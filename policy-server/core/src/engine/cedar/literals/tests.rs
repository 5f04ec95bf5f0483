//! Which literals policies compare with what, and the values around which outcomes change.

use std::collections::BTreeMap;

use super::*;

fn one(text: &str) -> Literals {
    let files = BTreeMap::from([("a.cedar".to_owned(), text.to_owned())]);
    literals(&Sources::new(files)).remove(0)
}

fn set<T: Ord>(items: impl IntoIterator<Item = T>) -> BTreeSet<T> {
    items.into_iter().collect()
}

#[test]
fn comparisons_are_found() {
    let found = one(
        r#"@id("p") permit (principal in Mcp::Role::"dev", action in [Mcp::Action::"a/b", Mcp::Action::"a/c"],
            resource in Mcp::Server::"a")
        when { context.input.amount < 100 && -5 <= context.input.amount && context.input has note }
        when { context.input.repo.path like "/srv/*" || ["x", "y"].contains(context.input.kind) }
        when { context.input.labels.contains("bug") && principal in Mcp::Role::"lead" }
        unless { context.now < datetime("2026-01-01") || context.now.toTime() > duration("17h") || context.input.force }
        unless { context.input.rate.lessThan(decimal("1.5")) || resource.host == "h" };"#,
    );
    let input = |path: &[&str]| Place::Input(path.iter().map(ToString::to_string).collect());
    let text = |text: &str| Literal::Text(text.to_owned());
    let at = |place: &Place| found.compared.get(place).unwrap().clone();
    assert_eq!(found.id, "p");
    assert_eq!(
        found.actions,
        Some(set(["a/b".to_owned(), "a/c".to_owned()]))
    );
    assert_eq!(found.resource.as_deref(), Some("a"));
    assert_eq!(
        at(&input(&["amount"])),
        set([Literal::Seen, Literal::Number(-5), Literal::Number(100)])
    );
    assert_eq!(at(&input(&["note"])), set([Literal::Present]));
    let like = Literal::Like(vec![Some("/srv/".to_owned()), None]);
    assert_eq!(at(&input(&["repo", "path"])), set([Literal::Seen, like]));
    assert_eq!(
        at(&input(&["kind"])),
        set([Literal::Seen, text("x"), text("y")])
    );
    let bug = Literal::Item(Box::new(text("bug")));
    assert_eq!(at(&input(&["labels"])), set([Literal::Seen, bug]));
    assert_eq!(at(&input(&["force"])), set([Literal::Seen]));
    let decimal = Literal::Decimal("1.5".to_owned());
    assert_eq!(at(&input(&["rate"])), set([Literal::Seen, decimal]));
    let now = [
        Literal::Seen,
        Literal::Instant("2026-01-01".to_owned()),
        Literal::Span("17h".to_owned()),
    ];
    assert_eq!(at(&Place::Now), set(now));
    assert_eq!(
        at(&Place::Resource("host".to_owned())),
        set([Literal::Seen, text("h")])
    );
    for role in ["dev", "lead"] {
        let role = ("Role".to_owned(), role.to_owned());
        assert!(found.entities.contains(&role));
    }
}
