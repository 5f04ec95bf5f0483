//! Messages that are no calls of tools: what policies look at is exact, and what they do not is not judged.

use super::*;

fn said(policies: &Policies, method: &str, target: &Target, arguments: &str) -> Judgement {
    let asks = matches!(method, "sampling/createMessage" | "elicitation/create");
    let server = ServerName::parse("demo").unwrap();
    let caller = caller("somebody", "dev");
    let facts = Facts {
        server: &server,
        caller: &caller,
        direction: if asks {
            Direction::ToClient
        } else {
            Direction::ToServer
        },
        method,
        subjects: vec![Subject {
            target,
            known: policies.catalogue().known(&server, target),
            also: Vec::new(),
        }],
        protocol_version: None,
        arguments: Some(arguments),
        approval: None,
        now_ms: 1_795_258_381_123,
    };
    decide(policies, &facts)
}

fn rego(rules: &str) -> Policies {
    let module = format!(
        "package mcp\n\nimport rego.v1\n\npermits contains {{\"id\": \"all\"}}\n\n{rules}\n"
    );
    let files = [
        ("bundle.toml", "engine = \"rego\"\n".to_owned()),
        ("a.rego", module),
    ];
    let files = files.map(|(name, text)| (name.to_owned(), text));
    Policies::load(
        Arc::new(Sources::new(files.into_iter().collect())),
        &Registry::default(),
    )
    .unwrap()
}

const PERMIT: &str = "permit (principal, action, resource);\n";

#[test]
fn an_argument_of_a_prompt_has_no_look_alikes_where_policies_look_at_it() {
    let rule = r#"forbid (principal, action == Mcp::Action::"prompts/get", resource)
        when { context.input.entries.contains({"key": "environment", "value": "production"}) };"#;
    let policies = load(&format!("{PERMIT}{rule}"));
    let prompt = Target::Prompt(name("deploy"));
    let allows = |arguments: &str| said(&policies, "prompts/get", &prompt, arguments).allows();
    assert!(allows(r#"{"environment":"staging"}"#) && allows(r#"{"other":"x"}"#));
    for bad in [
        r#"{"environment":"production"}"#,
        r#"{"Environment":"production"}"#,
        r#"{"ENVIRONMENT":"production"}"#,
        r#"{"environment\u0000":"production"}"#,
        r#"{"environment":5}"#,
    ] {
        assert!(!allows(bad), "{bad}");
    }
}

#[test]
fn what_no_policy_looks_at_in_a_message_is_not_judged() {
    let policies = load(PERMIT);
    let (server, prompt) = (Target::Server, Target::Prompt(name("deploy")));
    for (method, target, arguments) in [
        ("prompts/get", &prompt, r#"{"a":5,"b":null,"c":{}}"#),
        (
            "completion/complete",
            &prompt,
            r#"{"argument":{"name":"a","value":5}}"#,
        ),
        (
            "sampling/createMessage",
            &server,
            r#"{"maxTokens":1.5,"systemPrompt":7}"#,
        ),
        (
            "elicitation/create",
            &server,
            r#"{"mode":"form","message":7}"#,
        ),
    ] {
        let judgement = said(&policies, method, target, arguments);
        assert!(judgement.allows(), "{method} {arguments}: {judgement:?}");
    }
    let rule = r#"forbid (principal, action == Mcp::Action::"sampling/createMessage", resource)
        when { context.input has maxTokens && context.input.maxTokens > 100 };"#;
    let policies = load(&format!("{PERMIT}{rule}"));
    let allows = |tokens: &str| {
        let arguments = format!(r#"{{"maxTokens":{tokens}}}"#);
        said(&policies, "sampling/createMessage", &server, &arguments).allows()
    };
    for (tokens, allowed) in [
        ("100", true),
        ("100.0", true),
        ("1e2", true),
        ("101.0", false),
        ("1e3", false),
        ("1.5", false),
        ("\"1\"", false),
    ] {
        assert_eq!(allows(tokens), allowed, "{tokens}");
    }
}

#[test]
fn the_page_that_a_server_names_is_read_like_a_resource() {
    let exact = r#"forbid (principal, action == Mcp::Action::"elicitation/create", resource)
        when { context.input has url && context.input.url == "https://evil.example/login" };"#;
    let cedar = load(&format!("{PERMIT}{exact}"));
    let rego = rego(
        "forbids contains {\"id\": \"evil\"} if input.arguments.url == \"https://evil.example/login\"\n",
    );
    let prefix = "forbids contains {\"id\": \"evil\"} if startswith(input.arguments.url, \"https://evil.example/\")\n";
    let prefix = self::rego(prefix);
    for url in [
        "https://evil.example/login",
        "HTTPS://EVIL.example:443/login",
        "https://evil.example//login",
        "https://evil.example/./login",
        "https://evil.example/x/../login",
        "https:evil.example/login",
        r"https:\\\\evil.example\\login",
        "https://u@evil.example/login",
        "https://evil.example/log%69n",
        "https://evil.example/login#x",
        "https://evil。example/login",
    ] {
        let arguments = format!(r#"{{"mode":"url","message":"m","url":"{url}"}}"#);
        for (engine, policies) in [("cedar", &cedar), ("rego", &rego), ("prefix", &prefix)] {
            let judgement = said(policies, "elicitation/create", &Target::Server, &arguments);
            assert!(!judgement.allows(), "{engine} {url}: {judgement:?}");
        }
    }
    let good = r#"{"mode":"url","message":"m","url":"https://good.example/login"}"#;
    for policies in [&cedar, &rego, &prefix] {
        assert!(said(policies, "elicitation/create", &Target::Server, good).allows());
    }
}

#[test]
fn what_is_the_protocols_own_is_no_argument() {
    let policies = rego("forbids contains {\"id\": \"x\"} if input.arguments.x == \"y\"\n");
    let resource = Target::Resource(uri("file:///a"));
    let plain =
        r#"{"uri":"file:///a","_meta":{"progressToken":1764606000000000001,"URI":"z","X":1}}"#;
    let judgement = said(&policies, "resources/read", &resource, plain);
    assert!(judgement.allows(), "{judgement:?}");
}
