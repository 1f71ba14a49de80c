//! A phone and a registrar that asks for passwords.

use std::net::SocketAddr;
use std::time::Duration;

use base::{Flow, NetworkId, Now, Rng, Secret, Time};
use phone::{Config, Input, Output, Phone, What, Why};
use sip::digest::{Algorithm, Authority, Credentials, Verdict, verify};
use sip::{Builder, Cause, Message, Method, Name};

struct Registrar {
    authority: Authority,
    /// Offers MD5 alone, as old ones do.
    md5_only: bool,
    /// Refuses shorter registrations with 423.
    least: u32,
    /// Takes every nonce as gone stale, this many times.
    stale: u32,
    seen: Vec<Message>,
}

impl Registrar {
    fn new() -> Registrar {
        let authority = Authority::new("hotline", &[Algorithm::Sha256, Algorithm::Md5], [7; 32]);
        Registrar { authority, md5_only: false, least: 0, stale: 0, seen: Vec::new() }
    }

    fn respond(&mut self, now: Time, bytes: &[u8]) -> Option<Vec<u8>> {
        let request = Message::parse(bytes).expect("a phone's request can be read");
        self.seen.push(request.clone());
        let reply = |status| Builder::reply(&request, status, Some("tag"), None);
        let password = |user: &str| (user == "1001").then(|| "secret".to_owned());
        if request.method() == Method::Ack {
            return None;
        }
        let stale = match self.authority.judge(now, &request, password) {
            Verdict::Granted { .. } if self.stale == 0 => return Some(self.grant(&request)),
            Verdict::Granted { .. } => true,
            Verdict::Missing => false,
            _ => return Some(reply(403).finish()),
        };
        self.stale = self.stale.saturating_sub(u32::from(stale));
        let mut builder = reply(401);
        for challenge in self.authority.challenges(now, stale).iter().skip(usize::from(self.md5_only)) {
            builder.push("WWW-Authenticate", challenge.to_string());
        }
        Some(builder.finish())
    }

    fn grant(&self, request: &Message) -> Vec<u8> {
        let asked = request.expires().expect("an Expires");
        let reply = |status| Builder::reply(request, status, Some("tag"), None);
        if asked > 0 && asked < self.least {
            return reply(423).header("Min-Expires", self.least).finish();
        }
        let contact = request.contacts().expect("a Contact").remove(0);
        reply(200).header("Contact", format_args!("{contact};expires={}", asked.min(120))).finish()
    }
}

struct World {
    now: Now,
    phone: Phone,
    registrar: Registrar,
    out: Output,
    told: Vec<What>,
}

const SERVER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1)), 5060);

impl World {
    fn new(password: Option<&str>, registrar: Registrar) -> World {
        let at = |port| SocketAddr::from(([10, 0, 0, 2], port));
        let mut config = Config::new("1001", SERVER, at(5062), at(40000));
        config.password = password.map(|p| Secret(p.to_owned()));
        let phone = Phone::new(config, Now::default(), Rng::from_number(1));
        World { now: Now::default(), phone, registrar, out: Output::default(), told: Vec::new() }
    }

    fn act(&mut self, act: impl FnOnce(&mut Phone, Now, &mut Output)) {
        act(&mut self.phone, self.now, &mut self.out);
        self.carry();
    }

    /// Every request is answered at once.
    fn carry(&mut self) {
        while let Some(request) = (!self.out.sip.is_empty()).then(|| self.out.sip.remove(0)) {
            if let Some(bytes) = self.registrar.respond(self.now.time, &request.bytes) {
                let flow = Flow::udp(NetworkId(0), SERVER);
                self.phone.handle(self.now, Input::Sip { flow, bytes: &bytes }, &mut self.out);
            }
        }
        self.told.extend(self.out.events.drain(..).map(|e| e.what));
    }

    fn seconds(&mut self, seconds: u64) {
        let end = self.now.plus(Duration::from_secs(seconds));
        while let Some(at) = self.phone.next_timeout().filter(|at| *at <= end.time) {
            self.now = self.now.plus(at.since(self.now.time));
            self.phone.handle_timeout(self.now, &mut self.out);
            self.carry();
        }
        self.now = end;
    }

    fn seen(&self, method: Method) -> usize {
        self.registrar.seen.iter().filter(|m| m.method() == method).count()
    }
}

