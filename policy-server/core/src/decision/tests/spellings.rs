//! Spellings of URIs: no spelling is allowed more than the plain one, in either language.

use super::*;

const CEDAR: &str = r#"@id("srv") permit (principal, action == Mcp::Action::"resources/read", resource) when { resource.uri like "file:///srv/*" };
    @id("no") forbid (principal, action == Mcp::Action::"resources/read", resource) when { resource.uri like "*secret*" };"#;
const ALL: &str = "permit (principal, action, resource);";

fn rego(text: &str) -> Policies {
    let files = [("bundle.toml", "engine = \"rego\"\n"), ("a.rego", text)];
    let files = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let sources = Arc::new(Sources::new(files.into_iter().collect()));
    Policies::load(sources, &Registry::default()).unwrap()
}

fn judged(policies: &Policies, target: &Target) -> Judgement {
    let server = ServerName::parse("demo").unwrap();
    let caller = caller("alice", "r");
    let method = match target {
        Target::Template(_) => "completion/complete",
        _ => "resources/read",
    };
    let facts = Facts {
        server: &server,
        caller: &caller,
        direction: Direction::ToServer,
        method,
        subjects: vec![Subject {
            target,
            known: Known::Unlisted(&[]),
            also: Vec::new(),
        }],
        protocol_version: None,
        arguments: None,
        approval: None,
        now_ms: 0,
    };
    let judgement = decide(policies, &facts);
    let judge = Judge::new(policies, &facts).unwrap();
    // Nothing here depends on the context, so that lists say what calls do.
    assert_eq!(
        judge.shows(&facts.subjects[0]),
        judgement.allows(),
        "{target:?}"
    );
    judgement
}

fn allows(policies: &Policies, uri: &str) -> bool {
    judged(policies, &Target::Resource(Uri::parse(uri).unwrap())).allows()
}

fn spelt(path: &str, how: &[u8]) -> String {
    let mut uri = "file://".to_owned();
    for (at, c) in path.chars().enumerate() {
        match (how.get(at).copied().unwrap_or(0) % 12, c) {
            (1, c) => uri.push_str(&format!("%{:02x}", u32::from(c))),
            (2, '/') => uri.push_str("/./"),
            (3, '/') => uri.push_str("/x/../"),
            (4, '/') => uri.push_str("//"),
            (5, '/') => uri.push_str("/%2e%2E/srv/"),
            (6, c) => uri.push_str(&format!("%25{:02X}", u32::from(c))),
            (7, '/') => uri.push('\\'),
            (8, '/') => uri.push_str(";x/"),
            _ => uri.push(c),
        }
    }
    uri
}

proptest! {
    #[test]
    fn no_spelling_is_allowed_more_than_the_plain_one(
        path in "(/(srv|etc|secret|a|b\\.md|c-d)){1,5}", how in proptest::collection::vec(any::<u8>(), 0..40)
    ) {
        let plain = format!("file://{path}");
        let uri = spelt(&path, &how);
        let policies = load(CEDAR);
        let modules = rego("package mcp\nimport rego.v1\n\
            permits contains {\"id\": \"srv\"} if startswith(input.resource.uri, \"file:///srv/\")\n\
            forbids contains {\"id\": \"no\"} if contains(input.resource.uri, \"secret\")");
        prop_assert_eq!(allows(&policies, &plain), allows(&modules, &plain));
        prop_assert!(allows(&policies, &plain) || !allows(&policies, &uri), "{uri}");
        prop_assert!(allows(&modules, &plain) || !allows(&modules, &uri), "{uri}");
        prop_assert!(allows(&load(ALL), &uri), "{uri}");
    }
}

#[test]
fn an_opaque_uri_is_permitted_by_who_does_not_read_it() {
    let opaque = [
        "note:my notes",
        "file:///srv/my file.md",
        "urn:a:b:c",
        "no scheme",
        "file:///srv/%2e%2e/etc/passwd",
    ];
    let reading = [
        r#"forbid (principal, action == Mcp::Action::"resources/read", resource) when { resource.uri like "x*" };"#,
        r#"forbid (principal, action == Mcp::Action::"resources/read", resource) when { resource.uri like "x*" && resource.scheme == "x" };"#,
        r#"permit (principal, action == Mcp::Action::"resources/read", resource) when { resource.uri like "file:///srv/*" };"#,
    ];
    for uri in opaque {
        assert!(allows(&load(ALL), uri), "{uri}");
        for policy in reading {
            let judgement = judged(
                &load(&format!("{ALL} {policy}")),
                &Target::Resource(Uri::parse(uri).unwrap()),
            );
            let Verdict::Deny(denial) = &judgement.verdict else {
                panic!("{uri}")
            };
            assert!(
                denial.message.contains("several readings"),
                "{}",
                denial.message
            );
        }
        let exact = load(&format!(
            r#"permit (principal, action == Mcp::Action::"resources/read", resource) when {{ resource.uri == "{uri}" }};"#
        ));
        let named = load(&format!(
            r#"permit (principal, action, resource == Mcp::Resource::"demo/{uri}");"#
        ));
        assert!(allows(&exact, uri) && allows(&named, uri), "{uri}");
        let module = rego(&format!(
            "package mcp\nimport rego.v1\npermits contains {{\"id\": \"x\"}} if input.resource.uri == \"{uri}\""
        ));
        assert!(allows(&module, uri), "{uri}");
    }
    let host = load(&format!(
        r#"{ALL} forbid (principal, action == Mcp::Action::"resources/read", resource) when {{ resource has host && resource.host == "x" }};"#
    ));
    assert!(!allows(&host, "note:my notes") && allows(&host, "file:///srv/../a"));
    let forbidden = load(&format!(
        r#"{ALL} forbid (principal, action, resource == Mcp::Resource::"demo/file:///etc/passwd");"#
    ));
    for uri in [
        "file:///etc/passwd",
        "file:///etc/%70asswd",
        "file://localhost/etc/passwd",
        "FILE:///etc/passwd",
    ] {
        assert!(!allows(&forbidden, uri), "{uri}");
    }
    assert!(allows(&forbidden, "note:my notes"));
    let template = |uri: &str| Target::Template(Uri::parse(uri).unwrap());
    assert!(judged(&load(ALL), &template("file:///srv/../{path}")).allows());
}
