//! What stands in place of lines, how it is told, and how the command ends.

use std::cell::RefCell;
use std::io::Write;
use std::rc::Rc;

use portcullis_protocol::redact::{Known, Outcome, Plan, Requests, Text};
use serde_json::{Value, json};

use super::replace::{Replaced, replace, too_long};
use super::*;

#[derive(Clone, Default)]
struct Kept(Rc<RefCell<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a line becomes under the built-in rules.
fn looked_at(line: &str, way: Direction, told: impl FnOnce(Replaced<'_>)) {
    let rules = Rules::built_in();
    let marks = MarkKey::new([7; 32]);
    let plan = Plan {
        rules: &rules,
        requests: Requests::Redact,
        reveal: &[],
        marked: &[],
        literals: Known::none(),
        marks: &marks,
        sealing: None,
    };
    told(replace(line.as_bytes(), &plan, way));
}

#[test]
fn a_line_that_is_no_json_becomes_an_error_with_its_id() {
    for (line, id) in [
        ("not json", Value::Null),
        (r#"{"id":7,"a":1,"a":2}"#, json!(7)),
        (r#"{"id":"x\u0079","a":01}"#, json!("xy")),
        (r#"{"id":{"b":1},"a":01}"#, Value::Null),
        (r#"{"id":1.5,"a":01}"#, Value::Null),
        ("\u{feff}{}", Value::Null),
    ] {
        looked_at(line, Direction::Response, |replaced| {
            let Replaced::Refused(error, why) = replaced else {
                panic!("{line} is passed on");
            };
            let error: Value = serde_json::from_str(&error).unwrap();
            assert_eq!(error["jsonrpc"], "2.0");
            assert_eq!(error["id"], id, "{line}");
            assert_eq!(error["error"]["code"], -32700);
            let message = error["error"]["message"].as_str().unwrap();
            assert!(
                message.contains("this response is not passed on"),
                "{message}"
            );
            assert!(message.ends_with(&why), "{message}");
        });
    }
}

#[test]
fn what_holds_no_secret_is_passed_on_byte_for_byte() {
    for line in [
        "",
        " \t\r",
        " {\"jsonrpc\" : \"2.0\",\"id\":1, \"result\":{} } \r",
        "{\"a\":[1,2.50,\"\\u00e9\"]}",
        "\"text\"",
        "7",
        "[]",
    ] {
        looked_at(line, Direction::Request, |replaced| {
            assert!(
                matches!(&replaced, Replaced::Passed(bytes, _) if bytes.as_ref() == line.as_bytes()),
                "{line:?}"
            );
        });
    }
}

fn fact(rule: &str, pointer: &str, action: &str) -> portcullis_protocol::redact::Fact {
    let mark = MarkKey::new([7; 32]).mark("the secret itself");
    serde_json::from_value(json!({
        "rule": rule, "class": "secret.acme", "pointer": pointer, "bytes": 17, "mark": mark,
        "action": action,
    }))
    .unwrap()
}

/// A report on: a changed message, a blocked one, one that is too long.
fn reported(form: Form) -> (String, Totals) {
    let kept = Kept::default();
    let mut report = Report::new(Box::new(kept.clone()), form);
    let mut totals = Totals::default();
    let unscanned = json!({"pointer": "/result/blob", "bytes": 4096, "reason": "blob"});
    let changed = Outcome {
        text: Text::Changed {
            text: "{}".to_owned(),
            structured: false,
        },
        facts: vec![
            fact("acme-token", "/result/\u{1b}[2J", "redacted"),
            fact("acme-token", "", "detected"),
        ],
        more: 3,
        unscanned: vec![serde_json::from_value(unscanned).unwrap()],
    };
    let blocked = Outcome {
        text: Text::Blocked,
        facts: vec![fact("other", "/params/a", "blocked")],
        more: 0,
        unscanned: Vec::new(),
    };
    for replaced in [
        Replaced::Passed(b"{}"[..].into(), changed),
        Replaced::Blocked("{}".to_owned(), blocked),
        too_long(20_000_000, Direction::Response),
    ] {
        totals.lines += 1;
        report.message(&mut totals, &replaced).unwrap();
    }
    report.close(&totals, &RawRules::default()).unwrap();
    let text = String::from_utf8(kept.0.take()).unwrap();
    (text, totals)
}

#[test]
fn a_report_is_lines_for_people() {
    let (text, totals) = reported(Form::Words);
    assert_eq!(
        text,
        "line 1: acme-token (secret.acme) at /result/\\u001b[2J, 17 bytes: redacted\n\
         line 1: acme-token (secret.acme) at the whole message, 17 bytes: reported only\n\
         line 1: and 3 more\n\
         line 1: not scanned: blob at /result/blob, 4096 bytes\n\
         line 2: blocked\n\
         line 2: other (secret.acme) at /params/a, 17 bytes: blocked\n\
         line 3: not passed on: the line has 20000000 bytes; 16777216 are read; `--text` is for plain text\n"
    );
    assert_eq!((totals.changed, totals.blocked, totals.refused), (1, 1, 1));
    assert_eq!(totals.found, 6);
}

#[test]
fn a_report_is_json_lines_for_programs() {
    let (text, _) = reported(Form::Json);
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let mark = MarkKey::new([7; 32]).mark("the secret itself").to_string();
    assert_eq!(
        lines[0],
        json!({"line": 1, "rule": "acme-token", "class": "secret.acme", "pointer": "/result/\u{1b}[2J",
               "bytes": 17, "mark": mark, "action": "redacted"})
    );
    assert_eq!(lines[2], json!({"line": 1, "more": 3}));
    assert_eq!(
        lines[3],
        json!({"line": 1, "unscanned": {"pointer": "/result/blob", "bytes": 4096, "reason": "blob"}})
    );
    assert_eq!(lines[4], json!({"line": 2, "blocked": true}));
    assert!(lines[6]["refused"].is_string());
    assert_eq!(
        lines[7]["summary"]["rules"],
        json!({"acme-token": 2, "other": 1})
    );
    assert_eq!(lines[7]["summary"]["unscanned"], json!({"blob": 1}));
    assert_eq!(lines.len(), 8);
}

#[test]
fn what_fails_is_chosen() {
    let totals = |refused, blocked, found| {
        let mut totals = Totals::default();
        (totals.refused, totals.blocked, totals.found) = (refused, blocked, found);
        totals
    };
    for (totals, refused, found) in [
        (totals(0, 0, 0), OK, OK),
        (totals(1, 0, 0), PROBLEMS, PROBLEMS),
        (totals(0, 1, 1), PROBLEMS, PROBLEMS),
        (totals(0, 0, 1), OK, PROBLEMS),
    ] {
        assert_eq!(FailOn::Refused.code(&totals), refused);
        assert_eq!(FailOn::Found.code(&totals), found);
        assert_eq!(FailOn::None.code(&totals), OK);
    }
}
