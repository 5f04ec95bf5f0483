//! `demo`: a gateway with the example policies and an MCP server behind it, to play with. With
//! `--once` it plays itself, and fails when any step is not as it should be.

use std::io::{self, Write as _};

use crate::gateway::{Gateway, Parts};
use crate::{Failure, story, workspace};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Play the story with a real client, print what happened, and stop
    #[arg(long)]
    once: bool,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let parts = Parts::ensure()?;
    let gateway = Gateway::start(&parts, &workspace::root().join("policies"))?;
    if args.once {
        return tell(&parts, gateway, args.json);
    }
    if args.json {
        let line = serde_json::to_string(&gateway.endpoints)?;
        writeln!(io::stdout(), "{line}")?;
    } else {
        introduce(&gateway)?;
    }
    wait_for_interrupt()?;
    gateway.stop()
}

/// The story as a step of `test`.
pub(crate) fn once() -> Result<(), Failure> {
    run(&Args {
        once: true,
        json: false,
    })
}

fn tell(parts: &Parts, gateway: Gateway, json: bool) -> Result<(), Failure> {
    let told = story::play(&gateway, &parts.portcullis, json);
    let stopped = gateway.stop();
    told.and(stopped)
}

fn wait_for_interrupt() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    Ok(runtime.block_on(tokio::signal::ctrl_c())?)
}

fn introduce(gateway: &Gateway) -> Result<(), Failure> {
    let url = gateway.url();
    let (alice, bob) = (gateway.token("alice"), gateway.token("bob"));
    let policies = gateway.policies().join("demo.cedar");
    writeln!(
        io::stdout(),
        r#"
The gateway is up, with an MCP server behind it:
  {url}

Set the tokens first (alice is a developer, bob is a viewer):
  ALICE={alice}
  BOB={bob}

Three things to try in the same shell:

1. Ask for the tools, then call one that is allowed (the inspector wants Node 22):
  npx -y @modelcontextprotocol/inspector@2.12.0 --cli {url} --transport http \
    --header "Authorization: Bearer $ALICE" --method tools/list
  npx -y @modelcontextprotocol/inspector@2.12.0 --cli {url} --transport http \
    --header "Authorization: Bearer $BOB" --method tools/call --tool-name echo --tool-arg text=hello

2. Call one with a path that is not, and read why; with curl, without any client. With /tmp/x it
   runs, and with $BOB there is no such tool:
  curl -s {url} -H "Authorization: Bearer $ALICE" -H 'content-type: application/json' \
    -H 'accept: application/json, text/event-stream' \
    -H 'mcp-protocol-version: 2026-07-28' -H 'mcp-method: tools/call' -H 'mcp-name: delete_file' \
    -d '{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"delete_file","arguments":{{"path":"/etc/passwd"}},"_meta":{{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{{"name":"curl","version":"1"}},"io.modelcontextprotocol/clientCapabilities":{{}}}}}}}}'

3. Change a policy and call again; the next call follows it:
  $EDITOR {}

Ctrl-C stops everything."#,
        policies.display()
    )?;
    Ok(())
}
