//! What the person at the terminal reads.

use std::io::{self, IsTerminal as _, Write};

use super::args::Args;
use super::plan::Plan;
use super::state::Endpoints;
use crate::credential::Credential;
use crate::quiet::{between_colours, quiet};

/// One line on standard error while the gateway runs.
pub(crate) fn note(text: &str) {
    // Nobody reads it any more when this fails.
    let _closed = writeln!(io::stderr(), "portcullis: {}", quiet(text));
}

/// The summary, or one line of JSON.
pub(crate) fn print(args: &Args, plan: &Plan, endpoints: &Endpoints) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if args.json {
        writeln!(out, "{}", endpoints.line())?;
    } else {
        let style = Style::of(io::stdout().is_terminal());
        let mut text = Vec::new();
        summary(&mut text, &style, args, plan, endpoints)?;
        out.write_all(between_colours(&String::from_utf8_lossy(&text)).as_bytes())?;
    }
    out.flush()
}

/// What each server lists, and who sees what of it.
pub(crate) fn print_tools(lines: &[String]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let Style { strong, plain, .. } = Style::of(io::stdout().is_terminal());
    writeln!(out, "\n{strong}Tools{plain}")?;
    lines.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    writeln!(out)?;
    out.flush()
}

/// Escape sequences, or nothing when the output is no terminal.
struct Style {
    strong: &'static str,
    faint: &'static str,
    plain: &'static str,
}

impl Style {
    fn of(terminal: bool) -> Self {
        let wanted = terminal && std::env::var_os("NO_COLOR").is_none();
        let when = |code| if wanted { code } else { "" };
        Self {
            strong: when("\x1b[1m"),
            faint: when("\x1b[2m"),
            plain: when("\x1b[0m"),
        }
    }
}

fn summary(
    out: &mut impl Write,
    style: &Style,
    args: &Args,
    plan: &Plan,
    endpoints: &Endpoints,
) -> io::Result<()> {
    let Style {
        strong,
        faint,
        plain,
    } = style;
    writeln!(out, "{strong}Portcullis is up.{plain}\n")?;
    for server in &plan.servers {
        writeln!(out, "  {strong}{}{plain}", plan.resource(server))?;
        let scheme = server.scheme();
        writeln!(
            out,
            "    {faint}in front of {scheme}://{}{}{plain}",
            server.authority, server.path
        )?;
    }
    writeln!(out, "\n{strong}Tokens{plain}")?;
    for user in &args.users {
        let roles = user.roles.join(", ");
        let token = endpoints
            .tokens
            .get(&user.name)
            .map_or("", Credential::expose);
        writeln!(out, "  {} ({roles})\n    {token}", user.name)?;
    }
    things_to_try(out, style, plan, args)?;
    writeln!(
        out,
        "\n{faint}policies  {}\nadmin     {}\nrecords   {}\nlogs      {}\nCtrl-C stops everything.{plain}",
        plan.policies.display(),
        endpoints.admin,
        plan.folder.database().display(),
        plan.folder.root().join("log").display()
    )
}

fn things_to_try(out: &mut impl Write, style: &Style, plan: &Plan, args: &Args) -> io::Result<()> {
    let Style { strong, plain, .. } = style;
    let (Some(server), Some(user)) = (plan.servers.first(), args.users.first()) else {
        return Ok(());
    };
    let (url, folder) = (plan.resource(server), plan.folder.root().display());
    writeln!(out, "\n{strong}Three things to try{plain}")?;
    writeln!(
        out,
        "  1. List the tools that {0} may use (the inspector wants Node 22):\n     \
         TOKEN=$(portcullis token --dir {folder} --user {1})\n     \
         npx -y @modelcontextprotocol/inspector --cli {url} --transport http \\\n       \
         --header \"Authorization: Bearer $TOKEN\" --method tools/list",
        user.name,
        user.spec()
    )?;
    writeln!(
        out,
        "  2. See what nobody gets without a token:\n     curl -i -X POST {url}"
    )?;
    writeln!(
        out,
        "  3. Change a policy in {} and watch the next call follow it.",
        plan.policies.display()
    )
}
