//! Cameras of different devices that bear one value, which is to be each device's own.

use std::collections::HashMap;

use crate::catalog::Item;
use crate::catalog::kind::is_recorder;
use crate::rules::{Case, Context};

/// By the value as a number: places of two cameras of different devices. Whoever shares a value with others shares it
/// with one of these two, so that nobody has to look through a long list.
#[derive(Debug)]
pub struct Sharers(HashMap<u64, [u32; 2]>);

impl Sharers {
    /// Looks through the cameras of a catalogue once.
    pub fn new(context: &Context<'_>, value: impl Fn(&Item) -> Option<u64>) -> Self {
        let keyed = context.cameras().filter_map(|(place, item)| Some((value(item)?, u32::try_from(place).ok()?)));
        let mut keyed: Vec<(u64, u32)> = keyed.collect();
        keyed.sort_unstable();
        let mut pairs = HashMap::new();
        for group in keyed.chunk_by(|a, b| a.0 == b.0) {
            let [(value, first), others @ ..] = group else { continue };
            let Some(item) = place(context, *first).filter(|_| !others.is_empty()) else { continue };
            let own = device_of(item);
            let other = others.iter().find(|(_, at)| place(context, *at).is_some_and(|other| differ(item, own, other)));
            pairs.extend(other.map(|(_, other)| (*value, [*first, *other])));
        }
        Self(pairs)
    }

    /// A camera of another device with this value.
    pub fn other<'a>(&self, value: u64, case: &Case<'_>, context: &Context<'a>) -> Option<&'a Item> {
        let pair = self.0.get(&value)?;
        let own = device_of(case.item);
        pair.iter().filter_map(|at| place(context, *at)).find(|other| differ(case.item, own, other))
    }
}

fn place<'a>(context: &Context<'a>, at: u32) -> Option<&'a Item> {
    context.items.get(usize::try_from(at).ok()?)
}

/// The recorder or multi-lens device a camera is a channel of, whether or not it is in the catalogue itself.
fn device_of(item: &Item) -> Option<&str> {
    item.parents().into_iter().find(|parent| is_recorder(parent))
}

fn differ(item: &Item, own: Option<&str>, other: &Item) -> bool {
    item.id() != other.id() && (own.is_none() || own != device_of(other))
}
