//! Trunks that calls go out through: registered at a real registrar, failed over when it dies, found by names.

use std::net::Ipv4Addr;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::kit::engine::{Engine, replace, root};
use crate::kit::kamailio::Kamailio;
use crate::kit::names::{Data, Names};
use crate::kit::puppet::Puppet;
use crate::kit::raw::{self, Dialog};
use crate::kit::sipp::Sipp;
use crate::kit::wait;

const LIMIT: Duration = Duration::from_secs(60);
const PASSWORD: &str = "of-the-trunk";

/// An engine with one more trunk, whose lines these are.
fn engine(lines: &str, more: &str) -> Engine {
    Engine::start_with(|config: &Path| {
        let file = config.join("hotline.toml");
        let before = std::fs::read_to_string(&file).expect("the shipped server");
        let text = format!("{before}\n{more}\n[[trunk]]\nname = \"out\"\noptions_s = 5\n{lines}\n");
        std::fs::write(file, text).expect("written");
    })
}

fn register(password: &str) -> String {
    format!("register = {{ user = \"12345\", domain = \"ims.example.org\", password = \"{password}\" }}\n")
}

/// How the trunk leads out.
fn outward(engine: &Engine) -> Value {
    let (status, body) = engine.api("GET", &engine.admin_token(), "/trunks", "");
    assert_eq!(status, 200);
    let trunks = body["trunks"].as_array().expect("a list");
    assert_eq!(trunks[0]["outward"], Value::Null, "the shipped trunk only brings calls in");
    trunks.iter().find(|trunk| trunk["trunk"] == "out").expect("our trunk")["outward"].clone()
}

/// Looks until the trunk is as wanted.
fn until(engine: &Engine, what: &str, is: impl Fn(&Value) -> bool) -> Value {
    wait::until(what, LIMIT, || Some(outward(engine)).filter(&is))
}

#[test]
fn it_registers_and_the_other_registrar_takes_over_when_the_first_one_dies() {
    let (first, second) = (Kamailio::registrar(PASSWORD), Kamailio::registrar(PASSWORD));
    let targets = format!(
        "targets = [\"sip:{}\", {{ uri = \"sip:{};transport=tcp\", priority = 2 }}]\n{}",
        first.at,
        second.at,
        register(PASSWORD)
    );
    let engine = engine(&targets, "");
    let states = |trunk: &Value| [0, 1].map(|place| trunk["targets"][place]["state"].clone());
    let at = |trunk: &Value| trunk["registration"]["at"].as_str().map(str::to_owned);
    let trunk = until(&engine, "the registration", |trunk| {
        trunk["registration"]["state"] == "registered" && states(trunk) == ["up", "up"]
    });
    assert_eq!(at(&trunk), Some(first.at.to_string()), "the first one is preferred");
    assert_eq!((&trunk["open"], &trunk["registration"]["trouble"]), (&Value::Bool(true), &Value::Null));
    assert_eq!(trunk["targets"][1]["address"], format!("tcp:{}", second.at));
    assert_eq!(engine.gauge("hotline_trunk_registered{trunk=\"out\"}"), 1.0);
    // The registrar finds us: a call to the number that we registered comes in.
    let routed = root().join("tests/sipp/routed.xml").to_string_lossy().into_owned();
    Sipp::start(&["-sf", &routed], first.at, 1).succeeds(LIMIT);
    assert_eq!(engine.ended_records(1).len(), 1);

    drop(first);
    let trunk = until(&engine, "the other registrar", |trunk| {
        states(trunk) == ["down", "up"] && at(trunk) == Some(second.at.to_string())
    });
    assert_eq!((&trunk["registration"]["state"], &trunk["open"]), (&Value::from("registered"), &Value::Bool(true)));
    assert_eq!(engine.gauge("hotline_trunk_targets{trunk=\"out\",state=\"down\"}"), 1.0);
    Sipp::start(&["-sf", &routed], second.at, 1).succeeds(LIMIT);
    assert_eq!(engine.ended_records(2).len(), 2);
    let log = engine.process.output();
    assert_eq!(log.matches("is down: it does not answer").count(), 1, "once:\n{log}");
    assert!(!log.contains(PASSWORD));
}

#[test]
fn a_wrong_password_is_said_and_no_call_goes_out() {
    let registrar = Kamailio::registrar(PASSWORD);
    let engine = engine(&format!("targets = \"sip:{}\"\n{}", registrar.at, register("guess")), "");
    let trunk = until(&engine, "the refusal", |trunk| trunk["registration"]["state"] == "failed");
    assert_eq!(trunk["registration"]["trouble"], "wrong user or password");
    assert_eq!(trunk["open"], false);
    assert_eq!(engine.gauge("hotline_trunk_open{trunk=\"out\"}"), 0.0);
}

