use hickory_proto::op::Metadata;
use hickory_proto::rr::{Name, RData};
use proptest::prelude::*;

use super::*;
use crate::kit::{Failure, kit};

fn query(name: &str, record_type: RecordType) -> Message {
    let mut message = Message::new(4711, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(Name::from_ascii(name).unwrap(), record_type));
    message
}

fn with_edns(mut message: Message, payload: u16, version: u8) -> Message {
    let mut edns = Edns::new();
    edns.set_max_payload(payload)
        .set_version(version)
        .set_dnssec_ok(true);
    message.set_edns(edns);
    message
}

async fn ask_bytes(bytes: &[u8], transport: Transport) -> Option<(Message, usize)> {
    let response = respond(&kit().zone, bytes, transport).await?;
    let message = Message::from_vec(&response.bytes).unwrap();
    Some((message, response.bytes.len()))
}

async fn ask(query: &Message, transport: Transport) -> (Message, usize) {
    ask_bytes(&query.to_vec().unwrap(), transport).await.unwrap()
}

/// The flags of an answer: id, QR, AA, TC, RD, RA, code.
fn flags(metadata: &Metadata) -> (u16, bool, bool, bool, bool, bool, ResponseCode) {
    (
        metadata.id,
        metadata.message_type == MessageType::Response,
        metadata.authoritative,
        metadata.truncation,
        metadata.recursion_desired,
        metadata.recursion_available,
        metadata.response_code,
    )
}

#[tokio::test]
async fn an_answer_is_authoritative_and_offers_no_recursion() {
    let (answer, _) = ask(&query("s3.cairn.test.", RecordType::A), Transport::Udp).await;
    assert_eq!(
        flags(&answer.metadata),
        (4711, true, true, false, true, false, ResponseCode::NoError)
    );
    assert_eq!((answer.answers.len(), answer.edns), (1, None));
    let mut plain = query("nothing.cairn.test.", RecordType::A);
    plain.metadata.recursion_desired = false;
    let (answer, _) = ask(&plain, Transport::Udp).await;
    assert_eq!(
        flags(&answer.metadata),
        (4711, true, true, false, false, false, ResponseCode::NXDomain)
    );
    let (answer, _) = ask(&query("example.net.", RecordType::A), Transport::Udp).await;
    assert_eq!(
        flags(&answer.metadata),
        (4711, true, false, false, true, false, ResponseCode::Refused)
    );
    assert!(answer.authorities.is_empty());
}

/// Resolvers mix the case of a question to recognise a forged answer: it comes back as it was sent.
#[tokio::test]
async fn the_case_of_the_question_is_kept() {
    let name = "FaR.s3.CaIRn.tEsT.";
    let (answer, _) = ask(&query(name, RecordType::A), Transport::Udp).await;
    assert_eq!(answer.queries.first().unwrap().name.to_ascii(), name);
    assert_eq!(answer.answers.first().unwrap().name.to_ascii(), name);
    assert_eq!(answer.answers.len(), 2);
}

#[tokio::test]
async fn what_is_no_question_for_a_zone_is_refused() {
    let code = async |query: &Message| {
        let (answer, _) = ask(query, Transport::Tcp).await;
        assert!(answer.answers.is_empty() && !answer.metadata.authoritative);
        answer.metadata.response_code
    };
    for (record_type, expected) in [
        (RecordType::AXFR, ResponseCode::Refused),
        (RecordType::IXFR, ResponseCode::Refused),
        (RecordType::OPT, ResponseCode::FormErr),
    ] {
        assert_eq!(
            code(&query("cairn.test.", record_type)).await,
            expected,
            "{record_type}"
        );
    }
    for class in [DNSClass::CH, DNSClass::HS, DNSClass::ANY, DNSClass::NONE] {
        let mut other = query("s3.cairn.test.", RecordType::A);
        other.queries[0].query_class = class;
        assert_eq!(code(&other).await, ResponseCode::Refused, "{class}");
    }
    for opcode in [
        OpCode::Status,
        OpCode::Notify,
        OpCode::Update,
        OpCode::Unknown(1),
        OpCode::Unknown(15),
    ] {
        let mut other = query("s3.cairn.test.", RecordType::A);
        other.metadata.op_code = opcode;
        assert_eq!(code(&other).await, ResponseCode::NotImp);
        let (answer, _) = ask(&other, Transport::Udp).await;
        assert_eq!((answer.metadata.op_code, answer.queries.len()), (opcode, 0));
    }
    let mut two = query("s3.cairn.test.", RecordType::A);
    two.add_query(Query::query(Name::root(), RecordType::A));
    assert_eq!(code(&two).await, ResponseCode::FormErr);
    two.queries.clear();
    assert_eq!(code(&two).await, ResponseCode::FormErr);
}

