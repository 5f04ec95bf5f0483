//! The command line. Each subcommand has a module; this one only tells them apart.

mod audit;
mod config;
mod policy;
mod redact;
mod render;
mod sarif;
mod serve;
mod up;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

use portcullis_protocol::characters::shown;

use crate::quiet::{quiet, styled};

/// Everything went well.
const OK: u8 = 0;
/// Problems were found.
const PROBLEMS: u8 = 1;

/// A security gateway for MCP: policies decide which agent may call what, and every decision is
/// on record.
#[derive(Debug, Parser)]
#[command(name = "portcullis", version, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Up(crate::up::Args),
    Token(crate::up::TokenArgs),
    Serve(serve::Args),
    /// Check, format, test, explain, compare and sign policies, and print their schema
    #[command(subcommand)]
    Policy(policy::Command),
    /// Read and verify the audit log
    #[command(subcommand)]
    Audit(audit::Command),
    Redact(redact::Args),
    /// Check a configuration file and print its JSON Schema
    #[command(subcommand)]
    Config(config::Command),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Runs the command that the arguments name.
#[must_use]
pub fn run() -> ExitCode {
    // A panic may quote what it stumbled over; the server logs its own.
    std::panic::set_hook(Box::new(|panic| complain(panic)));
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return ExitCode::from(refuse(&error)),
    };
    let code = match cli.command {
        Command::Up(args) => up::run(crate::up::run(args)),
        Command::Token(args) => up::run(async move { crate::up::token(&args) }),
        Command::Serve(args) => serve::run(&args),
        Command::Policy(command) => policy::run(&command),
        Command::Audit(command) => audit::run(&command),
        Command::Redact(args) => redact::run(&args),
        Command::Config(command) => config::run(&command),
        Command::Completions { shell } => {
            let mut out = std::io::stdout();
            clap_complete::generate(shell, &mut Cli::command(), "portcullis", &mut out);
            OK
        }
    };
    ExitCode::from(code)
}

/// Says what is wrong with the arguments, which it quotes, or gives the help that was asked for.
fn refuse(error: &clap::Error) -> u8 {
    if error.use_stderr() {
        use std::io::Write as _;
        let text = error.render().ansi().to_string();
        // Whoever closed standard error does not want to know.
        let _ = write!(anstream::stderr(), "{}", styled(&text));
    } else {
        let _ = error.print();
    }
    u8::try_from(error.exit_code()).unwrap_or(PROBLEMS)
}

/// Says what went wrong, and gives the code back.
fn fail(error: &dyn std::fmt::Display, code: u8) -> u8 {
    complain(&format_args!("error: {error}"));
    code
}

/// Says something on standard error, without the secrets that it may quote.
fn complain(text: &dyn std::fmt::Display) {
    eprintln!("{}", quiet(&text.to_string()));
}

/// Prints a line that quotes calls, without the secrets that they may hold.
fn show(line: &dyn std::fmt::Display) {
    put(&styled(&line.to_string()));
}

/// Prints a line, with what cannot be seen shown by its number. A reader that went away, as `head` does, is no error.
fn say(line: &dyn std::fmt::Display) {
    put(&shown(&line.to_string()));
}

/// Prints a line as it is.
fn put(line: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stdout(), "{line}");
}
