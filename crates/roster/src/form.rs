//! The binary form of facts and bindings. A phone that names neither proxies nor itself keeps the form from before they could be
//! told, and what says more has tags of its own: a journal of either kind applies.

use base::pack::{Packed, Unpacker, Unreadable};

use crate::{Bound, Fact};

/// A binding without path and instance.
#[derive(Clone, Debug)]
pub(crate) struct Plain(pub(crate) Bound);

impl Packed for Plain {
    fn pack(&self, out: &mut Vec<u8>) {
        pack_plain(&self.0, out);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Plain, Unreadable> {
        Ok(Plain(Bound {
            uri: Packed::unpack(from)?,
            flow: Packed::unpack(from)?,
            q: Packed::unpack(from)?,
            until: Packed::unpack(from)?,
            call_id: Packed::unpack(from)?,
            cseq: Packed::unpack(from)?,
            path: Vec::new(),
            proxied: false,
            instance: None,
        }))
    }
}

fn pack_plain(bound: &Bound, out: &mut Vec<u8>) {
    let Bound { uri, flow, q, until, call_id, cseq, path: _, proxied: _, instance: _ } = bound;
    uri.pack(out);
    flow.pack(out);
    q.pack(out);
    until.pack(out);
    call_id.pack(out);
    cseq.pack(out);
}

impl Packed for Bound {
    fn pack(&self, out: &mut Vec<u8>) {
        pack_plain(self, out);
        self.path.pack(out);
        self.proxied.pack(out);
        self.instance.pack(out);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Bound, Unreadable> {
        let Plain(plain) = Packed::unpack(from)?;
        let (path, proxied) = (Packed::unpack(from)?, Packed::unpack(from)?);
        Ok(Bound { path, proxied, instance: Packed::unpack(from)?, ..plain })
    }
}

impl Packed for Fact {
    fn pack(&self, out: &mut Vec<u8>) {
        out.push(self.tag());
        self.agent().pack(out);
        match self {
            Fact::Bound { binding, .. } if binding.is_plain() => pack_plain(binding, out),
            Fact::Bound { binding, .. } => binding.pack(out),
            Fact::Renewed { place, until, cseq, .. } => {
                place.pack(out);
                until.pack(out);
                cseq.pack(out);
            }
            Fact::Unbound { uri, instance: None, .. } => uri.pack(out),
            Fact::Unbound { uri, instance: Some(instance), .. } => {
                uri.pack(out);
                instance.pack(out);
            }
            Fact::State { standing, .. } => standing.pack(out),
            Fact::Unanswered { count, .. } => count.pack(out),
            Fact::Slot { serves, .. } => serves.pack(out),
        }
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Fact, Unreadable> {
        let tag = from.byte("Fact")?;
        let agent = Packed::unpack(from)?;
        Ok(match tag {
            0 => Fact::Bound { agent, binding: Plain::unpack(from)?.0 },
            1 => Fact::Renewed {
                agent,
                place: Packed::unpack(from)?,
                until: Packed::unpack(from)?,
                cseq: Packed::unpack(from)?,
            },
            2 => Fact::Unbound { agent, uri: Packed::unpack(from)?, instance: None },
            3 => Fact::State { agent, standing: Packed::unpack(from)? },
            4 => Fact::Unanswered { agent, count: Packed::unpack(from)? },
            5 => Fact::Slot { agent, serves: Packed::unpack(from)? },
            6 => Fact::Bound { agent, binding: Packed::unpack(from)? },
            7 => Fact::Unbound { agent, uri: Packed::unpack(from)?, instance: Some(Packed::unpack(from)?) },
            _ => return Err(Unreadable { expected: "Fact" }),
        })
    }
}

impl Fact {
    const fn tag(&self) -> u8 {
        match self {
            Fact::Bound { binding, .. } if binding.is_plain() => 0,
            Fact::Bound { .. } => 6,
            Fact::Renewed { .. } => 1,
            Fact::Unbound { instance: None, .. } => 2,
            Fact::Unbound { .. } => 7,
            Fact::State { .. } => 3,
            Fact::Unanswered { .. } => 4,
            Fact::Slot { .. } => 5,
        }
    }
}

impl Bound {
    const fn is_plain(&self) -> bool {
        self.path.is_empty() && !self.proxied && self.instance.is_none()
    }
}