#[tokio::test]
async fn what_is_no_query_gets_nothing() {
    let mut response = query("s3.cairn.test.", RecordType::A);
    response.metadata.message_type = MessageType::Response;
    let bytes = response.to_vec().unwrap();
    assert!(ask_bytes(&bytes, Transport::Udp).await.is_none());
    assert!(slip(&bytes).is_none());
    let bytes = query("s3.cairn.test.", RecordType::A).to_vec().unwrap();
    for length in 0..bytes.len() {
        let cut = bytes.get(..length).unwrap();
        match ask_bytes(cut, Transport::Udp).await {
            None => assert!(length < 12, "{length}"),
            Some((answer, _)) => assert_eq!(answer.metadata.response_code, ResponseCode::FormErr),
        }
    }
}

#[tokio::test]
async fn edns() {
    let (answer, _) = ask(
        &with_edns(query("s3.cairn.test.", RecordType::A), 4096, 0),
        Transport::Udp,
    )
    .await;
    let edns = answer.edns.unwrap();
    assert_eq!(
        (edns.version(), edns.max_payload(), edns.flags().dnssec_ok),
        (0, 1232, true)
    );
    // RFC 6891 §6.1.3: a version not known here.
    let (answer, _) = ask(
        &with_edns(query("s3.cairn.test.", RecordType::A), 4096, 1),
        Transport::Udp,
    )
    .await;
    // 16 is also BADSIG, which is how it is read back.
    assert_eq!(
        u16::from(answer.metadata.response_code),
        u16::from(ResponseCode::BADVERS)
    );
    assert_eq!((answer.answers.len(), answer.edns.unwrap().version()), (0, 0));
    // Two OPT records (§6.1.1).
    let mut bytes = with_edns(query("s3.cairn.test.", RecordType::A), 4096, 0)
        .to_vec()
        .unwrap();
    let opt = bytes.split_off(bytes.len() - 11);
    bytes.extend([opt.clone(), opt].concat());
    bytes[11] = 2;
    let (answer, _) = ask_bytes(&bytes, Transport::Udp).await.unwrap();
    assert_eq!(answer.metadata.response_code, ResponseCode::FormErr);
}

/// 64 addresses: more than any limit of UDP. The limit is the client's, between 512 and 1232 bytes.
#[tokio::test]
async fn what_does_not_fit_is_truncated_and_whole_over_tcp() {
    let v4 = || query("s3.ca-central-1.cairn.test.", RecordType::A);
    let v6 = || query("s3.ca-central-1.cairn.test.", RecordType::AAAA);
    // 12 + 32 + 64 · 16 = 1068 bytes, and 11 of OPT.
    for (query, truncated) in [
        (v4(), true),
        (with_edns(v4(), 0, 0), true),
        (with_edns(v4(), 1078, 0), true),
        (with_edns(v4(), 1079, 0), false),
        (with_edns(v4(), 4096, 0), false),
        // 60 · 28 bytes are more than 1232.
        (with_edns(v6(), 4096, 0), true),
    ] {
        let (answer, length) = ask(&query, Transport::Udp).await;
        let payload = query.edns.as_ref().map_or(0, Edns::max_payload);
        assert!(
            length <= usize::from(payload.clamp(512, 1232)),
            "{length} {payload}"
        );
        assert_eq!(
            (answer.metadata.truncation, answer.answers.is_empty()),
            (truncated, truncated)
        );
        assert_eq!(answer.queries, query.queries);
        // RFC 6891 §7: a cut answer keeps its OPT record.
        assert_eq!(answer.edns.is_some(), query.edns.is_some());
        let (answer, _) = ask(&query, Transport::Tcp).await;
        assert!(!answer.metadata.truncation);
        assert!(answer.answers.len() >= 60);
    }
}

