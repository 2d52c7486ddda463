use proptest::prelude::*;

use super::{ATTRIBUTES_MAX, BODY_BYTES_MAX, DEPTH_MAX, ELEMENTS_MAX, Writer, escape, parse, tag};
use crate::S3Error;

#[test]
fn documents_have_amazons_form() {
    let mut writer = Writer::new("Root");
    writer
        .element("A", "a<b>&\"c\"\u{1}\r\n\u{ffff}é")
        .element("B", 7)
        .optional("C", None::<&str>)
        .optional("D", Some(true))
        .nested("E", |writer| {
            writer.element("F", "");
        })
        .nested(tag!("G"), |writer| {
            writer.string(tag!("H"), "<").number("I", 0);
        });
    // facts/01 §8: prolog, newline, the rest on one line.
    assert_eq!(
        writer.finish(),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <Root xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <A>a&lt;b&gt;&amp;&quot;c&quot;&#x1;&#xd;\n&#xffff;é</A><B>7</B><D>true</D><E><F></F></E>\
         <G><H>&lt;</H><I>0</I></G></Root>"
    );
    assert_eq!(
        Writer::without_prolog("Root").finish(),
        "<Root xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"/>"
    );
}

#[test]
fn a_body_is_read_with_or_without_namespace() {
    for body in [
        "<R><A>1</A><B/></R>",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<R xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\n \
         <A>1</A>\n <B></B></R>\n",
        "\u{feff}<!-- c --><s3:R xmlns:s3=\"x\"><s3:A>1</s3:A><s3:B/></s3:R>",
        "<R><A><![CDATA[1]]></A><B/></R>",
        "<R><A>&#49;</A><B/></R>",
    ] {
        let root = parse(body.as_bytes(), "R").unwrap();
        root.only(&["A", "B"]).unwrap();
        assert_eq!(root.required("A").unwrap().number(), Ok(1), "{body}");
        assert_eq!(root.required("B").unwrap().text(), Ok(""), "{body}");
    }
}

#[test]
fn text_is_unescaped_and_not_trimmed() {
    let root = parse(
        b"<R> a&amp;&lt;&gt;&quot;&apos;&#x1;&#233;<![CDATA[<&>]]> </R>",
        "R",
    )
    .unwrap();
    assert_eq!(root.text(), Ok(" a&<>\"'\u{1}é<&> "));
}

// facts/06 §12.
#[test]
fn what_is_refused() {
    for body in [
        " ",
        "x",
        "<R>",
        "<R></S>",
        "</R>",
        "<R/><R/>",
        "<R/>x",
        "x<R/>",
        "<S/>",
        "<r/>",
        "<R a=1/>",
        "<R a=\"1\" a=\"2\"/>",
        "<R>&nbsp;</R>",
        "<R>&#0;</R>",
        "<R>&#xd800;</R>",
        "<R>&#99999999999;</R>",
        "<R>&</R>",
        "&amp;<R/>",
        "<R/><![CDATA[ ]]>",
        "<!DOCTYPE R><R/>",
        "<!DOCTYPE R [<!ENTITY a \"b\">]><R>&a;</R>",
        "<?php ?><R/>",
        "<R/><?xml version=\"1.0\"?>",
        "<R>text<A/></R>",
        "<R><A/>text</R>",
        "<R><!-- -- --></R>",
    ] {
        assert_eq!(
            parse(body.as_bytes(), "R").unwrap_err().code(),
            "MalformedXML",
            "{body}"
        );
    }
    assert_eq!(parse(b"<R>\xff</R>", "R"), Err(S3Error::MalformedXML {}));
    assert_eq!(parse(b"", "R"), Err(S3Error::MissingRequestBodyError {}));
}

#[test]
fn children_are_checked() {
    let root = parse(b"<R><A/><A/><B><C/></B></R>", "R").unwrap();
    assert!(root.only(&["A"]).is_err());
    assert!(root.optional("A").is_err());
    assert!(root.required("D").is_err());
    assert_eq!(root.optional("D"), Ok(None));
    assert_eq!(root.all("A").count(), 2);
    assert!(root.required("B").unwrap().text().is_err());
    assert_eq!(root.children().len(), 3);
    let root = parse(b"<R><A>TRUE</A><B>false</B><C>1</C></R>", "R").unwrap();
    assert_eq!(root.required("A").unwrap().boolean(), Ok(true));
    assert_eq!(root.required("B").unwrap().boolean(), Ok(false));
    assert!(root.required("C").unwrap().boolean().is_err());
    assert!(root.required("A").unwrap().number().is_err());
}

#[test]
fn limits() {
    let nested = |depth: usize| format!("{}{}", "<R>".repeat(depth), "</R>".repeat(depth));
    assert!(parse(nested(DEPTH_MAX).as_bytes(), "R").is_ok());
    assert!(parse(nested(DEPTH_MAX + 1).as_bytes(), "R").is_err());
    let many = |elements: usize| format!("<R>{}</R>", "<A/>".repeat(elements - 1));
    assert!(parse(many(ELEMENTS_MAX).as_bytes(), "R").is_ok());
    assert!(parse(many(ELEMENTS_MAX + 1).as_bytes(), "R").is_err());
    let attributes = |count: usize| {
        let list: String = (0..count).map(|n| format!(" a{n}=\"\"")).collect();
        format!("<R{list}/>")
    };
    assert!(parse(attributes(ATTRIBUTES_MAX).as_bytes(), "R").is_ok());
    assert!(parse(attributes(ATTRIBUTES_MAX + 1).as_bytes(), "R").is_err());
    // Would take hours if the number of attributes were not bounded.
    assert!(parse(attributes(300_000).as_bytes(), "R").is_err());
    let big = |bytes: usize| format!("<R>{}</R>", "x".repeat(bytes - 7));
    assert!(parse(big(BODY_BYTES_MAX).as_bytes(), "R").is_ok());
    assert_eq!(
        parse(big(BODY_BYTES_MAX + 1).as_bytes(), "R").unwrap_err().code(),
        "MaxMessageLengthExceeded"
    );
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(text in any::<String>()) {
        let mut writer = Writer::new("R");
        writer.element("A", &text);
        let xml = writer.finish();
        let root = parse(xml.as_bytes(), "R");
        // A reference to NUL is the one thing that is written and not read.
        if text.contains('\0') {
            prop_assert!(root.is_err());
        } else {
            let root = root.unwrap();
            prop_assert_eq!(root.required("A").unwrap().text().unwrap(), text);
        }
    }

    #[test]
    fn a_number_is_its_digits(number: u64, digits in 0_u32..64) {
        let number = number >> digits;
        let (mut digits, mut text) = (Writer::new("R"), Writer::new("R"));
        digits.number("N", number);
        text.element("N", number);
        prop_assert_eq!(digits.finish(), text.finish());
    }

    #[test]
    fn any_body_is_answered(body in prop::collection::vec(any::<u8>(), 0..200), text in "[<>/&;#x!\\[\\]?\"'= aR-]{0,60}") {
        let _ = parse(&body, "R");
        let _ = parse(text.as_bytes(), "R");
    }

    #[test]
    fn escaped_text_has_no_markup(text in any::<String>()) {
        let mut out = String::new();
        escape(&text, &mut out);
        prop_assert!(!out.contains(['<', '>', '"', '\r']));
    }
}
