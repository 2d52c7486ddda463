use std::time::Instant;

use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};

use super::*;
use crate::Settings;
use crate::kit::{Failure, Kit, kit, kit_with, settings};

/// Longer than anything here takes; shorter than anyone waits.
const SOON: Duration = Duration::from_secs(10);
/// Long enough to see that nothing comes.
const NOTHING: Duration = Duration::from_millis(200);

/// No rate limit, short timeouts.
fn limits() -> Limits {
    Limits {
        rate: RateLimits {
            answers_per_second: 0,
            ..RateLimits::default()
        },
        connection_idle_timeout: Duration::from_millis(300),
        ..Limits::default()
    }
}

async fn start(kit: &Kit, limits: Limits) -> Handle {
    let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    Server::start(Arc::clone(&kit.zone), udp, tcp, limits)
}

fn query(id: u16, name: &str) -> Vec<u8> {
    let mut message = Message::new(id, MessageType::Query, OpCode::Query);
    message.add_query(Query::query(Name::from_ascii(name).unwrap(), RecordType::A));
    message.to_vec().unwrap()
}

/// A client's socket, connected to the server.
async fn udp(handle: &Handle) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.connect(handle.udp_address().unwrap()).await.unwrap();
    socket
}

async fn receive(socket: &UdpSocket, wait: Duration) -> Option<Message> {
    let mut buffer = [0; 2048];
    let length = timeout(wait, socket.recv(&mut buffer)).await.ok()?.unwrap();
    Some(Message::from_vec(buffer.get(..length).unwrap()).unwrap())
}

async fn tcp(handle: &Handle) -> TcpStream {
    TcpStream::connect(handle.tcp_address().unwrap()).await.unwrap()
}

fn framed(query: &[u8]) -> Vec<u8> {
    [&u16::try_from(query.len()).unwrap().to_be_bytes()[..], query].concat()
}

/// The next answer; `None` where the server has closed.
async fn read(stream: &mut TcpStream) -> Option<Message> {
    let read = async {
        let length = stream.read_u16().await.ok()?;
        let mut bytes = vec![0; usize::from(length)];
        stream.read_exact(&mut bytes).await.ok()?;
        Some(Message::from_vec(&bytes).unwrap())
    };
    timeout(SOON, read).await.unwrap()
}

async fn ask(stream: &mut TcpStream, id: u16, name: &str) -> Option<Message> {
    stream.write_all(&framed(&query(id, name))).await.ok()?;
    read(stream).await
}

#[tokio::test]
async fn both_transports_answer() {
    let kit = kit();
    let handle = start(&kit, limits()).await;
    let socket = udp(&handle).await;
    socket.send(&query(1, "s3.cairn.test.")).await.unwrap();
    let answer = receive(&socket, SOON).await.unwrap();
    assert_eq!((answer.metadata.id, answer.answers.len()), (1, 1));
    // What is no query gets nothing, and harms nothing.
    socket.send(b"junk").await.unwrap();
    socket.send(&[0x80; 40]).await.unwrap();
    socket.send(&query(2, "far.s3.cairn.test.")).await.unwrap();
    let answer = receive(&socket, SOON).await.unwrap();
    assert_eq!((answer.metadata.id, answer.answers.len()), (2, 2));
    // An option of 5000 bytes: more than is looked at.
    let mut long = query(7, "s3.cairn.test.");
    long[11] = 1;
    long.extend(
        [
            &[0, 0, 41, 4, 0xd0, 0, 0, 0, 0, 0x13, 0x8c, 0xfd, 0xe9, 0x13, 0x88][..],
            &[0; 5000],
        ]
        .concat(),
    );
    assert!(Message::from_vec(&long).is_ok());
    socket.send(&long).await.unwrap();
    let answer = receive(&socket, SOON).await.unwrap();
    assert_eq!(
        (answer.metadata.id, answer.metadata.response_code),
        (7, ResponseCode::FormErr)
    );

    let mut stream = tcp(&handle).await;
    // More than UDP takes.
    let answer = ask(&mut stream, 3, "s3.ca-central-1.cairn.test.").await.unwrap();
    assert_eq!((answer.metadata.id, answer.answers.len()), (3, 64));
    // Two at once, and one byte by byte (RFC 7766 §6.2.1.1, §8).
    let two = [
        framed(&query(4, "s3.cairn.test.")),
        framed(&query(5, "no.cairn.test.")),
    ]
    .concat();
    stream.write_all(&two).await.unwrap();
    assert_eq!(read(&mut stream).await.unwrap().metadata.id, 4);
    assert_eq!(
        read(&mut stream).await.unwrap().metadata.response_code,
        ResponseCode::NXDomain
    );
    for byte in framed(&query(6, "s3.cairn.test.")) {
        stream.write_all(&[byte]).await.unwrap();
    }
    assert_eq!(read(&mut stream).await.unwrap().metadata.id, 6);
    handle.stop().await;
}