/// RFC 2181 §9: addresses of name servers are given up before TC is set.
#[test]
fn what_is_only_additional_is_left_out_silently() {
    let mut response = Message::response(1, OpCode::Query);
    let name = Name::from_ascii("cairn.test.").unwrap();
    response.add_query(Query::query(name.clone(), RecordType::NS));
    let data = || RData::A("192.0.2.1".parse().unwrap());
    let record = hickory_proto::rr::Record::from_rdata(name, 1, data());
    response.add_answer(record.clone());
    response.add_additionals(vec![record; 64]);
    let encoded = encode(response, PLAIN_BYTES_MAX).unwrap();
    let message = Message::from_vec(&encoded.bytes).unwrap();
    assert_eq!((message.answers.len(), message.additionals.len()), (1, 0));
    assert!(!message.metadata.truncation);
}

/// What a network over its rate gets: no longer than what it sent, and no record.
#[test]
fn a_slip_says_only_to_come_over_tcp() {
    for query in [
        query("FAR.s3.cairn.test.", RecordType::A),
        with_edns(query("far.s3.cairn.test.", RecordType::ANY), 4096, 0),
    ] {
        let bytes = query.to_vec().unwrap();
        let slipped = slip(&bytes).unwrap();
        assert!(slipped.bytes.len() <= bytes.len());
        let message = Message::from_vec(&slipped.bytes).unwrap();
        assert!(message.metadata.truncation && message.answers.is_empty());
        assert_eq!((message.metadata.id, message.queries), (4711, query.queries));
    }
    assert!(slip(b"nothing").is_none());
}

#[tokio::test]
async fn a_failing_directory_is_servfail() {
    let kit = kit();
    kit.buckets.fail(Failure::Error);
    let bytes = query("far.s3.cairn.test.", RecordType::A).to_vec().unwrap();
    let response = respond(&kit.zone, &bytes, Transport::Udp).await.unwrap();
    let message = Message::from_vec(&response.bytes).unwrap();
    assert_eq!(
        flags(&message.metadata),
        (4711, true, false, false, true, false, ResponseCode::ServFail)
    );
    assert_eq!(response.code, "SERVFAIL");
}

proptest! {
    /// Any bytes, and any bytes after a header that says query, are survived; what is answered is a
    /// response of the same id that can be read and keeps its limit.
    #[test]
    fn any_bytes_are_survived(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        header in any::<bool>(),
        cut in any::<prop::sample::Index>(),
        with in any::<u8>(),
    ) {
        let mut bytes = if header { [&[1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1][..], &bytes].concat() } else { bytes };
        let mut valid = with_edns(query("far.s3.cairn.test.", RecordType::A), 4096, 0).to_vec().unwrap();
        let place = cut.index(valid.len());
        valid[place] = with;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        for bytes in [&mut bytes, &mut valid] {
            let _ = slip(bytes);
            let response = runtime.block_on(respond(&kit().zone, bytes, Transport::Udp));
            if let Some(response) = response {
                let message = Message::from_vec(&response.bytes).unwrap();
                prop_assert!(response.bytes.len() <= 1232);
                prop_assert_eq!(message.metadata.message_type, MessageType::Response);
                prop_assert_eq!(message.metadata.id.to_be_bytes(), [bytes[0], bytes[1]]);
            }
        }
    }
}
