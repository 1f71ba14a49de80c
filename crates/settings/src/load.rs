//! From a folder to plans.

use std::path::Path;
use std::sync::Arc;

use call::area::Areas;

use crate::env::{Env, PREFIX};
use crate::merge::Running;
use crate::problem::Problems;
use crate::reader::{Document, Table};
use crate::release::Folders;
use crate::report::Report;
use crate::source::{self, Part, Sources};
use crate::{
    Plans, agents, areas, assemble, calendar, calendars, call_backs, callers, dial, groups, menu, network, on_air,
    profile, recognition, service, sounds, states, synthesis, token, trunk,
};

/// Reads the configuration in a folder, with `HOTLINE__SECTION__KEY` variables of `env` over it; menus, calendars and prompts of a release
/// where there is one.
///
/// # Errors
/// Every fault of every file and variable, in the order of files and lines.
pub fn load<'a>(
    from: impl Into<Folders<'a>>,
    env: impl IntoIterator<Item = (String, String)>,
) -> Result<Plans, Report> {
    load_as(from.into(), env, None)
}

/// The same where an engine runs already: what it knows by a number keeps that number.
pub(crate) fn load_as(
    from: Folders<'_>,
    env: impl IntoIterator<Item = (String, String)>,
    running: Running<'_>,
) -> Result<Plans, Report> {
    let problems = Problems::default();
    let sources = source::read(from, &problems);
    let env = Env::new(env, &problems);
    let plans = parse(&sources, &env, &problems).map(|documents| build(from, &documents, &sources, running, &problems));
    let (errors, warnings) = problems.into_sorted();
    match plans {
        Some(plans) if errors.is_empty() => Ok(Plans { warnings: Report::new(warnings, sources).warnings(), ..plans }),
        _ => Err(Report::new(errors, sources)),
    }
}

/// Where callers are at home by the configuration in `dir`, for who needs nothing else of it: what `hotline.toml` says of all else is
/// not judged, and other files are not read.
///
/// # Errors
/// Every fault of what says where callers are at home, or of the grammar of the file.
pub fn load_areas(dir: &Path, env: impl IntoIterator<Item = (String, String)>) -> Result<Areas, Report> {
    with_main(dir, env, &["NUMBERS"], |root, problems| areas::read(dir, root, problems))
}

/// What `read` makes of `hotline.toml` alone; variables of other sections than these are not judged either.
pub(crate) fn with_main<T>(
    dir: &Path,
    env: impl IntoIterator<Item = (String, String)>,
    sections: &[&str],
    read: impl FnOnce(&Table<'_>, &Problems) -> T,
) -> Result<T, Report> {
    let problems = Problems::default();
    let sources = source::read_main(dir, &problems);
    let env = Env::new(env.into_iter().filter(of_sections(sections)), &problems);
    let document = sources.ids().next().and_then(|file| Document::parse(&sources, file, &env, &problems));
    let found = document.as_ref().map(|document| read(&document.root(), &problems));
    let (errors, _) = problems.into_sorted();
    match found {
        Some(found) if errors.is_empty() => Ok(found),
        _ => Err(Report::new(errors, sources)),
    }
}

/// Tells the variables of these sections.
pub(crate) fn of_sections(sections: &[&str]) -> impl Fn(&(String, String)) -> bool {
    move |(name, _)| {
        let path = name.strip_prefix(PREFIX).unwrap_or_default();
        path.split_once("__").is_some_and(|(section, _)| sections.contains(&section))
    }
}

/// A day to be played by the simulator, from a file of its own.
///
/// # Errors
/// Every fault of the file, in the order of its lines.
pub fn load_profile(path: &Path) -> Result<staff::Profile, Report> {
    let problems = Problems::default();
    let sources = source::read_profile(path, &problems);
    // The environment is the engine's.
    let env = Env::new(std::iter::empty(), &problems);
    let document = sources.ids().next().and_then(|file| Document::parse(&sources, file, &env, &problems));
    let profile = document.as_ref().and_then(|document| profile::read(&document.root(), &problems));
    let (errors, _) = problems.into_sorted();
    match profile {
        Some(profile) if errors.is_empty() => Ok(profile),
        _ => Err(Report::new(errors, sources)),
    }
}

/// The profiles that lie beside a configuration in `dir`.
///
/// # Errors
/// One report for each that is wrong.
pub fn check_profiles(dir: &Path) -> Result<usize, Vec<Report>> {
    let files = source::profiles(dir);
    let reports: Vec<Report> = files.iter().filter_map(|file| load_profile(file).err()).collect();
    if reports.is_empty() { Ok(files.len()) } else { Err(reports) }
}

/// The parsed files; none when one cannot be read, because what refers to it would only look wrong.
pub(crate) fn parse<'a>(sources: &'a Sources, env: &'a Env, problems: &'a Problems) -> Option<Vec<Document<'a>>> {
    let parse_one = |file| Document::parse(sources, file, env, problems);
    let documents: Vec<_> = sources.ids().map(parse_one).collect();
    let documents: Vec<_> = documents.into_iter().collect::<Option<_>>()?;
    let has = |part| documents.iter().any(|d| d.part == part);
    (has(Part::Main) && has(Part::Queues)).then_some(documents)
}

