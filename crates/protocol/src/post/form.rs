//! A `multipart/form-data` body, read as it comes (RFC 7578, RFC 2046 §5.1).
//!
//! [`Form::next`] takes bytes from a piece of the body and gives back the next thing there is: the [`File`]
//! with all fields before it, the file's bytes as slices of the piece, the end. It holds at most
//! [`FIELDS_BYTES_MAX`] bytes of fields and [`PART_HEAD_BYTES_MAX`](super::PART_HEAD_BYTES_MAX) of a head;
//! of the file, nothing. Lines end with CRLF and nothing else; text before the first delimiter and after the
//! last is skipped, as RFC 2046 says.

use bytes::{Buf, Bytes};

use super::boundary::Boundary;
use super::fields::{FIELDS_BYTES_MAX, Fields, too_large};
use super::file::File;
use super::malformed;
use super::part::{HeadReader, PartHead};
use super::scanner::{Follows, Found, LineEnd, Scanner};
use crate::S3Error;

/// What [`Form::next`] came to.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// The file begins. Comes exactly once.
    File(Box<File>),
    /// Bytes of the file, never empty.
    Data(Bytes),
    /// The form is complete. What follows is ignored.
    End,
}

/// A form under way.
#[derive(Debug)]
pub struct Form {
    scanner: Scanner,
    state: State,
    fields: Fields,
    /// Bytes of the body before the file's first that were taken.
    before_file: usize,
    file_seen: bool,
}

#[derive(Debug)]
enum State {
    /// Before the first delimiter.
    Preamble,
    /// After a delimiter.
    Line(LineEnd),
    /// In the head of a part.
    Head(HeadReader),
    /// In the value of a field.
    Field { name: String, value: Vec<u8> },
    /// In the file.
    File,
    /// In a part after the file.
    Ignored,
    /// After the last delimiter.
    End,
}

impl Form {
    /// A form whose parts this boundary divides.
    pub fn new(boundary: &Boundary) -> Self {
        Self {
            scanner: Scanner::new(boundary),
            state: State::Preamble,
            fields: Fields::default(),
            before_file: 0,
            file_seen: false,
        }
    }

    /// Takes bytes from the front of `input` up to the next step; `None` where all of them are taken and
    /// there is none yet. After [`Step::End`] it takes everything and gives nothing.
    ///
    /// # Errors
    /// `MalformedPOSTRequest`; `MaxPostPreDataLengthExceededError` for too much before the file;
    /// `InvalidArgument` "POST requires exactly one file upload per request." for two files, or an end without
    /// one. The form is over then: it must not be asked again.
    pub fn next(&mut self, input: &mut Bytes) -> Result<Option<Step>, S3Error> {
        while !input.is_empty() {
            let step = if self.file_seen {
                self.advance(input)?
            } else {
                self.advance_before_file(input)?
            };
            if step.is_some() {
                return Ok(step);
            }
        }
        Ok(None)
    }

    /// What is to be said at the body's end.
    ///
    /// # Errors
    /// `MalformedPOSTRequest` where [`Step::End`] has not come: the last delimiter is missing.
    pub fn finish(&self) -> Result<(), S3Error> {
        match self.state {
            State::End => Ok(()),
            _ => Err(malformed()),
        }
    }

    /// Looks no further than the limit: which refusal a form gets does not depend on the pieces it came in.
    fn advance_before_file(&mut self, input: &mut Bytes) -> Result<Option<Step>, S3Error> {
        let room = (FIELDS_BYTES_MAX + 1).saturating_sub(self.before_file);
        let mut window = input.slice(..room.min(input.len()));
        let given = window.len();
        let step = self.advance(&mut window)?;
        let taken = given - window.len();
        input.advance(taken);
        self.before_file += taken;
        if self.before_file > FIELDS_BYTES_MAX {
            return Err(too_large());
        }
        Ok(step)
    }

    fn advance(&mut self, input: &mut Bytes) -> Result<Option<Step>, S3Error> {
        match &mut self.state {
            State::Line(line) => {
                match line.next(input).map_err(|_| malformed())? {
                    None => {}
                    Some(Follows::Part) => self.state = State::Head(HeadReader::default()),
                    Some(Follows::End) => {
                        self.state = State::End;
                        if !self.file_seen {
                            return Err(files(0));
                        }
                        return Ok(Some(Step::End));
                    }
                }
                Ok(None)
            }
            State::Head(reader) => match reader.next(input)? {
                None => Ok(None),
                Some(head) => self.begin(head),
            },
            State::Preamble | State::Field { .. } | State::File | State::Ignored => {
                match self.scanner.next(input) {
                    Found::Nothing => Ok(None),
                    Found::Data(data) => Ok(self.data(data)),
                    Found::Delimiter => {
                        self.end_part()?;
                        self.state = State::Line(LineEnd::default());
                        Ok(None)
                    }
                }
            }
            State::End => {
                input.clear();
                Ok(None)
            }
        }
    }

    fn begin(&mut self, head: PartHead) -> Result<Option<Step>, S3Error> {
        let is_file = head.name == "file";
        if self.file_seen {
            // Everything after the file is ignored, but a second file would be lost in silence.
            if is_file {
                return Err(files(2));
            }
            self.state = State::Ignored;
            return Ok(None);
        }
        if !is_file {
            self.state = State::Field {
                name: head.name,
                value: Vec::new(),
            };
            return Ok(None);
        }
        self.state = State::File;
        self.file_seen = true;
        let mut fields = std::mem::take(&mut self.fields);
        fields.expand(head.file_name.as_deref())?;
        Ok(Some(Step::File(Box::new(File {
            fields,
            name: head.file_name,
            content_type: head.content_type,
        }))))
    }

    fn data(&mut self, data: Bytes) -> Option<Step> {
        match &mut self.state {
            State::File => Some(Step::Data(data)),
            State::Field { value, .. } => {
                value.extend_from_slice(&data);
                None
            }
            _ => None,
        }
    }

    fn end_part(&mut self) -> Result<(), S3Error> {
        if let State::Field { name, value } = &self.state {
            // A page in another character set than UTF-8: two readings of a key are one too many [believed].
            let value = std::str::from_utf8(value).map_err(|_| malformed())?;
            self.fields.add(name, value)?;
        }
        Ok(())
    }
}

/// The refusal of a form that has not exactly one file (facts/04 §5).
fn files(count: u64) -> S3Error {
    S3Error::invalid_argument(
        "POST requires exactly one file upload per request.",
        "file",
        count.to_string(),
    )
}
