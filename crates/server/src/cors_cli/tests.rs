use super::*;

const XML: &str = "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod>\
                   <AllowedOrigin>https://a.test</AllowedOrigin></CORSRule></CORSConfiguration>";
const RULE: &str = r#"{"AllowedMethods":["GET"],"AllowedOrigins":["https://a.test"]}"#;

fn read_text(text: &str) -> Result<CorsConfiguration, Failure> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cors");
    std::fs::write(&path, text).unwrap();
    read(&path)
}

#[test]
fn every_form_is_read_and_each_is_printed() {
    let configuration = read_text(XML).unwrap();
    assert_eq!(read_text(&format!("[{RULE}]")).unwrap(), configuration);
    assert_eq!(
        read_text(&format!("{{\"CORSRules\":[{RULE}]}}")).unwrap(),
        configuration
    );
    let json = printed(XML.as_bytes(), true).unwrap();
    assert_eq!(read_text(&json).unwrap(), configuration);
    let xml = printed(XML.as_bytes(), false).unwrap();
    assert!(
        xml.contains("\n    <AllowedMethod>GET</AllowedMethod>\n"),
        "{xml}"
    );
    assert_eq!(read_text(&xml).unwrap(), configuration);
    let full = XML.replace("https://a.test", &"a".repeat(CORS_BYTES_MAX));
    assert_eq!(printed(full.as_bytes(), false).unwrap(), format!("{full}\n"));
    let failure = printed(full.as_bytes(), true).unwrap_err();
    assert!(failure.to_string().contains("no CORS configuration"), "{failure}");
    let failure = printed(b"<html/>", false).unwrap_err();
    assert_eq!(failure.code, Code::Server);
}

#[test]
fn a_file_that_is_wrong_is_told_by_name() {
    for (text, words) in [
        ("[{\"AllowedMethods\":[\"GET\"]", "line 1"),
        ("[]", "rule"),
        ("<CORSConfiguration>", "XML"),
        (&*" ".repeat(JSON_BYTES_MAX + 1), "bytes"),
    ] {
        let failure = read_text(text).unwrap_err();
        assert_eq!(failure.code, Code::Usage);
        let told = failure.to_string();
        assert!(told.starts_with("--file ") && told.contains(words), "{told}");
    }
    let missing = read(Path::new("/nowhere/cors.json")).unwrap_err();
    assert!(missing.to_string().contains("No such file"), "{missing}");
}
