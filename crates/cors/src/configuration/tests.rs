//! What is accepted and what is refused (facts/03 §1), and the three forms of a configuration.

use cairn_protocol::S3Error;

use super::*;
use crate::{InvalidFile, JSON_BYTES_MAX};

fn document(rules: &str) -> String {
    format!("<CORSConfiguration>{rules}</CORSConfiguration>")
}

fn xml(rule: &str) -> Result<CorsConfiguration, S3Error> {
    CorsConfiguration::from_xml(document(&format!("<CORSRule>{rule}</CORSRule>")).as_bytes())
}

const RULE: &str = "<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>";

#[test]
fn what_is_accepted() {
    for more in [
        "<AllowedOrigin/>",
        "<AllowedOrigin>no URL at all \u{e9}</AllowedOrigin>",
        "<AllowedOrigin>http*://a</AllowedOrigin>",
        "<AllowedOrigin>http://test.com:80</AllowedOrigin>",
        "<AllowedHeader>*</AllowedHeader>",
        "<AllowedHeader>x-*-y</AllowedHeader>",
        "<AllowedHeader/>",
        "<ExposeHeader>GET</ExposeHeader>",
        "<ExposeHeader>x_y.z</ExposeHeader>",
        "<MaxAgeSeconds>0</MaxAgeSeconds>",
        "<MaxAgeSeconds>-1</MaxAgeSeconds>",
        "<ID/>",
    ] {
        let read = xml(&format!("{RULE}{more}")).unwrap();
        assert_eq!(
            CorsConfiguration::from_xml(read.to_xml().as_bytes()),
            Ok(read),
            "{more}"
        );
    }
}

#[test]
fn what_is_refused() {
    let refused = |rule: &str| {
        let error = xml(rule).unwrap_err();
        assert_eq!(error.status().as_u16(), 400, "{rule}");
        (error.code(), error.message().into_owned())
    };
    let with = |more: &str| refused(&format!("{RULE}{more}"));
    for method in ["MYMETHOD", "get", "OPTIONS", "PATCH", "*", ""] {
        assert_eq!(
            with(&format!("<AllowedMethod>{method}</AllowedMethod>")),
            (
                "InvalidRequest",
                format!("Found unsupported HTTP method in CORS config. Unsupported method is {method}")
            )
        );
    }
    let invalid = |message: &str| ("InvalidRequest", message.to_owned());
    assert_eq!(
        with("<AllowedOrigin>http://*.a.*</AllowedOrigin>"),
        invalid("AllowedOrigin \"http://*.a.*\" can not have more than one wildcard.")
    );
    assert_eq!(
        with("<AllowedHeader>*-*</AllowedHeader>"),
        invalid("AllowedHeader \"*-*\" can not have more than one wildcard.")
    );
    for name in ["a b", "a:b", "a/b", "\u{e9}", " a"] {
        for element in ["AllowedHeader", "ExposeHeader"] {
            assert_eq!(
                with(&format!("<{element}>{name}</{element}>")),
                invalid(&format!("AllowedHeader \"{name}\" contains invalid character."))
            );
        }
    }
    for name in ["*", "x-amz-*"] {
        assert_eq!(
            with(&format!("<ExposeHeader>{name}</ExposeHeader>")),
            invalid("We currently do not support wildcard for ExposeHeader.")
        );
    }
    let malformed =
        "The XML you provided was not well-formed or did not validate against our published schema"
            .to_owned();
    for rule in [
        "",
        "<AllowedMethod>GET</AllowedMethod>",
        "<AllowedOrigin>*</AllowedOrigin>",
    ] {
        assert_eq!(refused(rule), ("MalformedXML", malformed.clone()));
    }
}

#[test]
fn a_hundred_rules() {
    let rules = |count: usize| document(&format!("<CORSRule>{RULE}</CORSRule>").repeat(count));
    assert!(CorsConfiguration::from_xml(rules(RULES_MAX).as_bytes()).is_ok());
    assert_eq!(
        CorsConfiguration::from_xml(rules(RULES_MAX + 1).as_bytes()),
        Err(S3Error::invalid_request(
            "The number of CORS rules should not exceed allowed limit of 100 rules."
        ))
    );
    let rule = CorsConfiguration::from_xml(rules(1).as_bytes()).unwrap().rules()[0].clone();
    assert_eq!(
        CorsConfiguration::new(vec![rule; RULES_MAX + 1]),
        Err(InvalidCors::TooManyRules)
    );
    assert_eq!(CorsConfiguration::new(Vec::new()), Err(InvalidCors::NoRule));
}