#[tokio::test]
async fn a_connection_ends_when_idle_slow_too_long_or_done() {
    let kit = kit();
    let handle = start(
        &kit,
        Limits {
            connection_queries_max: 3,
            ..limits()
        },
    )
    .await;
    let idle = Instant::now();
    assert!(read(&mut tcp(&handle).await).await.is_none());
    assert!(idle.elapsed() >= Duration::from_millis(300) && idle.elapsed() < SOON);
    // A query that trickles in has the same time as one that does not come.
    let mut stream = tcp(&handle).await;
    let slow = Instant::now();
    for byte in framed(&query(1, "s3.cairn.test.")) {
        if stream.write_all(&[byte]).await.is_err() {
            break;
        }
        sleep(Duration::from_millis(50)).await;
    }
    assert!(read(&mut stream).await.is_none());
    assert!(slow.elapsed() < SOON);
    // A length over the limit, and a message that is no query.
    let mut stream = tcp(&handle).await;
    let long = u16::try_from(crate::tcp::QUERY_BYTES_MAX + 1).unwrap();
    stream.write_all(&long.to_be_bytes()).await.unwrap();
    assert!(read(&mut stream).await.is_none());
    let mut stream = tcp(&handle).await;
    stream.write_all(&framed(&[0xff; 20])).await.unwrap();
    assert!(read(&mut stream).await.is_none());
    // Three queries, and no fourth.
    let mut stream = tcp(&handle).await;
    for id in 1..=3 {
        assert!(ask(&mut stream, id, "s3.cairn.test.").await.is_some());
    }
    assert!(ask(&mut stream, 4, "s3.cairn.test.").await.is_none());
    handle.stop().await;
}

