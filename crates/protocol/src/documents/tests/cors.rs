//! The form of a CORS configuration (facts/03 §1).

use super::document;
use crate::S3Error;
use crate::documents::{CORS_BYTES_MAX, CorsDocument};

fn parse(children: &str) -> Result<CorsDocument, S3Error> {
    CorsDocument::parse(document("CORSConfiguration", children).as_bytes())
}

#[test]
fn children_in_any_order_are_written_in_one() {
    let read = parse(
        "<CORSRule><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds> 3000 </MaxAgeSeconds>\
         <AllowedHeader>X-Amz-*</AllowedHeader><AllowedOrigin>http://test.com:80</AllowedOrigin>\
         <AllowedOrigin> </AllowedOrigin><AllowedMethod>PUT</AllowedMethod><AllowedOrigin/><ID>one</ID>\
         <AllowedMethod>GET</AllowedMethod></CORSRule>\
         <CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>",
    )
    .unwrap();
    let written = read.to_xml();
    assert_eq!(
        written,
        document(
            "CORSConfiguration",
            "<CORSRule><ID>one</ID><AllowedMethod>PUT</AllowedMethod><AllowedMethod>GET</AllowedMethod>\
             <AllowedOrigin>http://test.com:80</AllowedOrigin><AllowedOrigin> </AllowedOrigin>\
             <AllowedOrigin></AllowedOrigin><AllowedHeader>X-Amz-*</AllowedHeader>\
             <MaxAgeSeconds>3000</MaxAgeSeconds><ExposeHeader>ETag</ExposeHeader></CORSRule>\
             <CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule>"
        )
    );
    assert_eq!(CorsDocument::parse(written.as_bytes()), Ok(read));
}

#[test]
fn what_is_malformed() {
    let rule = "<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>";
    assert!(parse(&format!("<CORSRule>{rule}</CORSRule>")).is_ok());
    for children in [
        "".to_owned(),
        "<CORSRule/>".to_owned(),
        "<Other/>".to_owned(),
        "<CORSRule><AllowedOrigin>*</AllowedOrigin></CORSRule>".to_owned(),
        "<CORSRule><AllowedMethod>GET</AllowedMethod></CORSRule>".to_owned(),
        format!("<CORSRule>{rule}</CORSRule><CORSRule/>"),
        format!("<CORSRule>{rule}<Other/></CORSRule>"),
        format!("<CORSRule>{rule}<ID>1</ID><ID>2</ID></CORSRule>"),
        format!(
            "<CORSRule>{rule}<MaxAgeSeconds>1</MaxAgeSeconds><MaxAgeSeconds>1</MaxAgeSeconds></CORSRule>"
        ),
        format!("<CORSRule>{rule}<MaxAgeSeconds/></CORSRule>"),
        format!("<CORSRule>{rule}<MaxAgeSeconds>1.5</MaxAgeSeconds></CORSRule>"),
        format!("<CORSRule>{rule}<MaxAgeSeconds>2147483648</MaxAgeSeconds></CORSRule>"),
        format!("<CORSRule>{rule}<AllowedHeader><A/></AllowedHeader></CORSRule>"),
    ] {
        assert_eq!(parse(&children), Err(S3Error::MalformedXML {}), "{children}");
    }
    assert_eq!(
        CorsDocument::parse(b"").unwrap_err().code(),
        "MissingRequestBodyError"
    );
}

#[test]
fn a_document_has_64_kib() {
    let body = |bytes: usize| {
        let body = "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod>\
                    <AllowedOrigin>*</AllowedOrigin></CORSRule></CORSConfiguration>";
        format!("{body}{}", " ".repeat(bytes - body.len()))
    };
    assert!(CorsDocument::parse(body(CORS_BYTES_MAX).as_bytes()).is_ok());
    assert_eq!(
        CorsDocument::parse(body(CORS_BYTES_MAX + 1).as_bytes()),
        Err(S3Error::MaxMessageLengthExceeded {
            max_message_length_bytes: 65_536
        })
    );
}
