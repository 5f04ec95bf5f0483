//! The tables that people read, in Markdown.

use std::fmt::Write as _;

use super::row::{Engine, Line, Response, engines};

/// The engine in one world.
pub(super) fn engine(lines: &[Line], world: &str) -> String {
    let mut text = format!(
        "\nThe engine, {world}; MB/s, and in brackets how many times longer a byte takes than that of `clean`\n\n\
         | case | bytes | found | memchr | check | redact | check and redact | redact / memchr | redact / check |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n"
    );
    for row in engines(lines, world) {
        let _infallible = writeln!(text, "{}", engine_row(row, lines));
    }
    for line in lines {
        if let Line::Rules(rules) = line
            && rules.world == world
        {
            let _infallible = writeln!(
                text,
                "\nCompiling the rules: {:.0} us the first time, {:.0} us then",
                rules.compile_rules_first_us, rules.compile_rules_us
            );
        }
    }
    text
}

fn engine_row(row: &Engine, lines: &[Line]) -> String {
    let times = |times: Option<f64>| times.map_or_else(|| "-".to_owned(), |t| format!("{t:.1}"));
    format!(
        "| {} | {} | {} | {:.0} | {:.0} | {:.0} ({}) | {:.0} ({}) | {:.1} | {:.2} |",
        row.case,
        row.bytes,
        row.found,
        row.mb_s(row.memchr_us),
        row.mb_s(row.check_us),
        row.mb_s(row.redact_us),
        times(row.times_clean(lines)),
        row.mb_s(row.check_redact_us),
        times(row.times_clean_read(lines)),
        row.redact_us / row.memchr_us,
        row.redact_us / row.check_us,
    )
}

/// The real module.
pub(super) fn module(lines: &[Line]) -> String {
    let mut text = String::from(
        "\nThe way back through the module that Envoy loads, and how much of it check, redact and SHA-256 alone take\n\n\
         | case | bytes | became | us | MB/s | check | redact | SHA-256 |\n\
         | --- | ---: | --- | ---: | ---: | ---: | ---: | ---: |\n",
    );
    for line in lines {
        if let Line::Response(row) = line {
            let _infallible = writeln!(text, "{}", module_row(row, lines));
        }
    }
    for line in lines {
        let _infallible = match line {
            Line::Memory(row) => writeln!(
                text,
                "\nMemory of a VM, {}: {} KiB",
                row.step,
                row.bytes / 1024
            ),
            Line::Start(row) => writeln!(
                text,
                "\nStart-up in V8 {}: module compiled in {:.1} ms; first VM: instantiated {:.1} ms, configured \
                 {:.1} ms, first exchange {:.1} ms; later VMs: {:.2} ms, {:.2} ms, {:.2} ms",
                row.v8,
                row.module_compile_ms,
                row.instantiate_ms,
                row.configure_ms,
                row.first_exchange_ms,
                row.later_instantiate_ms,
                row.later_configure_ms,
                row.later_first_exchange_ms
            ),
            _ => Ok(()),
        };
    }
    text
}

fn module_row(row: &Response, lines: &[Line]) -> String {
    let alone = engines(lines, "wasm").find(|e| e.case == row.case && e.size == row.size);
    let share = |us: Option<f64>| {
        us.map_or_else(
            || "-".to_owned(),
            |us| format!("{:.0} %", 100.0 * us / row.response_us),
        )
    };
    #[allow(clippy::cast_precision_loss, reason = "sizes of messages")]
    let mb_s = row.bytes as f64 / row.response_us;
    format!(
        "| {} | {} | {} | {:.1} | {mb_s:.0} | {} | {} | {} |",
        row.case,
        row.bytes,
        row.became,
        row.response_us,
        share(alone.map(|e| e.check_us)),
        share(alone.map(|e| e.redact_us)),
        share(alone.map(|e| e.sha256_us)),
    )
}
