//! The form: RFC 7578, RFC 2046 §5.1, facts/04 §5.

use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;

use super::*;
use crate::post::{
    BOUNDARY_BYTES_MAX, FIELD_NAME_BYTES_MAX, FIELDS_MAX, PADDING_BYTES_MAX, PART_HEAD_BYTES_MAX,
};

const MALFORMED: &str =
    "MalformedPOSTRequest: The body of your POST request is not well-formed multipart/form-data.";
const TOO_LARGE: &str =
    "MaxPostPreDataLengthExceededError: Your POST request fields preceding the upload file were too large.";
const FILES: &str = "InvalidArgument: POST requires exactly one file upload per request.";

fn with(pieces: &[&[u8]]) -> Vec<u8> {
    pieces.concat()
}

#[test]
fn boundaries() {
    let read = |value: &str| {
        let mut head = HeaderMap::new();
        head.insert("content-type", HeaderValue::from_str(value).unwrap());
        Boundary::read(&head)
    };
    let longest = "x".repeat(BOUNDARY_BYTES_MAX);
    for (value, expected) in [
        ("multipart/form-data; boundary=abc", "abc"),
        ("Multipart/Form-Data;charset=utf-8 ; Boundary=\"a b:c\"", "a b:c"),
        (
            "multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW",
            "----WebKitFormBoundary7MA4YWxkTrZu0gW",
        ),
        (&format!("multipart/form-data; boundary={longest}"), &longest),
    ] {
        assert_eq!(read(value), Ok(Boundary::new(expected).unwrap()), "{value}");
    }
    for bad in [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=\"a ",
        "multipart/form-data; boundary=\"a \"",
        "multipart/form-data; boundary=a; boundary=b",
        "multipart/form-data; charset=utf-8",
        &format!("multipart/form-data; boundary={longest}x"),
    ] {
        assert_eq!(refusal(read(bad)), MALFORMED, "{bad}");
    }
    for other in [
        "application/x-www-form-urlencoded",
        "multipart/mixed; boundary=a",
        "",
        "multipart/form-dat",
    ] {
        let error = read(other).unwrap_err();
        assert_eq!(
            (error.code(), error.status().as_u16()),
            ("PreconditionFailed", 412),
            "{other}"
        );
        let condition = "Bucket POST must be of the enclosure-type multipart/form-data".to_owned();
        assert_eq!(error.details(), [("Condition", condition)]);
    }
    assert_eq!(
        Boundary::read(&HeaderMap::new()).unwrap_err().code(),
        "PreconditionFailed"
    );
}

#[test]
fn a_form_has_its_fields_and_its_file() {
    let file = b"--\r\n--\r\r\n----b-\r\n----b- \0\xff\r";
    let body = with(&[
        b"preamble\r\n--not\r\n",
        &form(
            &[
                ("Key", "up/${filename}"),
                ("empty", ""),
                ("lines", "a\r\nb\n\r\n--"),
            ],
            file,
        ),
        b"epilogue\r\n----b--\r\n\r\n",
    ]);
    let (found, data) = read(&body).unwrap();
    assert_eq!(data, file);
    assert_eq!(found.name.as_deref(), Some("a.txt"));
    assert_eq!(found.content_type, None);
    let pairs: Vec<_> = found.fields.iter().collect();
    assert_eq!(
        pairs,
        [("key", "up/a.txt"), ("empty", ""), ("lines", "a\r\nb\n\r\n--")]
    );
    assert_eq!(found.fields.key().unwrap().as_str(), "up/a.txt");
    // Cut in two at every byte, and into single bytes.
    for cut in 0..=body.len() {
        let (head, tail) = body.split_at(cut);
        assert_eq!(
            read_pieces([head, tail]).unwrap(),
            (found.clone(), data.clone()),
            "{cut}"
        );
    }
    assert_eq!(read_pieces(body.chunks(1)).unwrap(), (found, data));
}

#[test]
fn the_file_is_handed_out_without_a_copy() {
    let body = Bytes::from(form(&[("key", "k")], &[b'x'; 100_000]));
    let mut form = Form::new(&Boundary::new(BOUNDARY).unwrap());
    let mut input = body.clone();
    assert!(matches!(form.next(&mut input), Ok(Some(Step::File(_)))));
    let Ok(Some(Step::Data(data))) = form.next(&mut input) else {
        panic!()
    };
    assert_eq!(data.len(), 100_000);
    assert!(body.as_ptr_range().contains(&data.as_ptr()));
    assert_eq!(form.next(&mut input), Ok(Some(Step::End)));
    assert_eq!(form.next(&mut input), Ok(None));
}

