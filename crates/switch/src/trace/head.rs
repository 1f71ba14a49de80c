//! What a replay starts from.

use base::pack::{Blob, Packed, Unpacker, Unreadable};
use base::{Fingerprint, Now, Rng};
use call::plan::Advertised;

use crate::{Config, Effects, Exchange, Ledger, Plans};

/// The first entry of a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Of the product.
    pub version: String,
    pub start: Now,
    /// `Plans` are not in a trace: they hold passwords, and whoever replays has the configuration. This tells whether it is the same.
    pub plans: u64,
    /// Without the key of the nonces.
    config: Config,
    seed: [u8; 32],
    /// Of each network: the rim puts the ports there that the system picked.
    advertised: Vec<Advertised>,
    ledger: Ledger,
}

impl Head {
    /// Of an exchange that is about to be made from these, with a generator of this seed.
    pub fn new(config: &Config, plans: &Plans, ledger: &Ledger, start: Now, seed: [u8; 32]) -> Head {
        let advertised = plans.call.networks.iter().map(|n| n.advertised.clone());
        Head {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            start,
            plans: fingerprint(plans),
            config: Config { nonce_key: [0; 32], ..config.clone() },
            seed,
            advertised: advertised.collect(),
            ledger: ledger.clone(),
        }
    }

    /// The fingerprint of plans as they would be here.
    pub fn fingerprint_of(&self, plans: &Plans) -> u64 {
        fingerprint(&self.adapted(plans))
    }

    /// The exchange as it was at the start, what it had to say then, and which judges nobody.
    pub(super) fn exchange(&self, plans: &Plans) -> (Exchange, Effects) {
        let mut first = Effects::default();
        let (config, rng) = (self.config.clone(), Rng::from_seed(self.seed));
        let mut exchange = Exchange::restore(config, self.adapted(plans), &self.ledger, self.start, rng, &mut first);
        exchange.switch.give_verdicts(Vec::new());
        (exchange, first)
    }

    pub(super) fn adapted(&self, plans: &Plans) -> Plans {
        let mut plans = plans.clone();
        let mut call = (*plans.call).clone();
        for (network, advertised) in call.networks.iter_mut().zip(&self.advertised) {
            network.advertised = advertised.clone();
        }
        plans.call = std::sync::Arc::new(call);
        plans
    }

    /// A line for anybody.
    pub fn line(&self) -> String {
        let Head { version, start, plans, config, ledger, .. } = self;
        let drill =
            config.drill.map_or_else(String::new, |drill| format!(", a drill at {:?} {}", drill.place, drill.nth));
        format!(
            "{} start of version {version}, epoch {}, configuration {plans:016x}, {} calls open from before{drill}",
            start.wall,
            config.epoch.0,
            ledger.open_calls()
        )
    }
}

/// Everything that decisions hang on: secrets print nothing of themselves, comments and the order of keys are not in plans.
pub(crate) fn fingerprint(plans: &Plans) -> u64 {
    Fingerprint::of(format!("{plans:?}").as_bytes())
}

impl Packed for Head {
    fn pack(&self, out: &mut Vec<u8>) {
        let Config { id, epoch, product, nonce_key: _, workers, leases_ready, drill } = &self.config;
        (self.version.clone(), self.start).pack(out);
        self.plans.pack(out);
        (*id, *epoch).pack(out);
        product.pack(out);
        (*workers, *leases_ready).pack(out);
        drill.pack(out);
        Blob(self.seed.to_vec()).pack(out);
        self.advertised.pack(out);
        self.ledger.pack(out);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Head, Unreadable> {
        let (version, start) = Packed::unpack(from)?;
        let plans = Packed::unpack(from)?;
        let (id, epoch) = Packed::unpack(from)?;
        let product = Packed::unpack(from)?;
        let (workers, leases_ready) = Packed::unpack(from)?;
        let drill = Packed::unpack(from)?;
        let config = Config { id, epoch, product, nonce_key: [0; 32], workers, leases_ready, drill };
        let seed = Blob::unpack(from)?.0.try_into().map_err(|_| Unreadable { expected: "seed" })?;
        Ok(Head {
            version,
            start,
            plans,
            config,
            seed,
            advertised: Packed::unpack(from)?,
            ledger: Packed::unpack(from)?,
        })
    }
}
