//! What a caller notices, in words.

use ivr::{Heard, Outline};
use rehearsal::{News, Visit};
use settings::{Plans, Texts};

pub(super) const WELCOME: &str =
    "Enter lets what plays be heard, and then the silence pass; keys are typed; `help` tells the rest.";

pub(super) const HELP: &str = "\
keys           as 2 or 2026#: pressed at once, whatever plays
Enter          what plays is heard to its end; where nothing plays, the silence passes
wait, listen   as in a script: hear and stay silent once, or hear alone
answer NAME=TEXT …, no answer   what another system says that is asked; whether a text is spoken
say 我要投诉   what is said at a choice that listens, as it is understood; say ... where it is not understood yet
line refused   nobody could be reached on a line outside
at 02:00, on 2026-10-01 at 09:30, from NUMBER, to NUMBER, called before N times,
surge in GROUP, on air SLOT=PROMPT, survey   the call begins anew with that
back one step, restart   takes the last thing back, or all
story          the line of a script that tells what was done
quit           leaves";

/// None for what needs no line.
pub(super) fn news(
    news: &News,
    visit: &Visit<'_>,
    outline: &[Outline],
    plans: &Plans,
    texts: &Texts,
) -> Option<String> {
    match news {
        News::Enters(node) => {
            let outline = outline.get(usize::from(node.0))?;
            let about = if outline.about.is_empty() { String::new() } else { format!(": {}", outline.about) };
            Some(format!("- {} ({}{about})", outline.name, outline.kind))
        }
        News::Speaks(locale) => Some(format!("  speaks {locale} from now on")),
        News::Hears(parts, _) => {
            let words: Vec<_> = parts.iter().map(|part| said(part, plans, texts)).collect();
            Some(format!("  \"{}\"", words.join(" ")))
        }
        News::Asks(request) => {
            let send = request.send.as_ref().map(|send| format!(" with {}", pairs(send))).unwrap_or_default();
            Some(format!("  asks {}{send}", request.url))
        }
        News::Rated(grade) => Some(format!("  rated {grade}")),
        News::NoLine(to) => Some(format!("  no [[dial]] rule leads to {to}: nobody is called")),
        News::Limit => Some(format!("  the menu has had the caller for {} s", plans.call.limits.menu.as_secs())),
        News::Leaves(_) => Some(format!("  leaves the menu: {}", visit.end())),
    }
}

fn pairs(pairs: &[(String, String)]) -> String {
    pairs.iter().map(|(name, text)| format!("{name}={text}")).collect::<Vec<_>>().join(" ")
}

/// The text of a prompt, else its file; a value as it is.
fn said(part: &Heard, plans: &Plans, texts: &Texts) -> String {
    match part {
        Heard::Value(text) => format!("[{text}]"),
        Heard::Text(text) => text.clone(),
        Heard::Sound(sound) => texts.get(*sound).map(str::to_owned).unwrap_or_else(|| {
            let file = usize::try_from(sound.0).ok().and_then(|place| plans.sounds.get(place));
            file.map(|file| file.path.display().to_string()).unwrap_or_default()
        }),
    }
}
