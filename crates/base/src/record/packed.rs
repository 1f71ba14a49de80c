//! The binary form of a record.

use crate::pack::{Packed, Unpacker, Unreadable};
use crate::{OrderNumber, Record};

impl Packed for Record {
    fn pack(&self, out: &mut Vec<u8>) {
        let Record { start, answered, ended, menu_path, menu_version, locale, skill_group, queued_ms, waits, .. } =
            self;
        let Record { agent, talk_ms, end_reason, confidential, order, earlier, .. } = self;
        start.pack(out);
        answered.pack(out);
        ended.pack(out);
        menu_path.pack(out);
        menu_version.pack(out);
        locale.pack(out);
        skill_group.pack(out);
        queued_ms.pack(out);
        waits.pack(out);
        agent.pack(out);
        talk_ms.pack(out);
        end_reason.pack(out);
        pack_marks(*confidential, order.as_ref(), *earlier, out);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Record, Unreadable> {
        let mut record = Record {
            start: Packed::unpack(from)?,
            answered: Packed::unpack(from)?,
            ended: Packed::unpack(from)?,
            menu_path: Packed::unpack(from)?,
            menu_version: Packed::unpack(from)?,
            locale: Packed::unpack(from)?,
            skill_group: Packed::unpack(from)?,
            queued_ms: Packed::unpack(from)?,
            waits: Packed::unpack(from)?,
            agent: Packed::unpack(from)?,
            talk_ms: Packed::unpack(from)?,
            end_reason: Packed::unpack(from)?,
            confidential: false,
            order: None,
            earlier: 0,
        };
        (record.confidential, record.order, record.earlier) = unpack_marks(from)?;
        Ok(record)
    }
}

/// Whether a call is confidential, which was all that stood here before calls had orders, and in the second bit whether an order follows, in
/// the third whether the number of earlier calls does.
pub fn pack_marks(confidential: bool, order: Option<&OrderNumber>, earlier: u8, out: &mut Vec<u8>) {
    out.push(u8::from(confidential) | u8::from(order.is_some()) << 1 | u8::from(earlier > 0) << 2);
    if let Some(order) = order {
        order.pack(out);
    }
    if earlier > 0 {
        out.push(earlier);
    }
}

/// # Errors
/// The bytes are none that `pack_marks` makes.
pub fn unpack_marks(from: &mut Unpacker<'_>) -> Result<(bool, Option<OrderNumber>, u8), Unreadable> {
    let marks = from.byte("marks")?;
    if marks > 7 {
        return Err(Unreadable { expected: "marks" });
    }
    let order = if marks & 2 == 0 { None } else { Some(OrderNumber::unpack(from)?) };
    let earlier = if marks & 4 == 0 { 0 } else { from.byte("earlier calls")? };
    Ok((marks & 1 == 1, order, earlier))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EndReason;

    /// As journals hold it that were written before calls had orders.
    const OLD_RECORD: [u8; 36] = [
        0, 0, 3, 9, 0, 3, b'1', b'3', b'8', 1, b'1', 1, b'l', 4, // start
        1, 6, 8, // answered, ended
        1, 4, b'm', b'a', b'i', b'n', 1, b'v', 1, b'z', // menu_path, menu_version, locale
        0, 0, 0, 0, 5, 3, // skill_group, queued_ms, waits, agent, talk_ms, end_reason
        1, 0, 0, // confidential; of what stands behind it
    ];

    #[test]
    fn a_record_of_a_journal_from_before_orders_is_read_and_one_with_an_order_comes_back() {
        let mut from = Unpacker::new(&OLD_RECORD);
        let mut record = Record::unpack(&mut from).expect("an old record");
        assert_eq!((record.start.caller.as_str(), record.end_reason), ("138", EndReason::Abandoned));
        assert_eq!((record.confidential, &record.order, from.byte("")), (true, &None, Ok(0)));
        assert_eq!(record.to_bytes(), OLD_RECORD[..34], "without an order nothing is written otherwise");
        for (confidential, order, earlier) in
            [(false, None, 0), (false, Some("GD-1"), 0), (true, Some("工单 \"7\""), 2), (false, None, 9)]
        {
            (record.confidential, record.order) = (confidential, order.and_then(OrderNumber::parse));
            record.earlier = earlier;
            let bytes = record.to_bytes();
            assert_eq!(Record::from_bytes(&bytes).as_ref(), Ok(&record));
            for cut in 0..bytes.len() {
                assert!(Record::from_bytes(&bytes[..cut]).is_err(), "{order:?} cut at {cut}");
            }
        }
        assert_eq!(unpack_marks(&mut Unpacker::new(&[8])), Err(Unreadable { expected: "marks" }));
        assert!(unpack_marks(&mut Unpacker::new(&[2, 3, b'a', b'\n', b'b'])).is_err(), "no line end gets in");
    }
}
