//! Every key there is: what is not here is a mistake in a file.

/// `section.key`, each with its row in `docs/config.md`. A section is a table of a file; `node` and what begins with
/// it are the nodes of a menu, `tree` is what stands above them.
const KEYS: &[&str] = &[
    // hotline.toml
    "server.data",
    "server.log",
    "sip.udp",
    "sip.realm",
    "sip.digest",
    "sip.expires_min_s",
    "sip.expires_default_s",
    "sip.expires_max_s",
    "sip.contacts_max",
    "http.listen",
    "media.ports",
    "media.workers",
    "prompts.dir",
    "prompts.locales",
    "connect.show_citizen",
    "connect.say_agent_number",
    "limits.calls",
    "limits.talk_s",
    "limits.menu_s",
    "drain.wait_s",
    "network.name",
    "network.listen",
    "network.transport",
    "network.advertised",
    "network.media_bind",
    "network.media_advertised",
    "network.media_ports",
    "network.dscp_sip",
    "network.dscp_media",
    "trunk.name",
    "trunk.sources",
    "trunk.user",
    "trunk.password",
    "called.numbers",
    "called.menu",
    // queues.toml
    "back_off.rejected_s",
    "back_off.busy_s",
    "back_off.no_answer_s",
    "back_off.unreachable_s",
    "group.name",
    "group.ring_s",
    "group.wrap_up_s",
    "group.limit",
    "group.wait_s",
    "group.overflow",
    "group.music",
    "group.announce_every_s",
    "group.announce_position",
    "agent.number",
    "agent.password",
    "agent.ready_on_register",
    "agent.wrap_up_s",
    "agent.skills",
    // calendar/*.toml
    "hours.utc_offset",
    "hours.holidays",
    "hours.monday",
    "hours.tuesday",
    "hours.wednesday",
    "hours.thursday",
    "hours.friday",
    "hours.saturday",
    "hours.sunday",
    "holiday.name",
    "holiday.from",
    "holiday.to",
    "workday.date",
    "workday.like",
    // menu/*.toml
    "tree.locales",
    "tree.start",
    "tree.person",
    "tree.silence_s",
    "tree.silence_tries",
    "tree.invalid_tries",
    "tree.on_silence",
    "tree.on_invalid",
    "tree.invalid_prompt",
    "tree.node",
    "node.kind",
    "node.prompt",
    "node.interrupt",
    "node.play.next",
    "node.menu.keys",
    "node.menu.silence_s",
    "node.menu.silence_tries",
    "node.menu.invalid_tries",
    "node.menu.on_silence",
    "node.menu.on_invalid",
    "node.hours.hours",
    "node.hours.open",
    "node.hours.closed",
    "node.queue.group",
    "node.queue.group_by_locale",
    "node.queue.priority",
    "key.goto",
    "key.locale",
];

/// Sections of `hotline.toml` whose keys the environment may set.
pub(crate) const ENV_SECTIONS: &[&str] = &["server", "sip", "http", "media", "prompts", "connect", "limits", "drain"];

/// Every key of every file, as `section.key`.
pub fn keys() -> &'static [&'static str] {
    KEYS
}

/// The keys of one section.
pub(crate) fn of_section(section: &str) -> impl Iterator<Item = &'static str> {
    KEYS.iter().filter_map(move |key| key.rsplit_once('.').filter(|(s, _)| *s == section).map(|(_, key)| key))
}
