//! Finds the delimiters in a body, whatever pieces it comes in, and hands out what is between them
//! without copying it.
//!
//! A delimiter is `CRLF "--" boundary` (RFC 2046 §5.1.1), at the very beginning of a body without its CRLF.
//! Its first byte is its only CR, so a match that fails can only begin anew at the byte where it failed: of a
//! match that a piece's end cuts off, only the length is kept, and its bytes, if they turn out to be data,
//! are a slice of the delimiter itself.

use bytes::{Buf, Bytes};

use super::boundary::Boundary;

/// Most spaces and tabs after a delimiter, which RFC 2046 lets gateways add.
pub const PADDING_BYTES_MAX: usize = 64;

#[derive(Debug)]
pub(super) struct Scanner {
    delimiter: Bytes,
    /// How much of the delimiter the input so far ends with.
    matched: usize,
}

/// What the scanner found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Bytes before a delimiter; more may follow.
    Data(Bytes),
    /// A delimiter: the input begins after it.
    Delimiter,
    /// Nothing more in this piece.
    Nothing,
}

impl Scanner {
    pub(super) fn new(boundary: &Boundary) -> Self {
        Self {
            delimiter: boundary.delimiter(),
            // The body begins as if a line had just ended.
            matched: 2,
        }
    }

    /// Takes from `input` what it can decide on.
    pub(super) fn next(&mut self, input: &mut Bytes) -> Found {
        if input.is_empty() {
            return Found::Nothing;
        }
        if self.matched > 0 {
            let wanted = self.delimiter.get(self.matched..).unwrap_or_default();
            let same = wanted
                .iter()
                .zip(input.iter())
                .take_while(|(a, b)| a == b)
                .count();
            if same == wanted.len() {
                input.advance(same);
                self.matched = 0;
                return Found::Delimiter;
            }
            if same == input.len() {
                input.clear();
                self.matched += same;
                return Found::Nothing;
            }
            let data = self.delimiter.slice(..self.matched);
            self.matched = 0;
            return Found::Data(data);
        }
        let mut from = 0;
        loop {
            let candidate = input
                .iter()
                .skip(from)
                .position(|b| *b == b'\r')
                .map(|offset| from + offset);
            let Some(start) = candidate else {
                return Found::Data(input.split_off(0));
            };
            let rest = input.get(start..).unwrap_or_default();
            if rest.starts_with(&self.delimiter) {
                if start > 0 {
                    return Found::Data(input.split_to(start));
                }
                input.advance(self.delimiter.len());
                return Found::Delimiter;
            }
            if self.delimiter.starts_with(rest) {
                self.matched = rest.len();
                let data = input.split_to(start);
                input.clear();
                return if data.is_empty() {
                    Found::Nothing
                } else {
                    Found::Data(data)
                };
            }
            from = start + 1;
        }
    }
}

/// What follows a delimiter.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Follows {
    /// A part.
    Part,
    /// The end of the form.
    End,
}

/// The rest of a delimiter's line: `--` at the end of the form, else padding and CRLF.
#[derive(Debug, Default)]
pub(super) struct LineEnd {
    padding: usize,
    last: Option<u8>,
}

impl LineEnd {
    /// `None` where the piece ends first.
    ///
    /// # Errors
    /// Anything else: the boundary must not occur in a part (RFC 7578 §4.1), so data it is not.
    pub(super) fn next(&mut self, input: &mut Bytes) -> Result<Option<Follows>, Broken> {
        while !input.is_empty() {
            let byte = input.get_u8();
            match (self.last, byte) {
                (None, b'-' | b'\r') => {}
                (Some(b'-'), b'-') if self.padding == 0 => return Ok(Some(Follows::End)),
                (Some(b'\r'), b'\n') => return Ok(Some(Follows::Part)),
                (None, b' ' | b'\t') if self.padding < PADDING_BYTES_MAX => {
                    self.padding += 1;
                    continue;
                }
                _ => return Err(Broken),
            }
            self.last = Some(byte);
        }
        Ok(None)
    }
}

/// A delimiter's line that is none.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Broken;