// Carriage returns are where a delimiter may begin: many of them must not mean many pieces.
#[test]
fn carriage_returns_do_not_cut_the_file() {
    let body = form(&[], &[b'\r'; 10_000]);
    let mut form = Form::new(&Boundary::new(BOUNDARY).unwrap());
    let mut input = Bytes::from(body);
    let mut steps = 0;
    while form.next(&mut input).unwrap().is_some() {
        steps += 1;
    }
    assert_eq!(steps, 3);
}

#[test]
fn what_follows_the_file_is_ignored() {
    let file = part("name=\"file\"; filename=\"f\"", b"data");
    let late = part("name=\"key\"", &[b'x'; 2 * FIELDS_BYTES_MAX]);
    let end = format!("--{BOUNDARY}--").into_bytes();
    let (found, data) = read(&with(&[&part("name=key", b"k"), &file, &late, &late, &end])).unwrap();
    assert_eq!(
        (found.fields.get("key"), data.as_slice()),
        (Some("k"), &b"data"[..])
    );
    assert_eq!(found.fields.len(), 1);
    // The key after the file is none.
    let (found, _) = read(&with(&[&file, &part("name=key", b"k"), &end])).unwrap();
    assert_eq!(
        refusal(found.fields.key()),
        "InvalidArgument: Bucket POST must contain a field named 'key'.  If it is specified, please check the \
         order of the fields."
    );
    let twice = read(&with(&[&file, &late, &file, &end])).unwrap_err();
    assert_eq!(refusal::<()>(Err(twice.clone())), FILES);
    assert_eq!(
        twice.details(),
        [("ArgumentName", "file".into()), ("ArgumentValue", "2".into())]
    );
}

#[test]
fn a_form_without_a_file() {
    let error = read(&with(&[&part("name=key", b"k"), b"----b----"])).unwrap_err();
    assert_eq!(refusal::<()>(Err(error.clone())), FILES);
    assert_eq!(
        error.details(),
        [("ArgumentName", "file".into()), ("ArgumentValue", "0".into())]
    );
    assert_eq!(refusal(read(b"----b----")), FILES);
}

// A form that breaks off is refused wherever it does.
#[test]
fn the_last_delimiter_is_needed() {
    let body = form(&[("key", "k")], b"data");
    for cut in 0..body.len() - 2 {
        assert_eq!(refusal(read(&body[..cut])), MALFORMED, "{cut}");
    }
    assert!(read(&body[..body.len() - 2]).is_ok());
}

#[test]
fn lines_end_with_crlf_and_nothing_else() {
    let body = form(&[("key", "k")], b"data");
    let text = String::from_utf8(body).unwrap();
    assert_eq!(refusal(read(text.replace("\r\n", "\n").as_bytes())), MALFORMED);
    let first = format!("--{BOUNDARY}\r\n");
    for line in [
        "--{}\n",
        "--{}\r\r\n",
        "--{}x\r\n",
        "--{}-\r\n",
        "--{} -\r\n",
        "--{} --\r\n",
        "--{}\rx",
    ] {
        let line = line.replace("{}", BOUNDARY);
        assert_eq!(
            refusal(read(text.replacen(&first, &line, 1).as_bytes())),
            MALFORMED,
            "{line:?}"
        );
    }
    let padded = |bytes: usize| text.replacen(&first, &format!("--{BOUNDARY}{}\r\n", " ".repeat(bytes)), 1);
    assert!(read(padded(PADDING_BYTES_MAX).as_bytes()).is_ok());
    assert_eq!(refusal(read(padded(PADDING_BYTES_MAX + 1).as_bytes())), MALFORMED);
}