#[test]
fn ids() {
    let id = |characters: usize| format!("{RULE}<ID>{}</ID>", "\u{e9}".repeat(characters));
    assert!(xml(&id(ID_CHARACTERS_MAX)).is_ok());
    assert_eq!(
        xml(&id(ID_CHARACTERS_MAX + 1)),
        Err(S3Error::invalid_request(
            "ID length should not exceed allowed limit of 255"
        ))
    );
    let two = |first: &str, second: &str| {
        CorsConfiguration::from_xml(
            document(&format!(
                "<CORSRule>{RULE}<ID>{first}</ID></CORSRule><CORSRule>{RULE}<ID>{second}</ID></CORSRule>"
            ))
            .as_bytes(),
        )
    };
    assert!(two("a", "A").is_ok());
    assert!(two("", "").is_ok());
    assert_eq!(
        two("a", "a"),
        Err(S3Error::invalid_request(
            "Rule ID must be unique. Found same ID for more than one rule"
        ))
    );
}

const CONSOLE: &str = r#"[
  {
    "ID": "one",
    "AllowedHeaders": [
      "*"
    ],
    "AllowedMethods": [
      "PUT",
      "GET"
    ],
    "AllowedOrigins": [
      "http://*.example.com"
    ],
    "ExposeHeaders": [
      "ETag"
    ],
    "MaxAgeSeconds": 3000
  },
  {
    "AllowedMethods": [
      "GET"
    ],
    "AllowedOrigins": [
      "*"
    ]
  }
]"#;

#[test]
fn a_file_is_the_consoles_json_or_the_clis_or_xml() {
    let read = CorsConfiguration::from_file(CONSOLE.as_bytes()).unwrap();
    assert_eq!(read.to_json(), CONSOLE);
    let cli = format!("\u{feff} {{\"CORSRules\": {CONSOLE}}}\n");
    assert_eq!(CorsConfiguration::from_file(cli.as_bytes()).as_ref(), Ok(&read));
    let xml = format!("\n {}", read.to_xml().lines().last().unwrap());
    assert_eq!(CorsConfiguration::from_file(xml.as_bytes()).as_ref(), Ok(&read));
    assert_eq!(CorsConfiguration::from_xml(read.to_xml().as_bytes()), Ok(read));
}

#[test]
fn a_file_that_is_none_is_refused_with_the_place() {
    let refused = |text: &str| {
        CorsConfiguration::from_file(text.as_bytes())
            .unwrap_err()
            .to_string()
    };
    for (text, says) in [
        ("", "EOF while parsing a value at line 1"),
        ("{}", "missing field `CORSRules`"),
        ("{\"CORSRules\": []}", "there is no rule"),
        ("[]", "there is no rule"),
        ("[{\"AllowedMethods\": [\"GET\"]}]", "rule 1 has no origin"),
        ("[{\"AllowedOrigins\": [\"*\"]}]", "rule 1 has no method"),
        ("[{\"AllowedOrigin\": [\"*\"]}]", "unknown field `AllowedOrigin`"),
        ("[{\"AllowedOrigins\": \"*\"}]", "invalid type: string \"*\""),
        (
            "[{\"AllowedOrigins\": [\"*\"], \"AllowedMethods\": [\"OPTIONS\"]}]",
            "Unsupported method is OPTIONS",
        ),
        ("<CORSConfiguration/>", "not the XML of a CORSConfiguration"),
    ] {
        let found = refused(text);
        assert!(found.contains(says), "{text}: {found}");
    }
    let padded = |bytes: usize| format!("{CONSOLE}{}", " ".repeat(bytes - CONSOLE.len()));
    assert!(CorsConfiguration::from_file(padded(JSON_BYTES_MAX).as_bytes()).is_ok());
    assert_eq!(
        CorsConfiguration::from_file(padded(JSON_BYTES_MAX + 1).as_bytes()),
        Err(InvalidFile::TooLarge)
    );
}

#[test]
fn the_stored_form_is_compact_and_checked() {
    let read = CorsConfiguration::from_file(CONSOLE.as_bytes()).unwrap();
    let stored = postcard::to_allocvec(&read).unwrap();
    // A byte before a text, a list or a value, and no names of fields.
    assert_eq!(stored.len(), 52);
    assert_eq!(postcard::from_bytes::<CorsConfiguration>(&stored), Ok(read));
    let none: Vec<Rule> = Vec::new();
    let stored = postcard::to_allocvec(&none).unwrap();
    assert!(postcard::from_bytes::<CorsConfiguration>(&stored).is_err());
    let stored = postcard::to_allocvec("a*b*c").unwrap();
    assert!(postcard::from_bytes::<AllowedOrigin>(&stored).is_err());
}
