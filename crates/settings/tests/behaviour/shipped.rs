//! The configuration that comes with the product.

use call::plan::Identity;

use crate::broken::folder_with;
use crate::kit::{config, load, load_with};

#[test]
fn it_loads_clean() {
    let plans = load(&config()).unwrap_or_else(|report| panic!("{report}"));
    assert_eq!(plans.warnings, Vec::new());
    let groups: Vec<_> = plans.acd.groups.iter().map(|g| g.name.as_str()).collect();
    assert_eq!(groups, ["consult", "complaint", "suggestion", "order", "english"]);
    assert_eq!(plans.call.agents.len(), 10);
    assert_eq!((plans.acd.redial.as_secs(), plans.acd.wrap_up_max.as_secs()), (600, 3600));
    assert!(plans.acd.agents.iter().all(|a| a.skills.len() == 5));
    assert!(plans.call.called.iter().any(|c| c.number == "12345"));
    assert_eq!(plans.server.networks[0].listen.to_string(), "127.0.0.1:5060");
    assert_eq!(plans.server.networks[0].tcp, Some(plans.server.networks[0].listen));
    assert_eq!(plans.call.networks[0].advertised.host, "127.0.0.1");
    let states = roster::Plan { agents: plans.roster.agents.clone(), ..roster::Plan::default() };
    assert_eq!(plans.roster, states, "what the shipped files say is what an operator gets who says nothing");
    let pause = roster::StarCode::Pause { reason: "meal".to_owned() };
    assert_eq!(plans.roster.star_codes.parse("*732"), Some(pause));
    let (group, _) = plans.call.menus[0].menu.person();
    assert_eq!(plans.acd.groups[usize::from(group.0)].name, "consult");
}

#[test]
fn the_environment_goes_first() {
    let env = [
        ("HOTLINE__SIP__UDP", "127.0.0.1:0"),
        ("HOTLINE__HTTP__LISTEN", "127.0.0.1:8081"),
        ("HOTLINE__MEDIA__PORTS", "31000-32999"),
        ("HOTLINE__LIMITS__CALLS", "7"),
        ("HOTLINE__PROMPTS__LOCALES", "zh-CN, en"),
        ("HOTLINE__CONNECT__SAY_AGENT_NUMBER", "false"),
        ("PATH", "/bin"),
    ];
    let plans = load_with(&config(), &env).unwrap_or_else(|report| panic!("{report}"));
    assert_eq!(plans.server.networks[0].listen.to_string(), "127.0.0.1:0");
    assert_eq!(plans.call.networks[0].advertised.udp_port, 0);
    assert_eq!(plans.call.networks[0].advertised.tcp_port, Some(0));
    assert_eq!(plans.server.http.to_string(), "127.0.0.1:8081");
    assert_eq!(plans.server.networks[0].media_ports, 31000..=32999);
    assert_eq!(plans.call.limits.calls, 7);
    assert!(!plans.call.connect.say_agent_number);
}

#[test]
fn a_trunk_says_who_calls_as_the_operator_says() {
    let trunk = |lines: &str| {
        let text = std::fs::read_to_string(config().join("hotline.toml")).expect("the shipped file");
        let text = text.replace("identity = \"asserted\"\n", lines);
        let dir = folder_with("trunk", "hotline.toml", text.as_bytes());
        let plans = load(&dir).unwrap_or_else(|report| panic!("{report}"));
        let trunk = plans.call.trunks[0].clone();
        (trunk.identity, trunk.area_code.map(|code| code.as_str().to_owned()))
    };
    assert_eq!(trunk(""), (Identity::Asserted, None));
    let said = trunk("identity = \"from\"\narea_code = \"0755\"\n");
    assert_eq!(said, (Identity::From, Some("0755".to_owned())));
}

#[test]
fn every_key_has_its_row_in_the_manual() {
    let manual = std::fs::read_to_string(crate::kit::root().join("docs/config.md")).expect("docs/config.md");
    let rows: Vec<&str> = manual.lines().filter_map(|l| l.strip_prefix("| `")?.split_once('`')).map(|r| r.0).collect();
    let missing: Vec<_> = settings::keys().iter().filter(|key| !rows.contains(key)).collect();
    assert!(missing.is_empty(), "without a row: {missing:?}");
    let unknown: Vec<_> = rows.iter().filter(|row| !settings::keys().contains(row)).collect();
    assert!(unknown.is_empty(), "no such key: {unknown:?}");
}

