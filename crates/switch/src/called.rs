//! Whom a call is for: a number of ours, however it is written, or the one of ours that it was diverted from.

use call::Plan;
use call::number::{AreaCode, canonical, dialled};
use call::plan::{CalledNumber, Trunk};
use sip::{Message, Name};

use crate::caller::{addresses, number_of};

/// The number of ours that decides the call's menu. A hotline that was merged into ours keeps its own: its carrier diverts it
/// here, and only a carrier is believed to have done so.
pub(crate) fn called<'a>(plan: &'a Plan, request: &Message, trunk: Option<&Trunk>) -> Option<&'a CalledNumber> {
    let number = request.request_uri_ref()?.number()?;
    let area_code = trunk.and_then(|trunk| trunk.area_code.as_ref());
    let ours = find(plan, &number, area_code)?;
    let original = trunk.and_then(|_| original_of(request, &number, area_code));
    Some(original.and_then(|number| find(plan, &number, area_code)).unwrap_or(ours))
}

/// Whether it is a number of ours, in whatever form.
pub(crate) fn is_ours(plan: &Plan, number: &str, area_code: Option<&AreaCode>) -> bool {
    find(plan, number, area_code).is_some()
}

/// As written goes before any other form, and one with its area code before the one without: they may have menus of their own.
fn find<'a>(plan: &'a Plan, number: &str, area_code: Option<&AreaCode>) -> Option<&'a CalledNumber> {
    let by_form = |form: fn(&str, Option<&AreaCode>) -> String| {
        let wanted = form(number, area_code);
        plan.called.iter().find(move |ours| form(&ours.number, area_code) == wanted)
    };
    plan.called.iter().find(|ours| ours.number == number).or_else(|| by_form(canonical)).or_else(|| by_form(dialled))
}

/// The number that was dialled before the call was diverted to `number`. Each diverter puts its Diversion on top of the others
/// (RFC 5806), so the first one stands last; History-Info (RFC 7044) begins with the first.
fn original_of(request: &Message, number: &str, area_code: Option<&AreaCode>) -> Option<String> {
    let diverter = addresses(request, Name::Diversion).filter_map(number_of).last();
    diverter.or_else(|| {
        let here = dialled(number, area_code);
        addresses(request, Name::HistoryInfo).filter_map(number_of).find(|target| dialled(target, area_code) != here)
    })
}
