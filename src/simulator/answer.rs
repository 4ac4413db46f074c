//! The messages of a catalogue answer. Pure.

use super::world::{Random, World};
use crate::base::charset::Charset;
use crate::manscdp::command::{self, Dialect};

/// Makes the messages one by one.
#[derive(Debug)]
pub struct Messages<'a> {
    world: &'a World,
    dialect: Dialect,
    sn: u32,
    device_id: String,
    order: Vec<usize>,
    at: usize,
    /// Messages to be sent once more, with the items they carry.
    again: Vec<Vec<usize>>,
    tail: Vec<Vec<u8>>,
}

/// The declaration a charset is sent under.
#[must_use]
pub fn dialect(charset: Charset) -> Dialect {
    match charset {
        Charset::Utf8 => Dialect { charset, declared: "UTF-8" },
        Charset::Gb18030 => Dialect { charset, declared: "GB2312" },
    }
}

impl<'a> Messages<'a> {
    /// The answer to a query.
    #[must_use]
    pub fn new(world: &'a World, sn: u32, device_id: &str) -> Self {
        let scene = world.scene();
        let sending = &scene.sending;
        let mut order: Vec<usize> = (0..world.items()).collect();
        order.truncate(world.items() - sending.drop.min(world.items()));
        if sending.shuffle {
            Random::new(scene.seed ^ 0x5EED).shuffle(&mut order);
        }
        let dialect = dialect(scene.charset);
        let sum = world.items() as u64 + sending.sum_num_excess;
        let mut tail = Vec::new();
        if sending.trailing_empty {
            tail.push(command::catalog(dialect, sn, device_id, sum, 0, &[]));
        }
        if sending.stray {
            let item = command::item(&[("DeviceID", "37172300011329999999"), ("Name", "别人的应答")]);
            tail.push(command::catalog(dialect, sn ^ 0x0F0F_0F0F, device_id, 1, 1, &[item]));
        }
        let sn = if sending.sn_wrong { sn.wrapping_add(1_000) } else { sn };
        let again = order.chunks(sending.per_message.max(1)).take(sending.repeat).map(<[usize]>::to_vec).collect();
        Self { world, dialect, sn, device_id: device_id.to_owned(), order, at: 0, again, tail }
    }

    fn message(&self, numbers: &[usize]) -> Vec<u8> {
        let sending = &self.world.scene().sending;
        let items: Vec<String> = numbers.iter().map(|n| self.world.item(*n)).collect();
        let sum = self.world.items() as u64 + sending.sum_num_excess;
        let num = items.len() as u64 + u64::from(sending.num_wrong);
        command::catalog(self.dialect, self.sn, &self.device_id, sum, num, &items)
    }
}

impl Iterator for Messages<'_> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let per_message = self.world.scene().sending.per_message.max(1);
        let end = (self.at + per_message).min(self.order.len());
        if let Some(numbers) = self.order.get(self.at..end).filter(|n| !n.is_empty()) {
            let message = self.message(numbers);
            self.at = end;
            return Some(message);
        }
        if let Some(numbers) = self.again.pop() {
            return Some(self.message(&numbers));
        }
        (!self.tail.is_empty()).then(|| self.tail.remove(0))
    }
}