#[test]
fn connections_are_taken_where_the_operator_says() {
    let tcp = |text: &str| {
        let plans = load_with(&config(), &[("HOTLINE__SIP__TCP", text)]).unwrap_or_else(|report| panic!("{report}"));
        (plans.server.networks[0].tcp.map(|at| at.to_string()), plans.call.networks[0].advertised.tcp_port)
    };
    assert_eq!(tcp("127.0.0.1:5062"), (Some("127.0.0.1:5062".to_owned()), Some(5062)));
    assert_eq!(tcp("off"), (None, None));
}

#[test]
fn a_service_that_understands_is_told_of_in_the_file_or_in_the_environment() {
    let none = load(&config()).unwrap_or_else(|report| panic!("{report}"));
    assert_eq!((none.recognition, none.call.understands), (None, None));
    let text = std::fs::read_to_string(config().join("hotline.toml")).expect("the shipped file");
    let section =
        "\n[speech.recognition]\nurl = \"http://asr/v1\"\nform = { model = \"m\", language = \"{language}\" }\n";
    let dir = folder_with("speech", "hotline.toml", format!("{text}{section}").as_bytes());
    let plans = load(&dir).unwrap_or_else(|report| panic!("{report}"));
    assert_eq!(plans.call.understands, Some(std::time::Duration::from_secs(3)));
    let found = plans.recognition.expect("a service");
    assert_eq!((found.url.as_str(), found.text_at.as_str(), found.headers.len()), ("http://asr/v1", "/text", 0));
    let form = [("model", "m"), ("language", "{language}")].map(|(name, text)| (name.to_owned(), text.to_owned()));
    assert_eq!(found.form, Some(form.to_vec()));
    let env = [
        ("HOTLINE__SPEECH__RECOGNITION__URL", "https://asr/v2"),
        ("HOTLINE__SPEECH__RECOGNITION__HEADERS", "Authorization: Bearer secret\nX-Key: k:1"),
        ("HOTLINE__SPEECH__RECOGNITION__TIMEOUT_S", "5"),
    ];
    for (dir, forms) in [(dir, true), (config(), false)] {
        let plans = load_with(&dir, &env).unwrap_or_else(|report| panic!("{report}"));
        assert_eq!(plans.call.understands, Some(std::time::Duration::from_secs(5)));
        let found = plans.recognition.expect("a service");
        assert!(!format!("{found:?}").contains("secret"), "{found:?}");
        let headers: Vec<_> = found.headers.iter().map(|(name, text)| (name.as_str(), text.0.as_str())).collect();
        assert_eq!(headers, [("Authorization", "Bearer secret"), ("X-Key", "k:1")]);
        assert_eq!((found.url.as_str(), found.form.is_some()), ("https://asr/v2", forms));
    }
}

/// What the shipped file shows as comments, with the marks taken away.
#[test]
fn a_trunk_leads_out_as_the_shipped_comments_say() {
    let text = std::fs::read_to_string(config().join("hotline.toml")).expect("the shipped file");
    let keys =
        ["area_code", "codecs", "targets", "domain", "register", "options_s", "number_out", "caller", "identity_out"];
    let mut of_trunks = true;
    let shown = text.lines().map(|line| {
        of_trunks &= line != "# [[dial]]";
        let shows = |rest: &&str| keys.iter().any(|key| rest.starts_with(key)) || rest.starts_with("servers");
        line.strip_prefix("# ").filter(|rest| of_trunks && (shows(rest) || *rest == "[dns]")).unwrap_or(line)
    });
    let text = shown.collect::<Vec<_>>().join("\n");
    let dir = folder_with("outward", "hotline.toml", text.as_bytes());
    let plans = load(&dir).unwrap_or_else(|report| panic!("{report}"));
    let trunk = &plans.carrier.trunks[0];
    assert_eq!(plans.server.dns, ["192.0.2.53:53".parse().expect("an address")]);
    assert!(plans.carrier.needs_dns());
    let targets: Vec<_> = trunk.targets.iter().map(|t| (t.host.to_string(), t.port, t.transport, t.priority)).collect();
    let expected = [
        ("ims.example.org".to_owned(), None, None, 1),
        ("192.0.2.1".to_owned(), Some(5060), Some(base::Transport::Tcp), 2),
    ];
    assert_eq!(targets, expected);
    let register = trunk.register.as_ref().expect("it registers");
    assert_eq!((register.user.as_str(), register.expires.as_secs()), ("02012345", 3600));
    assert_eq!(trunk.login.as_ref().map(|login| login.user.as_str()), Some("02012345@ims.example.org"));
    let outward = plans.call.trunks[0].outward.clone().expect("calls go out");
    assert!(outward.may_show("12345") && outward.may_show("02012345") && !outward.may_show("13800138000"));
    assert_eq!(plans.call.trunks[0].codecs, base::Codec::ALL);
    let shipped = load(&config()).unwrap_or_else(|report| panic!("{report}"));
    assert!(!shipped.carrier.needs_dns() && shipped.carrier.trunks[0].targets.is_empty());
    assert_eq!(shipped.call.trunks[0].outward, None);
    assert!(!shipped.call.trunks[0].by_targets, "its sources are written");
}

