//! A query's bytes to an answer's bytes (RFC 1035 §4.1), whatever the transport.
//!
//! What is no query gets nothing, so that two servers never answer each other for ever. What cannot be
//! read, or is no question for a zone, is refused with the code the RFCs ask for. An answer that does not
//! fit loses the addresses of name servers first (RFC 2181 §9), then everything but its question and its
//! OPT record, with TC set (RFC 6891 §7); the client then asks again over TCP.

#[cfg(test)]
mod tests;

use hickory_proto::op::{Edns, Header, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{DNSClass, RecordType};
use hickory_proto::serialize::binary::{BinDecodable, BinDecoder};

use crate::zone::Zone;

/// Bytes of an answer over UDP to a client that says nothing of its own limit (RFC 1035 §4.2.1).
pub(crate) const PLAIN_BYTES_MAX: usize = 512;
/// Most bytes of an answer over UDP, and what this server says it takes: what passes every network
/// without fragments (the default of DNS Flag Day 2020).
pub(crate) const EDNS_BYTES_MAX: u16 = 1232;

/// How a query came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    Udp,
    Tcp,
}

impl Transport {
    /// As metrics name it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
        }
    }
}

/// An answer, ready to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) bytes: Vec<u8>,
    /// Its code, as metrics name it.
    pub(crate) code: &'static str,
}

/// Answers a query; `None` where nothing is to be sent.
pub(crate) async fn respond(zone: &Zone, query: &[u8], transport: Transport) -> Option<Response> {
    let (query, mut response) = match read(query)? {
        Ok(read) => read,
        Err(refusal) => return encode(refusal, PLAIN_BYTES_MAX),
    };
    let limit = match (transport, &query.edns) {
        (Transport::Tcp, _) => usize::from(u16::MAX),
        (Transport::Udp, None) => PLAIN_BYTES_MAX,
        (Transport::Udp, Some(edns)) => {
            usize::from(edns.max_payload().min(EDNS_BYTES_MAX)).max(PLAIN_BYTES_MAX)
        }
    };
    let answer = match query
        .queries
        .first()
        .map(|question| (question, refused(&query, question)))
    {
        Some((question, None)) => zone.answer(&question.name, question.query_type).await,
        Some((_, Some(code))) => crate::zone::Answer::bare(code),
        None => crate::zone::Answer::bare(ResponseCode::FormErr),
    };
    response.metadata.response_code = answer.code;
    response.metadata.authoritative = answer.authoritative;
    response.answers = answer.answers;
    response.authorities = answer.authorities;
    response.additionals = answer.additionals;
    encode(response, limit)
}

impl Zone {
    /// Answers one message, as the server does over UDP or TCP; `None` where nothing is to be sent. For
    /// who has a transport of their own, and for fuzzing.
    pub async fn respond(&self, query: &[u8], tcp: bool) -> Option<Vec<u8>> {
        let transport = if tcp { Transport::Tcp } else { Transport::Udp };
        respond(self, query, transport)
            .await
            .map(|response| response.bytes)
    }
}

/// The answer that says nothing but "come over TCP", for a query over the rate limit; `None` where the
/// query is not one.
pub(crate) fn slip(query: &[u8]) -> Option<Response> {
    let (_, mut response) = read(query)?.ok()?;
    response.metadata.truncation = true;
    encode(response, PLAIN_BYTES_MAX)
}

/// Reads a query and begins its response: the same id, opcode, RD, question and EDNS. `None` is for what
/// is no query at all, the error for a query that is refused before its question is looked at.
fn read(bytes: &[u8]) -> Option<Result<(Message, Message), Message>> {
    let header = Header::read(&mut BinDecoder::new(bytes)).ok()?;
    if header.metadata.message_type == MessageType::Response {
        return None;
    }
    let mut response = Message::response(header.metadata.id, header.metadata.op_code);
    response.metadata.recursion_desired = header.metadata.recursion_desired;
    if header.metadata.op_code != OpCode::Query {
        response.metadata.response_code = ResponseCode::NotImp;
        return Some(Err(response));
    }
    let query = match Message::from_vec(bytes) {
        // A query has one question (RFC 9619).
        Ok(query) if query.queries.len() == 1 => query,
        _ => {
            response.metadata.response_code = ResponseCode::FormErr;
            return Some(Err(response));
        }
    };
    response.queries.clone_from(&query.queries);
    if let Some(edns) = &query.edns {
        let mut answer = Edns::new();
        answer.set_max_payload(EDNS_BYTES_MAX);
        // RFC 3225 §3: DO is copied, also by a server that signs nothing.
        answer.set_dnssec_ok(edns.flags().dnssec_ok);
        response.edns = Some(answer);
    }
    Some(Ok((query, response)))
}

/// The code for a question that is not the zone's to answer.
fn refused(query: &Message, question: &Query) -> Option<ResponseCode> {
    if query.edns.as_ref().is_some_and(|edns| edns.version() > 0) {
        // RFC 6891 §6.1.3.
        return Some(ResponseCode::BADVERS);
    }
    match (question.query_class, question.query_type) {
        // Not a type to ask for (RFC 6891 §6.1.1).
        (_, RecordType::OPT) => Some(ResponseCode::FormErr),
        // The zone is made of questions to the directory: there is nothing to transfer.
        (_, RecordType::AXFR | RecordType::IXFR) => Some(ResponseCode::Refused),
        (DNSClass::IN, _) => None,
        _ => Some(ResponseCode::Refused),
    }
}

/// The bytes of an answer, cut down to `limit`.
fn encode(mut response: Message, limit: usize) -> Option<Response> {
    let code = code(response.metadata.response_code);
    let mut bytes = response.to_vec();
    if bytes.as_ref().is_ok_and(|bytes| bytes.len() > limit) && !response.additionals.is_empty() {
        response.additionals.clear();
        bytes = response.to_vec();
    }
    if bytes.as_ref().is_ok_and(|bytes| bytes.len() > limit) {
        response.answers.clear();
        response.authorities.clear();
        response.metadata.truncation = true;
        bytes = response.to_vec();
    }
    match bytes {
        Ok(bytes) => Some(Response { bytes, code }),
        Err(error) => {
            // No message that can be read makes one that cannot be written; were there one, silence is right.
            tracing::debug!(%error, "a DNS answer could not be encoded");
            None
        }
    }
}

fn code(code: ResponseCode) -> &'static str {
    match code {
        ResponseCode::NoError => "NOERROR",
        ResponseCode::FormErr => "FORMERR",
        ResponseCode::ServFail => "SERVFAIL",
        ResponseCode::NXDomain => "NXDOMAIN",
        ResponseCode::NotImp => "NOTIMP",
        ResponseCode::Refused => "REFUSED",
        ResponseCode::BADVERS => "BADVERS",
        _ => "OTHER",
    }
}
