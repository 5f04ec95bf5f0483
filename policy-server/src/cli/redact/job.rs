//! From standard input to standard output, line by line, in constant memory.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::fd::AsFd as _;
use std::time::Instant;

use portcullis_protocol::redact::{Known, MarkKey, Plan, Requests, Rules};

use super::lines::{Line, Lines};
use super::replace::{Replaced, replace, too_long, too_long_because};
use super::report::{Report, Totals};
use super::text::{Cleaned, Texts};
use super::{Direction, UnreadError};

/// Bytes of output that are written at once, where nobody waits for a line.
const OUTPUT_BYTES: usize = 256 * 1024;

/// What is to be done with all lines.
pub(super) struct Job<'a> {
    pub(super) rules: &'a Rules,
    pub(super) marks: &'a MarkKey,
    pub(super) direction: Direction,
}

impl Job<'_> {
    /// Messages, one a line.
    pub(super) fn messages(&self, report: &mut Report) -> Result<Totals, UnreadError> {
        let mut out = Out::new();
        let mut totals = Totals::default();
        let begun = Instant::now();
        let mut lines = Lines::new(io::stdin().lock());
        while let Some(line) = lines.next().map_err(UnreadError::Input)? {
            totals.lines += 1;
            let (replaced, ending) = match line {
                Line::Whole(bytes, ending) => {
                    totals.bytes += (bytes.len() + ending.len()) as u64;
                    (replace(bytes, &self.plan(), self.direction), ending)
                }
                Line::TooLong(bytes) => {
                    totals.bytes += bytes;
                    (too_long(bytes, self.direction), &b"\n"[..])
                }
            };
            let written = match &replaced {
                Replaced::Passed(bytes, _) => bytes.as_ref(),
                Replaced::Blocked(error, _) | Replaced::Refused(error, _) => error.as_bytes(),
            };
            let written = out.line(&[written, ending]);
            report
                .message(&mut totals, &replaced)
                .map_err(UnreadError::Output)?;
            if written.map_err(UnreadError::Output)? == Reader::Gone {
                break;
            }
        }
        out.end().map_err(UnreadError::Output)?;
        totals.took = begun.elapsed();
        Ok(totals)
    }

    /// Plain text.
    pub(super) fn texts(&self, report: &mut Report) -> Result<Totals, UnreadError> {
        let mut out = Out::new();
        let mut totals = Totals::default();
        let begun = Instant::now();
        let mut texts = Texts::default();
        let mut lines = Lines::new(io::stdin().lock());
        let mut reader = Reader::There;
        while let Some(line) = lines.next().map_err(UnreadError::Input)? {
            totals.lines += 1;
            let found = self.text(&mut texts, line, &mut totals);
            reader = out.texts(&found, &mut totals, report)?;
            if reader == Reader::Gone {
                break;
            }
        }
        if let (Reader::There, Some(last)) = (reader, texts.finish(self.rules)) {
            out.texts(&[Ok(last)], &mut totals, report)?;
        }
        out.end().map_err(UnreadError::Output)?;
        totals.took = begun.elapsed();
        Ok(totals)
    }

    /// What one line lets out: itself, what waited before it, or why it cannot be looked at.
    fn text(
        &self,
        texts: &mut Texts,
        line: Line<'_>,
        totals: &mut Totals,
    ) -> Vec<Result<Cleaned, String>> {
        let why = match line {
            Line::TooLong(bytes) => {
                totals.bytes += bytes;
                too_long_because(bytes)
            }
            Line::Whole(bytes, ending) => {
                totals.bytes += (bytes.len() + ending.len()) as u64;
                match String::from_utf8([bytes, ending].concat()) {
                    Ok(text) => {
                        let cleaned = texts.next(self.rules, totals.lines, &text);
                        return cleaned.into_iter().map(Ok).collect();
                    }
                    Err(error) => {
                        let at = error.utf8_error().valid_up_to();
                        format!("the text is not UTF-8 at byte {at}")
                    }
                }
            }
        };
        let before = texts.finish(self.rules).map(Ok);
        before.into_iter().chain([Err(why)]).collect()
    }

    const fn plan(&self) -> Plan<'_> {
        Plan {
            rules: self.rules,
            requests: Requests::Redact,
            reveal: &[],
            marked: &[],
            literals: Known::none(),
            marks: self.marks,
            sealing: None,
        }
    }
}

/// Whether somebody still reads what is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reader {
    There,
    Gone,
}

/// Standard output.
struct Out {
    out: BufWriter<io::StdoutLock<'static>>,
    /// Whether somebody may wait for a line: the output is no file.
    waited_for: bool,
}

impl Out {
    fn new() -> Self {
        let stdout = io::stdout().lock();
        let own = stdout.as_fd().try_clone_to_owned().map(File::from);
        let is_file = own.and_then(|file| Ok(file.metadata()?.is_file()));
        Self {
            out: BufWriter::with_capacity(OUTPUT_BYTES, stdout),
            waited_for: !is_file.unwrap_or_default(),
        }
    }

    fn line(&mut self, parts: &[&[u8]]) -> io::Result<Reader> {
        let mut write = || -> io::Result<()> {
            for part in parts {
                self.out.write_all(part)?;
            }
            if self.waited_for {
                self.out.flush()?;
            }
            Ok(())
        };
        reader(write())
    }

    fn texts(
        &mut self,
        found: &[Result<Cleaned, String>],
        totals: &mut Totals,
        report: &mut Report,
    ) -> Result<Reader, UnreadError> {
        for one in found {
            let written = match one {
                Ok(cleaned) => self.line(&[cleaned.text.as_bytes()]),
                Err(why) => self.line(&[format!("[not passed on: {why}]\n").as_bytes()]),
            };
            report.text(totals, one).map_err(UnreadError::Output)?;
            if written.map_err(UnreadError::Output)? == Reader::Gone {
                return Ok(Reader::Gone);
            }
        }
        Ok(Reader::There)
    }

    fn end(mut self) -> io::Result<Reader> {
        reader(self.out.flush())
    }
}

/// A reader that went away, as `head` does, is no error.
fn reader(written: io::Result<()>) -> io::Result<Reader> {
    match written {
        Ok(()) => Ok(Reader::There),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Reader::Gone),
        Err(error) => Err(error),
    }
}
