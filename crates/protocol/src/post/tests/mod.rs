//! Tests, a file a noun; what they share.

mod form;
mod policy;
mod request;
mod signature;

use bytes::Bytes;
use cairn_types::BucketName;

use super::{Boundary, FIELDS_BYTES_MAX, Fields, File, Form, Step};
use crate::S3Error;

/// The boundary of all forms here: with what makes a search hard.
const BOUNDARY: &str = "--b--";

/// A part of a form.
fn part(disposition: &str, value: &[u8]) -> Vec<u8> {
    let mut part =
        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n").into_bytes();
    part.extend_from_slice(value);
    part.extend_from_slice(b"\r\n");
    part
}

/// A form with these fields and this file, complete.
fn form(fields: &[(&str, &str)], file: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(part(&format!("name=\"{name}\""), value.as_bytes()));
    }
    body.extend(part("name=\"file\"; filename=\"a.txt\"", file));
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

/// Reads a body that comes in these pieces.
fn read_pieces<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<(File, Vec<u8>), S3Error> {
    let mut form = Form::new(&Boundary::new(BOUNDARY).unwrap());
    let (mut file, mut data, mut ended) = (None, Vec::new(), false);
    for piece in pieces {
        let mut input = Bytes::copy_from_slice(piece);
        while let Some(step) = form.next(&mut input)? {
            assert!(!ended);
            match step {
                Step::File(found) => assert!(file.replace(*found).is_none()),
                Step::Data(bytes) => {
                    assert!(file.is_some() && !bytes.is_empty());
                    data.extend_from_slice(&bytes);
                }
                Step::End => ended = true,
            }
        }
        assert!(input.is_empty());
    }
    form.finish()?;
    assert!(ended);
    let file = file.unwrap();
    let held: usize = file.fields.iter().map(|(_, value)| value.len()).sum();
    assert!(held <= FIELDS_BYTES_MAX);
    Ok((file, data))
}

fn read(body: &[u8]) -> Result<(File, Vec<u8>), S3Error> {
    read_pieces([body])
}

/// `Code: message`
fn refusal<T>(result: Result<T, S3Error>) -> String {
    match result {
        Ok(_) => "allowed".into(),
        Err(error) => format!("{}: {}", error.code(), error.message()),
    }
}

fn fields(pairs: &[(&str, &str)]) -> Fields {
    let mut fields = Fields::default();
    for (name, value) in pairs {
        fields.add(name, value).unwrap();
    }
    fields
}

fn bucket() -> BucketName {
    BucketName::parse("sigv4examplebucket").unwrap()
}