fn build(
    from: Folders<'_>,
    documents: &[Document<'_>],
    sources: &Sources,
    running: Running<'_>,
    problems: &Problems,
) -> Plans {
    let dir = from.config;
    let of = |part: Part| documents.iter().filter(move |d| d.part == part);
    let main = of(Part::Main).map(Document::root).next();
    let queues = of(Part::Queues).map(Document::root).next();
    let mut sound_plan = main.as_ref().map(|root| sounds::read(from, root, running, problems)).unwrap_or_default();
    let on_air_roots = on_air::Roots::of(documents);
    if let Some(main) = &main {
        sound_plan.lend(sounds::place(from.config.into(), main), &on_air_roots.prompts(), problems);
    }
    let networks = main.as_ref().map(|root| network::read(root, problems)).unwrap_or_default();
    let trunks = main.as_ref().map(|root| trunk::read(root, &networks, problems)).unwrap_or_default();
    let asked = menu::Asked::of(of(Part::Menu).chain(of(Part::Fragment)));
    let groups = queues.as_ref().map(|root| groups::read(root, &asked, &sound_plan, running, problems));
    let groups = groups.unwrap_or_default();
    let agents = queues.as_ref().map(|root| agents::read(root, &groups, running, problems)).unwrap_or_default();
    let states = queues.as_ref().map(|root| states::read(root, problems)).unwrap_or_default();
    let calendar_roots: Vec<_> = of(Part::Calendar).map(Document::root).collect();
    let hours = calendar::read(&calendar_roots, problems);
    let callers = queues.as_ref().map(|root| callers::read(dir, root, problems)).unwrap_or_default();
    let lists: Vec<_> = callers.names().map(str::to_owned).collect();
    let (menu_documents, fragments): (Vec<_>, Vec<_>) = (of(Part::Menu).collect(), of(Part::Fragment).collect());
    let locales: Vec<_> = sound_plan.prompts.locales().map(|(_, name)| name).collect();
    let spoken = main.as_ref().and_then(|root| synthesis::read(root, &locales));
    let speaks = main.as_ref().is_some_and(synthesis::is_named);
    let speech = main.as_ref().map(|root| recognition::read(root)).unwrap_or_default();
    let understands = speech.understands;
    let (groups_named, sounds) = (&groups.names, &sound_plan);
    let refers = menu::Refers { hours: &hours, groups: groups_named, lists: &lists, sounds, speaks, understands };
    let menus = menu::read(&menu_documents, &fragments, sources, refers, problems);
    let tokens = main.as_ref().map(|root| token::read(root, &agents, problems)).unwrap_or_default();
    let known = dial::Known { trunks: &trunks.trunks, agents: &agents, hours: &hours, running };
    let dial = main.as_ref().map(|root| dial::read(root, &known, problems)).unwrap_or_default();
    network::refuse_example_passwords(&networks, &agents, &trunks, problems);
    let service = main.as_ref().map(|root| service::read(root, &menus.names, problems)).unwrap_or_default();
    let areas = main.as_ref().map(|root| areas::read(dir, root, problems)).unwrap_or_default();
    let (duty_lines, calls_back) = (groups.duty_lines.clone(), groups.call_backs.clone());
    let (group_names, written) = (groups.names.clone(), menus.clone());
    let calendars = calendars::read(from.menus(), &calendar_roots);
    let on_air = on_air_roots.read(&sound_plan, None);
    let mut plans = assemble::plans(assemble::Parts {
        service,
        areas,
        callers,
        networks,
        trunks,
        dial,
        tokens,
        groups,
        agents,
        states,
        menus,
        on_air,
        sounds: sound_plan,
        calendars,
        synthesis: spoken.map(Arc::new),
        speech,
    });
    dial::set_duty_lines(&mut plans.call, &duty_lines, problems);
    call_backs::refuse(&plans.call, &calls_back, problems);
    menu::doubt_ways_out(&written, &plans.call, &group_names, &calls_back, problems);
    plans
}
