//! The aims beside what was measured. Nothing fails when one is missed.

use super::row::{Engine, Line, engines};

/// In wasm, at every size.
const CLEAN_MB_S: f64 = 500.0;
const DIRTY_MB_S: f64 = 400.0;
/// Longest time of a message of 1 MB, in times of a clean one.
const TIMES_CLEAN_MAX: f64 = 20.0;
const BIG: u64 = 1_048_576;
/// Memory of a VM that has seen no big message.
const MEMORY_KIB_MAX: u64 = 4_096;
const USUAL: [&str; 4] = ["instantiated", "configured", "100 x 1500", "100 x 65536"];

/// Each aim in a line.
pub(super) fn judged(lines: &[Line]) -> String {
    let mut text = String::from("\nAims\n\n");
    for (case, aim) in [("clean", CLEAN_MB_S), ("dirty", DIRTY_MB_S)] {
        text.push_str(&rate(lines, case, aim));
    }
    for world in ["native", "wasm"] {
        text.push_str(&worst(lines, world));
    }
    text + &memory(lines)
}

const fn word(met: bool) -> &'static str {
    if met { "met" } else { "missed" }
}

fn rate(lines: &[Line], case: &str, aim: f64) -> String {
    let rows = engines(lines, "wasm").filter(|row| row.case == case);
    let rates = |row: &Engine| (row.mb_s(row.redact_us), row.bytes, row.found);
    let Some((slowest, bytes, found)) = rows.map(rates).min_by(|a, b| a.0.total_cmp(&b.0)) else {
        return String::new();
    };
    let word = word(slowest >= aim);
    let nothing = if case == "dirty" && found == 0 {
        "; but nothing was found, so this is not the rate of a dirty text"
    } else {
        ""
    };
    format!(
        "- {case} text in wasm at least {aim:.0} MB/s: {word}, {slowest:.0} at {bytes} bytes{nothing}\n"
    )
}

fn worst(lines: &[Line], world: &str) -> String {
    let rows = engines(lines, world).filter(|row| row.size == BIG);
    let times = |row: &Engine| Some((row.times_clean(lines)?, row.case.clone()));
    let Some((times, case)) = rows.filter_map(times).max_by(|a, b| a.0.total_cmp(&b.0)) else {
        return String::new();
    };
    let word = word(times <= TIMES_CLEAN_MAX);
    format!(
        "- no message of 1 MB over {TIMES_CLEAN_MAX:.0} times a clean one, {world}: {word}, {times:.1} (`{case}`)\n"
    )
}

fn memory(lines: &[Line]) -> String {
    let kib = lines.iter().filter_map(|line| match line {
        Line::Memory(row) if USUAL.contains(&row.step.as_str()) => Some(row.bytes / 1024),
        _ => None,
    });
    let Some(most) = kib.max() else {
        return String::new();
    };
    let word = word(most <= MEMORY_KIB_MAX);
    format!("- a VM at most {MEMORY_KIB_MAX} KiB before big messages: {word}, {most} KiB\n")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn line(value: Value) -> Line {
        serde_json::from_value(value).unwrap()
    }

    fn engine(case: &str, size: u64, redact_us: f64) -> Line {
        line(json!({
            "world": "wasm", "case": case, "bytes": size, "size": size, "memchr_us": 1.0, "check_us": 2.0,
            "redact_us": redact_us, "check_redact_us": redact_us + 2.0, "sha256_us": 3.0, "found": 0,
            "became": "same",
        }))
    }

    #[test]
    fn aims_are_told_met_or_missed() {
        let lines = [
            engine("clean", BIG, 2000.0),
            engine("dirty", BIG, 10_000.0),
            engine("quotes", BIG, 60_000.0),
            line(
                json!({"world": "filter", "part": "memory", "step": "configured", "bytes": 1 << 20}),
            ),
            line(
                json!({"world": "filter", "part": "memory", "step": "1 x 4194304", "bytes": 1 << 25}),
            ),
        ];
        let text = judged(&lines);
        for wanted in [
            "clean text in wasm at least 500 MB/s: met, 524",
            "dirty text in wasm at least 400 MB/s: missed, 105 at 1048576 bytes; but nothing was found",
            "clean one, wasm: missed, 30.0 (`quotes`)",
            "before big messages: met, 1024 KiB",
        ] {
            assert!(text.contains(wanted), "{wanted}\n{text}");
        }
    }

    #[test]
    fn a_line_of_json_has_its_ratios() {
        let lines = [engine("clean", 1000, 1.0), engine("dirty", 1000, 2.0)];
        let value = lines[1].with_ratios(&lines).unwrap();
        assert_eq!(value["redact_over_clean"], json!(2.0));
        assert_eq!(value["redact_mb_s"], json!(500.0));
        assert_eq!(value["redact_over_memchr"], json!(2.0));
    }
}