#[test]
fn a_name_leads_to_the_registrar_and_its_last_address_stays() {
    let registrar = Kamailio::registrar(PASSWORD);
    let port = registrar.at.port();
    let names = Names::start(vec![
        ("ims.example.org", Data::Naptr { order: 1, service: "SIPS+D2T", replacement: "_sips._tcp.ims.example.org" }),
        ("ims.example.org", Data::Naptr { order: 2, service: "SIP+D2T", replacement: "_sip._tcp.ims.example.org" }),
        ("_sip._tcp.ims.example.org", Data::Srv { priority: 1, port, target: "p1.example.org" }),
        ("p1.example.org", Data::A(Ipv4Addr::LOCALHOST)),
    ]);
    let dns = format!("[dns]\nservers = [\"{}\"]\n", names.at);
    let engine = engine(&format!("targets = [\"sip:ims.example.org\"]\n{}", register(PASSWORD)), &dns);
    let is_up = |trunk: &Value| {
        let target = &trunk["targets"][0];
        trunk["registration"]["state"] == "registered" && target["state"] == "up"
    };
    let trunk = until(&engine, "the registration", is_up);
    assert_eq!(
        trunk["targets"][0]["address"],
        format!("tcp:127.0.0.1:{port}"),
        "NAPTR, SRV and A, one after the other"
    );
    names.fall_silent();
    let asked = names.asked();
    wait::until("questions that nobody answers", LIMIT, || (names.asked() > asked + 3).then_some(()));
    assert!(is_up(&outward(&engine)), "the last good answer serves");
}

/// A registrar by hand that grants what it is asked for.
fn grants(registrar: &mut Puppet) -> String {
    let asked = registrar.hear("REGISTER");
    registrar.respond(&asked, (200, "registrar"), "");
    asked
}

#[test]
fn at_an_orderly_end_the_registration_is_taken_back() {
    for answers in [true, false] {
        let registrar = Puppet::new(([127, 0, 0, 1], 9).into());
        let mut engine = engine(&format!("targets = \"sip:{}\"\n{}", registrar.address(), register(PASSWORD)), "");
        let mut registrar = registrar.facing(engine.sip);
        let first = grants(&mut registrar);
        until(&engine, "the registration", |trunk| trunk["registration"]["state"] == "registered");
        engine.process.signal("TERM");
        let began = Instant::now();
        let last = if answers { grants(&mut registrar) } else { registrar.hear("REGISTER") };
        assert_eq!((raw::header(&first, "Expires"), raw::header(&last, "Expires")), ("3600", "0"));
        assert_eq!(raw::header(&first, "Call-ID"), raw::header(&last, "Call-ID"));
        assert_eq!(raw::header(&first, "Contact"), raw::header(&last, "Contact"));
        assert_eq!(engine.process.wait(LIMIT).code(), Some(0));
        let took = began.elapsed();
        assert!(took < Duration::from_secs(4), "a silent registrar is not waited for: {took:?}");
        assert!(answers || took >= Duration::from_millis(1900), "it has its two seconds: {took:?}");
    }
}

#[test]
fn who_calls_in_from_where_we_call_out_to_is_the_trunk() {
    for (sources, status) in [("", "200"), ("sources = []\n", "401")] {
        let carrier = Puppet::new(([127, 0, 0, 1], 9).into());
        let engine = Engine::start_with(|config: &Path| {
            let file = config.join("hotline.toml");
            replace(&file, "sources = [\"127.0.0.0/8\", \"::1/128\"]", "sources = [\"192.0.2.0/24\"]");
            let before = std::fs::read_to_string(&file).expect("the shipped server");
            let trunk = format!(
                "[[trunk]]\nname = \"out\"\noptions_s = 0\ncaller = \"12345\"\ntargets = \"sip:{}\"\n{sources}",
                carrier.address()
            );
            std::fs::write(file, format!("{before}\n{trunk}")).expect("written");
        });
        // From another port than calls go to: a carrier may send from where it likes.
        let mut caller = Puppet::new(engine.sip);
        let mut dialog = Dialog::calling(engine.sip, "13900139000", "in", caller.address());
        caller.say(&dialog.request("INVITE", &caller.description()));
        let answer = caller.hear(status);
        if status == "200" {
            dialog.answered(&answer);
            caller.say(&dialog.request("ACK", ""));
            caller.say(&dialog.request("BYE", ""));
            let record = engine.ended_records(1).remove(0);
            assert_eq!(record["source"], "out", "{record}");
        }
    }
}
