//! Arguments that schemas declare, what policies say of them, and how clients write them.

/// An argument that schemas declare.
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) schema: &'static str,
    pub(super) default: &'static str,
    /// Conditions of policies.
    pub(super) cedar: &'static [&'static str],
    pub(super) rego: &'static [&'static str],
    /// As clients write it; the first two fit.
    pub(super) values: &'static [&'static str],
}

pub(super) const KINDS: [Kind; 10] = [
    Kind {
        name: "branch",
        schema: r#"{"type":"string"}"#,
        default: r#""main""#,
        cedar: &[
            r#"context.input.branch == "main""#,
            r#"context.input.branch like "m*""#,
        ],
        rego: &[
            r#"input.arguments.branch == "main""#,
            r#"startswith(input.arguments.branch, "m")"#,
        ],
        values: &[
            r#""main""#,
            r#""dev""#,
            "7",
            "null",
            r#"["main"]"#,
            r#""MAIN""#,
        ],
    },
    Kind {
        name: "force",
        schema: r#"{"type":"boolean"}"#,
        default: "true",
        cedar: &["context.input.force"],
        rego: &["input.arguments.force == true"],
        values: &["true", "false", r#""true""#, r#""false""#, "1", "null"],
    },
    Kind {
        name: "count",
        schema: r#"{"type":"integer","maximum":1000}"#,
        default: "9",
        cedar: &["context.input.count > 5", "context.input.count == 9"],
        rego: &["input.arguments.count > 5", "input.arguments.count == 9"],
        values: &[
            "9",
            "1",
            r#""9""#,
            "9.0",
            "9007199254740993",
            r#""x""#,
            "null",
            "1e3",
            "6.5",
        ],
    },
    Kind {
        name: "mode",
        schema: r#"{"enum":["a","b"]}"#,
        default: r#""b""#,
        cedar: &[r#"context.input.mode == Mcp::demo::push::Input::mode::"b""#],
        rego: &[r#"input.arguments.mode == "b""#],
        values: &[r#""a""#, r#""b""#, r#""B""#, "null", r#""c""#],
    },
    Kind {
        name: "since",
        schema: r#"{"type":"string","format":"date-time"}"#,
        default: r#""2026-07-01T00:00:00Z""#,
        cedar: &[r#"context.input.since > datetime("2026-06-01")"#],
        rego: &[r#"input.arguments.since > "2026-06""#],
        values: &[
            r#""2026-07-01T00:00:00Z""#,
            r#""2026-01-01T00:00:00Z""#,
            r#""2026-07-01T00:00:00.123456Z""#,
            r#""soon""#,
        ],
    },
    Kind {
        name: "tags",
        schema: r#"{"type":"array","items":{"type":"string"}}"#,
        default: r#"["main"]"#,
        cedar: &[
            r#"context.input.tags.contains("main")"#,
            "context.input.tags.isEmpty()",
        ],
        rego: &[
            r#""main" in input.arguments.tags"#,
            "count(input.arguments.tags) == 0",
        ],
        values: &[
            r#"["main"]"#,
            r#"["dev"]"#,
            "[]",
            r#""main""#,
            "[1]",
            "null",
        ],
    },
    Kind {
        name: "opts",
        schema: r#"{"type":"object","properties":{"a":{"type":"string","default":"main"},
            "b":{"type":"integer"}},"required":["b"]}"#,
        default: r#"{"a":"main","b":9}"#,
        cedar: &[
            r#"context.input.opts has a && context.input.opts.a == "main""#,
            "context.input.opts.b > 5",
            r#"context.input.opts == {"a": "main", "b": 9}"#,
        ],
        rego: &[
            r#"input.arguments.opts.a == "main""#,
            "input.arguments.opts.b > 5",
            r#"input.arguments.opts == {"a": "main", "b": 9}"#,
        ],
        values: &[
            r#"{"a":"main","b":9}"#,
            r#"{"a":"dev","b":1}"#,
            r#"{"b":1}"#,
            r#"{"A":"main","b":1}"#,
            r#"{"a":"dev","A":"main","b":"9"}"#,
            r#"{"b":"9","a":"dev"}"#,
            r#"{"a":"dev","a":"main","b":1}"#,
            "null",
        ],
    },
    Kind {
        name: "note",
        schema: r#"{"type":["string","null"]}"#,
        default: r#""main""#,
        cedar: &[r#"context.input.note == "main""#],
        rego: &[r#"input.arguments.note == "main""#],
        values: &[r#""main""#, "null", "7", r#""""#],
    },
    Kind {
        name: "how",
        schema: r#"{"anyOf":[{"type":"integer"},{"type":"string"}]}"#,
        default: "9",
        cedar: &["context.input.how has typeChoice0 && context.input.how.typeChoice0 == 9"],
        rego: &["input.arguments.how == 9"],
        values: &["9", "1", r#""9""#, r#""x""#, "null"],
    },
    Kind {
        name: "rows",
        schema: r#"{"type":"array","items":{"type":"object","additionalProperties":false,
            "properties":{"id":{"type":"integer"},"kind":{"type":"string","default":"main"}}}}"#,
        default: r#"[{"id":9,"kind":"main"}]"#,
        cedar: &[r#"context.input.rows.contains({"id": 9, "kind": "main"})"#],
        rego: &[r#"{"id": 9, "kind": "main"} in input.arguments.rows"#],
        values: &[
            r#"[{"id":9,"kind":"main"}]"#,
            r#"[{"id":1,"kind":"main"},{"id":9,"kind":"dev"}]"#,
            r#"[{"id":9}]"#,
            r#"[{"id":"9","kind":"main"}]"#,
            r#"[{"id":9,"Kind":"main"}]"#,
            r#"[{"id":9,"kind":"dev","KIND":"main"}]"#,
        ],
    },
];