#[test]
fn the_addresses_of_targets_are_sources_where_none_are_written() {
    for (case, lines, expected) in
        [("none", "", true), ("empty", "sources = []\n", false), ("some", "sources = [\"192.0.2.1\"]\n", false)]
    {
        let text = std::fs::read_to_string(config().join("hotline.toml")).expect("the shipped file");
        let text =
            format!("{text}\n[[trunk]]\nname = \"out\"\ntargets = \"sip:192.0.2.9\"\ncaller = \"12345\"\n{lines}");
        let plans = load(&folder_with(&format!("by-targets-{case}"), "hotline.toml", text.as_bytes()));
        let plans = plans.unwrap_or_else(|report| panic!("{report}"));
        assert_eq!(plans.call.trunks.last().map(|trunk| trunk.by_targets), Some(expected), "{case}");
    }
}

/// The shipped file with another listener, and these lines behind it.
fn listening(case: &str, listen: &str, lines: &str) -> Result<settings::Plans, settings::Report> {
    let text = std::fs::read_to_string(config().join("hotline.toml")).expect("the shipped file");
    let text = text.replace("listen = \"127.0.0.1:5060\"\n", &format!("listen = \"{listen}\"\n{lines}"));
    load(&folder_with(case, "hotline.toml", text.as_bytes()))
}

#[test]
fn a_network_of_ipv6_says_so_in_all_it_tells_phones() {
    let cases = [
        ("", "::1", 5060, "::1"),
        ("advertised = \"2001:db8::7\"\n", "2001:db8::7", 5060, "2001:db8::7"),
        ("advertised = \"[2001:db8::7]\"\n", "2001:db8::7", 5060, "2001:db8::7"),
        ("advertised = \"[2001:db8::7]:5070\"\n", "2001:db8::7", 5070, "2001:db8::7"),
        ("advertised = \"sip.example.org\"\n", "sip.example.org", 5060, "::1"),
    ];
    for (lines, host, port, media) in cases {
        let plans = listening("six", "[::1]:5060", lines).unwrap_or_else(|report| panic!("{lines}{report}"));
        let (shown, server) = (&plans.call.networks[0].advertised, &plans.server.networks[0]);
        assert_eq!((shown.host.as_str(), shown.udp_port), (host, port), "{lines}");
        assert_eq!((server.media_advertised.to_string(), server.media_bind), (media.to_owned(), server.listen.ip()));
    }
    let report = listening("six", "[::]:5060", "").expect_err("nobody can send to every address");
    assert!(report.to_string().contains("`::` is no address that a phone can send to"), "{report}");
}

#[test]
fn a_network_is_of_one_family_and_two_share_a_port() {
    for lines in ["tcp = \"[::1]:5060\"\n", "media_bind = \"::1\"\n"] {
        let report = listening("families", "127.0.0.1:5060", lines).expect_err(lines);
        assert!(report.to_string().contains("are of two families"), "{lines}{report}");
    }
    let six = "[[network]]\nname = \"six\"\nlisten = \"[::1]:5060\"\n\n[[network]]\nname = \"more\"\nlisten = \"127.0.0.1:5070\"\n";
    let plans = listening("families", "127.0.0.1:5060", six).unwrap_or_else(|report| panic!("{report}"));
    assert_eq!(plans.server.networks.len(), 3);
}
