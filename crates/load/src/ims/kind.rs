//! The calls that a carrier's IMS sends, and what is to become of each.

use std::time::Duration;

use phone::carrier::{Carrier, Isup};
use phone::{Act, Config};

/// A kind of call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Nothing out of the ordinary, which is a lot.
    Plain,
    /// A withheld number, diverted to us from another hotline.
    Diverted,
    /// Provisional responses have to arrive (RFC 3262).
    Reliable,
    /// Resources are spoken of as mandatory, supported and not required (3GPP TS 24.229 §5.1.3.1).
    Preconditions,
    /// The same, required: who does not know them refuses (RFC 3312 §6).
    PreconditionsRequired,
    LateOffer,
    /// SIP-I, the ISUP message before the description.
    IsupFirst,
    IsupLast,
    /// UPDATEs without a body (RFC 4028).
    Refresh,
    /// The carrier puts the caller on hold and takes the caller back.
    Hold,
    /// The caller gives up after some milliseconds.
    Cancel,
    /// A CANCEL right behind the INVITE.
    HastyCancel,
}

impl Kind {
    pub const ALL: [Kind; 12] = [
        Kind::Plain,
        Kind::Diverted,
        Kind::Reliable,
        Kind::Preconditions,
        Kind::PreconditionsRequired,
        Kind::LateOffer,
        Kind::IsupFirst,
        Kind::IsupLast,
        Kind::Refresh,
        Kind::Hold,
        Kind::Cancel,
        Kind::HastyCancel,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Kind::Plain => "plain",
            Kind::Diverted => "diverted, withheld",
            Kind::Reliable => "100rel required",
            Kind::Preconditions => "preconditions",
            Kind::PreconditionsRequired => "preconditions required",
            Kind::LateOffer => "late offer",
            Kind::IsupFirst => "SIP-I, ISUP first",
            Kind::IsupLast => "SIP-I, ISUP last",
            Kind::Refresh => "UPDATE refreshes",
            Kind::Hold => "hold and resume",
            Kind::Cancel => "given up early",
            Kind::HastyCancel => "CANCEL at once",
        }
    }

    /// Dresses a caller for its next call.
    pub(super) fn dress(self, config: &mut Config) {
        let asserted = format!("+86{}", config.user);
        let mut carrier = Carrier::of(&asserted);
        match self {
            Kind::Diverted => (carrier.withheld, carrier.diverted_from) = (true, Some("12319".to_owned())),
            Kind::Reliable => carrier.requires = vec!["100rel"],
            Kind::Preconditions => carrier.preconditions = true,
            Kind::PreconditionsRequired => {
                (carrier.preconditions, carrier.requires) = (true, vec!["100rel", "precondition"]);
            }
            Kind::IsupFirst => carrier.isup = Some(Isup::BeforeTheDescription),
            Kind::IsupLast => carrier.isup = Some(Isup::BehindTheDescription),
            _ => {}
        }
        config.carrier = Some(carrier);
        config.late_offer = self == Kind::LateOffer;
        config.faults.cancels_at_once = self == Kind::HastyCancel;
    }

    /// What the caller does once citizen and agent hear each other, each step counted from the one before.
    pub(super) const fn in_talk(self) -> &'static [(Duration, Act)] {
        const SOON: Duration = Duration::from_millis(600);
        match self {
            Kind::Preconditions => &[(SOON, Act::Reserve)],
            Kind::Refresh => &[(SOON, Act::Refresh), (SOON, Act::Refresh)],
            Kind::Hold => &[(SOON, Act::Hold), (SOON, Act::Resume)],
            _ => &[],
        }
    }

    /// Whether the caller is to reach an agent.
    pub const fn is_served(self) -> bool {
        !matches!(self, Kind::PreconditionsRequired | Kind::Cancel | Kind::HastyCancel)
    }
}
