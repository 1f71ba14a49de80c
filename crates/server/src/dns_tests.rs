use std::net::UdpSocket;
use std::time::Instant;

use hickory_resolver::proto::rr::Name;
use hickory_resolver::proto::rr::rdata::{A, NAPTR, SRV, TXT};

use super::*;

/// Waits for the bell, as the control thread does.
fn next(dns: &mut Dns, stop: &Stop) -> (Ticket, Resolved) {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let mut got = None;
        dns.take(|ticket, answer| got = Some((ticket, answer)));
        if let Some(got) = got {
            return got;
        }
        assert!(Instant::now() < end, "no answer, and no failure either");
        let mut fds = [rustix::event::PollFd::new(&stop.wake, rustix::event::PollFlags::IN)];
        let second = rustix::event::Timespec { tv_sec: 1, tv_nsec: 0 };
        rustix::event::poll(&mut fds, Some(&second)).expect("a poll");
        stop.clear_wake();
    }
}

#[test]
fn records_come_as_the_core_reads_them() {
    let name = |text: &str| Name::from_ascii(text).expect("a name");
    let naptr = NAPTR::new(10, 20, (*b"s").into(), (*b"SIP+D2T").into(), (*b"").into(), name("_sip._tcp.example.org."));
    let expected = Naptr {
        order: 10,
        preference: 20,
        flags: "s".to_owned(),
        service: "SIP+D2T".to_owned(),
        replacement: "_sip._tcp.example.org.".to_owned(),
    };
    assert_eq!(record(&RData::NAPTR(naptr)), Some(Record::Naptr(expected)));
    let srv = RData::SRV(SRV::new(1, 2, 5070, name("p1.example.org.")));
    let expected = Srv { priority: 1, weight: 2, port: 5070, target: "p1.example.org.".to_owned() };
    assert_eq!(record(&srv), Some(Record::Srv(expected)));
    assert_eq!(record(&RData::A(A::new(192, 0, 2, 1))), Some(Record::Address([192, 0, 2, 1].into())));
    assert_eq!(record(&RData::TXT(TXT::new(vec!["x".to_owned()]))), None);
}

#[test]
fn a_server_that_refuses_is_a_failure_and_rings() {
    let server = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let address = server.local_addr().expect("bound");
    let refuse = move || {
        let mut buffer = [0; 512];
        // Until the test is over.
        while let Ok((length, from)) = server.recv_from(&mut buffer) {
            // A response, REFUSED, with the question as it came (RFC 1035 §4.1.1).
            buffer[2] |= 0x80;
            buffer[3] = 5;
            let _ = server.send_to(&buffer[..length], from);
        }
    };
    std::thread::spawn(refuse);
    let stop = Arc::new(Stop::new().expect("a descriptor"));
    let mut dns = start(vec![address], Arc::clone(&stop)).expect("a thread");
    dns.ask(Ticket(7), Query::A("proxy.example.org".to_owned()));
    assert_eq!(next(&mut dns, &stop), (Ticket(7), Resolved::Failed));
    dns.ask(Ticket(8), Query::Srv("no name at all!".to_owned()));
    assert_eq!(next(&mut dns, &stop), (Ticket(8), Resolved::Failed));
}
