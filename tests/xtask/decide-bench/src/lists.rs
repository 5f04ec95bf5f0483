//! What a long list costs: learnt for the first time, with one tool more, and when policies are read
//! anew. Beside it, reading the same definitions and no more. It prints numbers and never judges them.

use std::collections::BTreeMap;
use std::sync::Arc;

use portcullis_core::policies::{Policies, Sources};
use portcullis_core::registry::{Registry, ToolEntry};
use portcullis_protocol::names::{Name, ServerName};
use serde::Serialize;
use serde_json::{Value, json};

use crate::Failure;
use crate::stopwatch::ms_of_one;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many tools one server has; may be repeated
    #[arg(long, default_values_t = [20, 200, 2_000])]
    tools: Vec<usize>,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// One length of a list. Times are processor time in milliseconds.
#[derive(Serialize)]
struct Row {
    tools: usize,
    bytes: usize,
    /// Reading the definitions as JSON, the reference.
    read_ms: f64,
    /// Learning all of them at once, with policies fitted to them.
    first_ms: f64,
    /// Learning one more.
    one_more_ms: f64,
    /// Reading policies anew while all of them are known.
    reload_ms: f64,
    /// How many times longer the first list takes than reading it.
    first_over_read: f64,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    for tools in &args.tools {
        let row = row(*tools)?;
        if args.json {
            println!("{}", serde_json::to_string(&row)?);
            continue;
        }
        println!(
            "{:>5} tools of {} kB: read {:.1} ms, first list {:.0} ms ({:.0}x), one more {:.1} ms, policies anew {:.0} ms",
            row.tools,
            row.bytes / 1_000,
            row.read_ms,
            row.first_ms,
            row.first_over_read,
            row.one_more_ms,
            row.reload_ms,
        );
    }
    Ok(())
}

fn row(count: usize) -> Result<Row, Failure> {
    let server = ServerName::parse("srv").map_err(|_| "no name")?;
    let policies = Policies::load(sources(), &Registry::default())?;
    let texts: Vec<String> = (0..count).map(|number| tool(number).to_string()).collect();
    let read_ms = ms_of_one(|| {
        let read: Result<Vec<Value>, _> = texts
            .iter()
            .map(|text| serde_json::from_str(text))
            .collect();
        std::hint::black_box(read)
    })
    .0;
    let page: Vec<(Name, ToolEntry)> = texts
        .iter()
        .map(|text| entry(text))
        .collect::<Result<_, _>>()?;
    let mut registry = Registry::default();
    registry.apply(&server, &registry.changes(&server, &page));
    let (first_ms, learnt) = ms_of_one(|| policies.learn(&registry));
    let learnt = learnt.ok_or("the policies do not fit")?;
    let mut each_ms = Vec::new();
    let mut learnt = learnt;
    for number in count..count + MORE {
        let more = [entry(&tool(number).to_string())?];
        registry.apply(&server, &registry.changes(&server, &more));
        let (ms, after) = ms_of_one(|| learnt.learn(&registry));
        learnt = after.ok_or("the policies do not fit one more")?;
        each_ms.push(ms);
    }
    each_ms.sort_by(f64::total_cmp);
    let one_more_ms = each_ms.get(MORE / 2).copied().unwrap_or(f64::NAN);
    let (reload_ms, again) = ms_of_one(|| Policies::load(sources(), &registry));
    again?;
    Ok(Row {
        tools: count,
        bytes: texts.iter().map(String::len).sum(),
        read_ms,
        first_ms,
        one_more_ms,
        reload_ms,
        first_over_read: first_ms / read_ms,
    })
}

fn entry(text: &str) -> Result<(Name, ToolEntry), Failure> {
    let tool: Value = serde_json::from_str(text)?;
    let name = tool.get("name").and_then(Value::as_str).unwrap_or_default();
    let name = Name::parse(name).map_err(|_| "no name")?;
    Ok((name, ToolEntry::read(text)))
}

/// How many tools are learnt one after another; the median counts.
const MORE: usize = 9;

/// Policies as a company has them: some by role and hint, some about the arguments of pinned tools.
fn sources() -> Arc<Sources> {
    let mut text = String::from(
        r#"@id("readers") permit (principal in Mcp::Role::"viewer", action in Mcp::Action::"tools/call", resource in Mcp::Server::"srv")
when { resource.readOnly };
@id("nobody-destroys") forbid (principal, action in Mcp::Action::"tools/call", resource) when { resource.destructive && resource.openWorld };
"#,
    );
    for number in 0..20 {
        text.push_str(&format!(
            "@id(\"p{number}\") permit (principal in Mcp::Role::\"r{number}\", action == Mcp::Action::\"own/tool-{number}\", resource) when {{ context.input.id < 100 }};\n"
        ));
    }
    let pinned: Vec<Value> = (0..20).map(tool).collect();
    let pinned = json!({ "tools": pinned }).to_string();
    let files = [("bench.cedar", text), ("tools/own.json", pinned)];
    let files = files.map(|(name, text)| (name.to_owned(), text));
    Arc::new(Sources::new(BTreeMap::from(files)))
}

/// A tool like those of generated servers: ids, texts, enumerations, nested objects and lists.
pub(crate) fn tool(number: usize) -> Value {
    let mut properties = serde_json::Map::new();
    properties.insert("id".to_owned(), json!({"type": "integer", "minimum": 1}));
    for place in 0..2 + number % 9 {
        let property = match (number + place) % 6 {
            0 => json!({"type": "string", "description": "What it is called", "maxLength": 200}),
            1 => {
                json!({"type": "string", "enum": ["open", "closed", format!("state-{}", number % 7)]})
            }
            2 => json!({"anyOf": [{"type": "integer"}, {"type": "null"}], "default": null}),
            3 => json!({"type": "array", "items": {"type": "string"}, "maxItems": 50}),
            4 => json!({"type": "object", "properties": {
                "owner": {"type": "string"}, "repo": {"type": "string", "pattern": "^[a-z0-9-]+$"}},
                "required": ["owner"]}),
            _ => json!({"type": "boolean", "default": false}),
        };
        properties.insert(format!("field_{place}"), property);
    }
    json!({
        "name": format!("tool-{number}"),
        "description": format!("Does the {number}th thing, at some length, as descriptions of tools do."),
        "inputSchema": {"type": "object", "properties": properties, "required": ["id"], "additionalProperties": false},
        "annotations": {"readOnlyHint": number.is_multiple_of(2), "openWorldHint": number.is_multiple_of(3)},
    })
}