#[test]
fn heads_of_parts() {
    let parsed = |head: &str| read(format!("----b--\r\n{head}\r\n\r\nx\r\n----b----").as_bytes());
    let disposition = |text: &str| parsed(&format!("content-disposition:form-data; {text}"));
    for (text, name) in [
        ("name=file", None),
        ("name=\"FILE\"", None),
        ("NAME=file;filename=a.txt", Some("a.txt")),
        ("filename=\"a b;c.txt\" ; name=\"file\"", Some("a b;c.txt")),
        (r#"name="file"; filename="C:\dir\new\a.txt""#, Some("a.txt")),
        (r#"name="file"; filename="/tmp/a.txt""#, Some("a.txt")),
        (r#"name="file"; filename="a\"b.txt""#, Some("a\"b.txt")),
        (r#"name="file"; filename="a%22b.txt""#, Some("a%22b.txt")),
        (r#"name="file"; filename="grün 😀.txt""#, Some("grün 😀.txt")),
        (r#"name="file"; filename="""#, Some("")),
        ("name=file; filename*=UTF-8''gr%C3%BCn.txt", Some("grün.txt")),
        ("name=file; filename=a; filename*=UTF-8''b", Some("a")),
        ("name=file; filename=a;", Some("a")),
    ] {
        assert_eq!(disposition(text).unwrap().0.name.as_deref(), name, "{text}");
    }
    let (file, _) =
        parsed("X-Other: a:b\r\nContent-Type: image/png\r\nContent-Disposition: form-data; name=file")
            .unwrap();
    assert_eq!(file.content_type.as_deref(), Some("image/png"));
    for bad in [
        "filename=a",
        "name",
        "name=\"file",
        "name=\"file\\",
        "name=\"file\"x",
        "name=file; name=key",
        "=a; name=file",
        "name=file; filename*=a",
        "name=file; filename*=latin1''a",
        "name=file; filename*=UTF-8''%ff",
        "name=\"a\rb\"",
        "name=\"a\nb\"",
        "name=\"a\0b\"",
    ] {
        assert_eq!(refusal(disposition(bad)), MALFORMED, "{bad:?}");
    }
    for bad in [
        "",
        "X: y",
        "Content-Disposition: attachment; name=file",
        "Content-Disposition: form-data;\r\n name=file",
        "Content-Disposition: form-data; name=file\r\nContent-Disposition: form-data; name=file",
        "Content-Disposition: form-data; name=file\r\nno colon",
        "Content-Disposition: form-data; name=file\r\n: x",
    ] {
        assert_eq!(refusal(parsed(bad)), MALFORMED, "{bad:?}");
    }
    assert_eq!(refusal(read(b"----b--\r\n\r\nx\r\n----b----")), MALFORMED);
    let not_utf8 = with(&[b"----b--\r\nContent-Disposition: form-data; name=\xff\r\n\r\nx\r\n----b----"]);
    assert_eq!(refusal(read(&not_utf8)), MALFORMED);
    let value = with(&[&part("name=key", b"gr\xfcn"), &form(&[], b"")]);
    assert_eq!(refusal(read(&value)), MALFORMED);
}

#[test]
fn limits_before_the_file() {
    // The head of the file counts too.
    let empty = form(&[("key", "")], b"").len() - b"\r\n----b----\r\n".len();
    let of = |bytes: usize| form(&[("key", &"x".repeat(bytes - empty))], b"data");
    assert!(read(&of(FIELDS_BYTES_MAX)).is_ok());
    for pieces in [1, 7, 1000, usize::MAX] {
        let body = of(FIELDS_BYTES_MAX + 1);
        assert_eq!(refusal(read_pieces(body.chunks(pieces))), TOO_LARGE, "{pieces}");
    }
    let error = read(&[b'x'; FIELDS_BYTES_MAX + 1]).unwrap_err();
    assert_eq!(error.details(), [("MaxPostPreDataLengthBytes", "20480".into())]);
    assert_eq!(refusal(read(&[b'x'; FIELDS_BYTES_MAX])), MALFORMED);
    // A file's own bytes have no limit here.
    assert!(read(&form(&[], &vec![b'x'; 10 * FIELDS_BYTES_MAX])).is_ok());

    let named = |bytes: usize| read(&form(&[(&"n".repeat(bytes), "")], b""));
    assert!(named(FIELD_NAME_BYTES_MAX).is_ok());
    assert_eq!(refusal(named(FIELD_NAME_BYTES_MAX + 1)), TOO_LARGE);

    let mut many = Fields::default();
    for number in 0..FIELDS_MAX {
        many.add(&number.to_string(), "").unwrap();
    }
    assert_eq!(refusal(many.add("one more", "")), TOO_LARGE);
    assert!(many.add("0", "again").is_ok());

    let head = |bytes: usize| {
        let rest = "Content-Disposition: form-data; name=file\r\nX: \r\n\r\n".len();
        let padding = "y".repeat(bytes - rest);
        let head = format!("Content-Disposition: form-data; name=file\r\nX: {padding}\r\n\r\n");
        read(format!("----b--\r\n{head}\r\n----b----").as_bytes())
    };
    assert!(head(PART_HEAD_BYTES_MAX).is_ok());
    assert_eq!(refusal(head(PART_HEAD_BYTES_MAX + 1)), MALFORMED);
}

#[test]
fn the_name_of_the_file_stands_in_any_field_but_the_policy() {
    let mut given = fields(&[
        ("key", "${filename}/${filename}"),
        ("success_action_redirect", "http://x/${filename}"),
        ("policy", "${filename}"),
        ("a", "$filename ${Filename}"),
    ]);
    let before = given.clone();
    given.expand(None).unwrap();
    assert_eq!(given, before);
    given.expand(Some("n")).unwrap();
    let values: Vec<_> = given.iter().map(|(_, value)| value).collect();
    assert_eq!(
        values,
        ["n/n", "http://x/n", "${filename}", "$filename ${Filename}"]
    );
    // Put in once: what the name itself has stays.
    let mut twice = fields(&[("key", "${filename}")]);
    twice.expand(Some("${filename}")).unwrap();
    assert_eq!(twice.get("key"), Some("${filename}"));
    // A form of 20 KB could otherwise ask for megabytes.
    let mut bomb = fields(&[("key", &"${filename}".repeat(1000))]);
    assert_eq!(refusal(bomb.expand(Some(&"x".repeat(4000)))), TOO_LARGE);
    let half = "x".repeat(FIELDS_BYTES_MAX / 2);
    let mut several = fields(&[("a", "${filename}"), ("b", "${filename}"), ("c", "${filename}")]);
    assert_eq!(refusal(several.expand(Some(&half))), TOO_LARGE);
}

#[test]
fn a_field_that_comes_again_is_joined() {
    let body = form(&[("x-amz-meta-a", "1"), ("key", "k"), ("X-Amz-Meta-A", "2")], b"");
    let (file, _) = read(&body).unwrap();
    assert_eq!(
        file.fields.iter().collect::<Vec<_>>(),
        [("x-amz-meta-a", "1,2"), ("key", "k")]
    );
}

#[test]
fn keys() {
    assert_eq!(fields(&[("key", "a/b")]).key().unwrap().as_str(), "a/b");
    let error = fields(&[("key", &"k".repeat(1025))]).key().unwrap_err();
    assert_eq!(error.code(), "KeyTooLongError");
    for none in [fields(&[]), fields(&[("key", "")])] {
        let error = none.key().unwrap_err();
        assert_eq!(
            error.details(),
            [("ArgumentName", "key".into()), ("ArgumentValue", String::new())]
        );
    }
}

fn pieces(body: &[u8], sizes: &[usize]) -> Vec<Vec<u8>> {
    let mut rest = body;
    let mut pieces = Vec::new();
    let mut sizes = sizes.iter().cycle();
    while !rest.is_empty() {
        let size = (*sizes.next().unwrap()).min(rest.len());
        let (piece, tail) = rest.split_at(size);
        pieces.push(piece.to_vec());
        rest = tail;
    }
    pieces
}

/// Bytes that are full of beginnings of delimiters.
fn nearly_delimiters() -> impl Strategy<Value = Vec<u8>> {
    let fragment = prop_oneof![
        Just(b"\r".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"\r\n--".to_vec()),
        Just(b"\r\n----b-".to_vec()),
        Just(b"----b--".to_vec()),
        Just(b"-".to_vec()),
        prop::collection::vec(any::<u8>(), 0..8),
    ];
    prop::collection::vec(fragment, 0..24).prop_map(|fragments| fragments.concat())
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        values in prop::collection::vec("[a-z ü\r\n$\"-]{0,20}", 0..8),
        file in nearly_delimiters(),
        sizes in prop::collection::vec(1usize..40, 1..8),
    ) {
        let has = |data: &[u8]| data.windows(9).any(|window| window == b"\r\n----b--");
        let begins = |data: &[u8]| data.starts_with(b"\r\n----b--");
        prop_assume!(!has(&file) && !begins(&file));
        let names: Vec<String> = (0..values.len()).map(|n| format!("field{n}")).collect();
        let pairs: Vec<(&str, &str)> =
            names.iter().map(String::as_str).zip(values.iter().map(String::as_str)).collect();
        let body = form(&pairs, &file);
        let whole = read(&body).unwrap();
        prop_assert_eq!(&whole.1, &file);
        prop_assert_eq!(whole.0.fields.iter().collect::<Vec<_>>(), pairs);
        let pieces = pieces(&body, &sizes);
        prop_assert_eq!(read_pieces(pieces.iter().map(Vec::as_slice)).unwrap(), whole);
    }

    #[test]
    fn any_bytes_are_answered_the_same_in_any_pieces(
        fragments in prop::collection::vec(prop_oneof![
            Just(b"----b--\r\n".to_vec()),
            Just(b"\r\n----b--".to_vec()),
            Just(b"\r\n".to_vec()),
            Just(b"--\r\n".to_vec()),
            Just(b"Content-Disposition: form-data; name=\"file\"\r\n\r\n".to_vec()),
            Just(b"Content-Disposition: form-data; name=key\r\n\r\n".to_vec()),
            Just(vec![b'x'; 9000]),
            prop::collection::vec(any::<u8>(), 0..6),
        ], 0..16),
        sizes in prop::collection::vec(1usize..5000, 1..6),
    ) {
        let body = fragments.concat();
        let pieces = pieces(&body, &sizes);
        prop_assert_eq!(read(&body), read_pieces(pieces.iter().map(Vec::as_slice)));
    }
}