#[tokio::test]
async fn a_source_has_so_many_connections() {
    let kit = kit();
    let handle = start(
        &kit,
        Limits {
            connections_per_source_max: 2,
            connection_idle_timeout: SOON,
            ..limits()
        },
    )
    .await;
    let mut first = tcp(&handle).await;
    let mut second = tcp(&handle).await;
    for stream in [&mut first, &mut second] {
        assert!(ask(stream, 1, "s3.cairn.test.").await.is_some());
    }
    assert!(
        ask(&mut tcp(&handle).await, 1, "s3.cairn.test.").await.is_none(),
        "one too many"
    );
    drop(first);
    // The server sees the end of the first a moment later.
    let again = async {
        while ask(&mut tcp(&handle).await, 1, "s3.cairn.test.").await.is_none() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(SOON, again).await.unwrap();
    handle.stop().await;
}

#[tokio::test]
async fn over_the_number_of_connections_the_next_waits() {
    let kit = kit();
    let handle = start(
        &kit,
        Limits {
            connections_max: 1,
            connection_idle_timeout: SOON,
            ..limits()
        },
    )
    .await;
    let mut first = tcp(&handle).await;
    assert!(ask(&mut first, 1, "s3.cairn.test.").await.is_some());
    let mut second = tcp(&handle).await;
    second
        .write_all(&framed(&query(2, "s3.cairn.test.")))
        .await
        .unwrap();
    assert!(
        timeout(NOTHING, second.readable()).await.is_err(),
        "it is not served yet"
    );
    drop(first);
    assert_eq!(read(&mut second).await.unwrap().metadata.id, 2);
    handle.stop().await;
}

/// A client that sends and does not read is cut off.
#[tokio::test]
async fn an_answer_nobody_takes_ends_the_connection() {
    let kit = kit();
    let handle = start(
        &kit,
        Limits {
            connection_queries_max: usize::MAX,
            write_timeout: Duration::from_millis(200),
            ..limits()
        },
    )
    .await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(handle.tcp_address().unwrap()).await.unwrap();
    let query = framed(&query(1, "s3.ca-central-1.cairn.test.")).repeat(100);
    let write = async { while stream.write_all(&query).await.is_ok() {} };
    timeout(SOON * 2, write).await.expect("the server never closes");
    handle.stop().await;
}

/// Over the rate, every second query gets the advice to come over TCP, where it is answered.
#[tokio::test]
async fn a_network_over_its_rate_is_sent_to_tcp() {
    let kit = kit();
    let rate = RateLimits {
        answers_per_second: 1,
        burst: 2,
        slip: 2,
        networks_max: 16,
    };
    let handle = start(&kit, Limits { rate, ..limits() }).await;
    let socket = udp(&handle).await;
    let mut seen = Vec::new();
    for id in 0..6 {
        socket.send(&query(id, "far.s3.cairn.test.")).await.unwrap();
        if let Some(answer) = receive(&socket, NOTHING).await {
            assert_eq!(answer.metadata.truncation, answer.answers.is_empty());
            seen.push((answer.metadata.id, answer.metadata.truncation));
        }
    }
    // The burst; then, however slow the machine, some but not all get something.
    assert_eq!(seen[..2], [(0, false), (1, false)], "{seen:?}");
    assert!(
        seen.len() < 6 && seen.iter().any(|(_, truncated)| *truncated),
        "{seen:?}"
    );
    let mut stream = tcp(&handle).await;
    for id in 0..10 {
        assert_eq!(
            ask(&mut stream, id, "far.s3.cairn.test.")
                .await
                .unwrap()
                .answers
                .len(),
            2
        );
    }
    handle.stop().await;
}

#[tokio::test]
async fn over_the_number_of_queries_in_work_the_next_is_dropped() {
    let kit = kit();
    kit.buckets.fail(Failure::Silence);
    let handle = start(
        &kit,
        Limits {
            datagrams_in_flight_max: 2,
            ..limits()
        },
    )
    .await;
    let socket = udp(&handle).await;
    for id in 1..=4 {
        socket.send(&query(id, "far.s3.cairn.test.")).await.unwrap();
    }
    for _ in 0..2 {
        let answer = receive(&socket, SOON).await.unwrap();
        assert_eq!(answer.metadata.response_code, ResponseCode::ServFail);
        assert!(answer.metadata.id <= 2);
    }
    assert!(receive(&socket, NOTHING).await.is_none());
    // Room again.
    socket.send(&query(5, "s3.cairn.test.")).await.unwrap();
    assert_eq!(receive(&socket, SOON).await.unwrap().metadata.id, 5);
    handle.stop().await;
}

#[tokio::test]
async fn stopping_finishes_what_is_in_work_and_frees_the_addresses() {
    let kit = kit_with(Settings {
        directory_timeout: Duration::from_millis(300),
        ..settings()
    });
    kit.buckets.fail(Failure::Silence);
    let handle = start(&kit, limits()).await;
    let addresses = (handle.udp_address().unwrap(), handle.tcp_address().unwrap());
    let socket = udp(&handle).await;
    let mut stream = tcp(&handle).await;
    socket.send(&query(1, "far.s3.cairn.test.")).await.unwrap();
    stream
        .write_all(&framed(&query(2, "far.s3.cairn.test.")))
        .await
        .unwrap();
    sleep(Duration::from_millis(100)).await;
    timeout(SOON, handle.stop()).await.unwrap();
    assert_eq!(receive(&socket, SOON).await.unwrap().metadata.id, 1);
    assert_eq!(read(&mut stream).await.unwrap().metadata.id, 2);
    assert!(read(&mut stream).await.is_none());
    drop(UdpSocket::bind(addresses.0).await.unwrap());
    drop(stream);
    let listener = TcpSocket::new_v4().unwrap();
    listener.set_reuseaddr(true).unwrap();
    listener.bind(addresses.1).unwrap();
}

#[tokio::test]
async fn stopping_waits_no_longer_than_it_may() {
    let kit = kit_with(Settings {
        directory_timeout: SOON * 10,
        ..settings()
    });
    kit.buckets.fail(Failure::Silence);
    let handle = start(
        &kit,
        Limits {
            stop_timeout: Duration::from_millis(100),
            ..limits()
        },
    )
    .await;
    let socket = udp(&handle).await;
    socket.send(&query(1, "far.s3.cairn.test.")).await.unwrap();
    let address = handle.udp_address().unwrap();
    sleep(Duration::from_millis(50)).await;
    timeout(SOON, handle.stop()).await.unwrap();
    UdpSocket::bind(address).await.unwrap();
}

#[tokio::test]
async fn a_dropped_handle_ends_the_server() {
    let kit = kit();
    let handle = start(&kit, limits()).await;
    let address = handle.udp_address().unwrap();
    drop(handle);
    let free = async {
        while UdpSocket::bind(address).await.is_err() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(SOON, free).await.unwrap();
}