#[test]
fn registers_refreshes_and_leaves() {
    for md5_only in [false, true] {
        let mut world = World::new(Some("secret"), Registrar { md5_only, ..Registrar::new() });
        world.act(Phone::register);
        assert!(matches!(world.told[..], [What::Registered { seconds: 120 }]), "{:?}", world.told);
        assert!(world.phone.is_registered());
        assert_eq!(world.seen(Method::Register), 2);
        // Refreshed after three quarters of what was granted.
        world.seconds(89);
        assert_eq!(world.seen(Method::Register), 2);
        world.seconds(2);
        assert_eq!(world.seen(Method::Register), 4);
        let ids: Vec<_> = world.registrar.seen.iter().map(|m| m.call_id().map(str::to_owned)).collect();
        assert!(ids.windows(2).all(|w| w[0] == w[1]), "one Call-ID for all");
        let numbers: Vec<u32> = world.registrar.seen.iter().filter_map(|m| m.cseq().ok()).map(|c| c.0).collect();
        assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
        world.act(Phone::unregister);
        assert!(matches!(world.told.last(), Some(What::Unregistered)));
        assert_eq!(world.registrar.seen.last().and_then(Message::expires), Some(0));
        world.seconds(600);
        assert_eq!(world.seen(Method::Register), 6, "no more after leaving");
    }
}

#[test]
fn a_wrong_or_missing_password_fails_and_is_tried_again_later() {
    for password in [None, Some("wrong")] {
        let mut world = World::new(password, Registrar::new());
        world.act(Phone::register);
        let failed = Cause::Status(if password.is_some() { 403 } else { 401 });
        assert!(matches!(world.told[..], [What::RegisterFailed { cause }] if cause == failed), "{:?}", world.told);
        let seen = world.seen(Method::Register);
        world.seconds(29);
        assert_eq!(world.seen(Method::Register), seen);
        world.seconds(2);
        assert_eq!(world.seen(Method::Register), 2 * seen);
    }
}

#[test]
fn stale_nonces_and_longer_lifetimes_are_followed() {
    let mut world = World::new(Some("secret"), Registrar { stale: 1, ..Registrar::new() });
    world.act(Phone::register);
    assert!(world.phone.is_registered(), "{:?}", world.told);
    let mut world = World::new(Some("secret"), Registrar { stale: 1000, ..Registrar::new() });
    world.act(Phone::register);
    assert!(!world.phone.is_registered(), "a registrar without end is given up");
    assert!(world.seen(Method::Register) <= 3);
    let mut world = World::new(Some("secret"), Registrar { least: 3600, ..Registrar::new() });
    world.act(Phone::register);
    assert!(world.phone.is_registered(), "{:?}", world.told);
    assert_eq!(world.registrar.seen.last().and_then(Message::expires), Some(3600));
}

#[test]
fn a_proxy_that_asks_for_a_password_before_a_call() {
    let mut world = World::new(Some("secret"), Registrar::new());
    world.phone.dial(world.now, "12345", &mut world.out);
    let invite = Message::parse(&world.out.sip.remove(0).bytes).expect("an INVITE");
    let challenge = world.registrar.authority.challenges(world.now.time, false)[1].clone();
    let asked =
        Builder::reply(&invite, 407, Some("t"), None).header("Proxy-Authenticate", challenge.to_string()).finish();
    let flow = Flow::udp(NetworkId(0), SERVER);
    world.phone.handle(world.now, Input::Sip { flow, bytes: &asked }, &mut world.out);
    let again =
        world.out.sip.iter().filter_map(|m| Message::parse(&m.bytes).ok()).find(|m| m.method() == Method::Invite);
    let again = again.expect("a second INVITE");
    let credentials =
        Credentials::parse(again.header(Name::ProxyAuthorization).expect("credentials")).expect("readable");
    assert!(verify("INVITE", &credentials, "secret"));
    assert!(world.out.events.is_empty());
    let again = Builder::reply(&again, 407, Some("u"), None)
        .header("Proxy-Authenticate", "Digest realm=\"hotline\", nonce=\"n\"");
    world.phone.handle(world.now, Input::Sip { flow, bytes: &again.finish() }, &mut world.out);
    assert!(
        matches!(world.out.events[..], [phone::Event { what: What::HungUp { why: Why::Status(407), .. }, .. }]),
        "asked twice is refused: {:?}",
        world.out.events
    );
}

#[test]
fn what_is_asked_while_a_register_is_under_way_waits_for_its_answer() {
    let mut world = World::new(Some("secret"), Registrar::new());
    // Nothing is answered before both were asked.
    world.phone.register(world.now, &mut world.out);
    world.phone.unregister(world.now, &mut world.out);
    assert_eq!(world.out.sip.len(), 1, "one REGISTER at a time");
    world.carry();
    assert!(matches!(world.told[..], [What::Registered { .. }, What::Unregistered]), "{:?}", world.told);
    world.act(Phone::register);
    world.phone.unregister(world.now, &mut world.out);
    world.phone.register(world.now, &mut world.out);
    world.carry();
    assert!(world.phone.is_registered());
    assert!(matches!(world.told[2..], [What::Registered { .. }, What::Unregistered, What::Registered { .. }]));
    // Asked back while the first has no answer: there is nothing to be taken back.
    let mut world = World::new(Some("secret"), Registrar::new());
    world.phone.register(world.now, &mut world.out);
    world.phone.unregister(world.now, &mut world.out);
    world.phone.register(world.now, &mut world.out);
    world.carry();
    assert!(matches!(world.told[..], [What::Registered { .. }]), "{:?}", world.told);
}
