//! Problems for people: the line they are in, underlined, and what to do.
//!
//! Colours go to terminals only, and never where `NO_COLOR` is set, unless they are asked for.

use std::io::Write as _;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use portcullis_core::policies::{Problem, Severity};
use portcullis_protocol::characters::shown;

use crate::quiet::styled;

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
pub(super) enum Color {
    /// On terminals, unless `NO_COLOR` says otherwise
    #[default]
    Auto,
    /// Also into files and pipes
    Always,
    /// Nowhere
    Never,
}

/// A problem, the path of its file, and the file's text if there is one.
pub(super) struct Shown<'a> {
    pub(super) problem: &'a Problem,
    pub(super) path: String,
    pub(super) text: Option<&'a str>,
}

/// Prints problems to standard error, with an empty line between them, and without the secrets that
/// they may quote.
pub(super) fn print(shown: &[Shown<'_>], color: Color) {
    let choice = match color {
        Color::Auto => anstream::ColorChoice::Auto,
        Color::Always => anstream::ColorChoice::Always,
        Color::Never => anstream::ColorChoice::Never,
    };
    let mut out = anstream::AutoStream::new(std::io::stderr(), choice);
    for one in shown {
        let _ = writeln!(out, "{}\n", styled(&render(one)));
    }
}

/// A text without characters that would move a terminal's cursor or change its colours. The lines
/// of the file are made visible by the crate.
pub(super) fn visible(text: &str) -> String {
    shown(text).replace('\n', "\\n").replace('\t', "\\t")
}

/// One problem with the codes of colours in it.
fn render(one: &Shown<'_>) -> String {
    let Shown {
        problem,
        path,
        text,
    } = one;
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Advice => Level::INFO.with_name("advice"),
    };
    let title = level
        .primary_title(visible(&problem.message))
        .id(problem.code.as_str());
    let mut group = Group::with_title(title);
    match (problem.place, text) {
        (Some(place), Some(text)) => {
            let label = problem.label.as_deref().map(visible);
            let span = AnnotationKind::Primary.span(place.bytes(text)).label(label);
            let snippet = Snippet::source(*text).path(visible(path)).annotation(span);
            group = group.element(snippet);
        }
        _ => group = group.element(annotate_snippets::Origin::path(visible(path))),
    }
    if let Some(policy) = &problem.policy {
        group = group.element(Level::NOTE.message(visible(&format!("in the policy `{policy}`"))));
    }
    if let Some(help) = &problem.help {
        group = group.element(Level::HELP.message(visible(help)));
    }
    Renderer::styled().render(&[group])
}

#[cfg(test)]
mod tests {
    use portcullis_core::policies::{Code, Place};

    use super::*;

    #[test]
    fn what_a_file_says_moves_no_cursor() {
        let text = "permit \u{1b}[2J(\u{202e});";
        let problem = Problem::new(Code::Syntax, "a", "odd \u{1b}[2J")
            .at(Place::span(text, 0..6))
            .help("see \u{1b}[2J")
            .policy("\u{1b}[2J");
        let drawn = render(&Shown {
            problem: &problem,
            path: "a".to_owned(),
            text: Some(text),
        });
        assert!(!drawn.contains("\u{1b}[2J"), "{drawn:?}");
        assert!(!drawn.contains('\u{202e}'), "{drawn:?}");
        assert!(drawn.contains("odd \\u001b[2J"), "{drawn:?}");
    }
}
