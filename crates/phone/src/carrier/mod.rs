//! A caller behind a carrier's IMS: what an MGCF or IBCF says of a call (3GPP TS 24.229, TS 29.163), and the proxies on the way.

mod description;
mod isup;
mod path;

use base::MediaParams;
use sdp::{Local, Refusal};
use sip::{Body, Invite, Name};

pub(crate) use path::Path;

/// The home of a carrier's callers, as 3GPP names it.
pub(crate) const HOME: &str = "ims.mnc000.mcc460.3gppnetwork.org";

/// How a carrier shows a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carrier {
    /// The caller's number in international form, which the carrier vouches for.
    pub asserted: String,
    /// The caller wants the number shown to nobody.
    pub withheld: bool,
    /// The number that was dialled before the call was diverted.
    pub diverted_from: Option<String>,
    /// Option tags that the INVITE requires.
    pub requires: Vec<&'static str>,
    /// Descriptions speak of resources that have to be reserved (RFC 3312).
    pub preconditions: bool,
    /// An ISUP message goes with the INVITE (SIP-I, ITU-T Q.1912.5).
    pub isup: Option<Isup>,
    /// Proxies between the caller and us; they stay in the path.
    pub proxies: u8,
}

/// Where the ISUP message stands in the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isup {
    BeforeTheDescription,
    BehindTheDescription,
}

impl Carrier {
    /// A caller of this number, behind three proxies.
    pub fn of(asserted: &str) -> Carrier {
        Carrier { asserted: asserted.to_owned(), proxies: 3, ..Carrier::default() }
    }

    /// The INVITE with what a carrier adds; `charging` tells calls apart.
    pub(crate) fn dressed(&self, mut invite: Invite, charging: u64) -> Invite {
        invite.headers.extend(self.headers(charging));
        if self.withheld {
            invite.from.display = "Anonymous".to_owned();
            (invite.from.user, invite.from.host) = ("anonymous".to_owned(), "anonymous.invalid".to_owned());
        }
        invite.body = invite.body.map(|description| match self.isup {
            Some(place) => isup::beside(&description, &self.asserted, place),
            None => description,
        });
        invite
    }

    fn headers(&self, charging: u64) -> Vec<(String, String)> {
        let number = &self.asserted;
        let mut headers = vec![
            (Name::PAssertedIdentity.as_str(), format!("<sip:{number}@{HOME};user=phone>, <tel:{number}>")),
            (Name::Privacy.as_str(), if self.withheld { "id" } else { "none" }.to_owned()),
            (
                "P-Charging-Vector",
                format!("icid-value=\"{charging:016x}\";icid-generated-at=mgcf.{HOME};orig-ioi={HOME}"),
            ),
            ("P-Early-Media", "supported".to_owned()),
            (Name::Supported.as_str(), "precondition, histinfo, tdialog".to_owned()),
            (Name::Accept.as_str(), "application/sdp, application/isup, multipart/mixed".to_owned()),
        ];
        if let Some(dialled) = &self.diverted_from {
            let reason = "Reason=SIP%3Bcause%3D302";
            let history = format!("<sip:{dialled}@{HOME}?{reason}>;index=1, <sip:12345@{HOME}>;index=1.1");
            headers.push((Name::HistoryInfo.as_str(), history));
        }
        if !self.requires.is_empty() {
            headers.push((Name::Require.as_str(), self.requires.join(", ")));
        }
        headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Wide-band voice first, then what every network speaks; `reserved` where preconditions are met.
    pub(crate) fn offer(&self, local: &Local, reserved: bool) -> Vec<u8> {
        description::offer(local, self.preconditions.then_some(reserved))
    }

    /// What an answer agrees to: it has to stay within the offer.
    pub(crate) fn accept(&self, local: &Local, answer: &[u8]) -> Result<MediaParams, Refusal> {
        description::check(answer)?;
        let params = sdp::accept(local, answer)?;
        let keys = params.dtmf_send_type.map(|_| description::KEYS_TYPE);
        Ok(MediaParams { dtmf_receive_type: keys, ..params })
    }
}

fn body(content_type: &str, bytes: Vec<u8>) -> Body {
    Body { content_type: content_type.to_owned(), bytes }
}
