//! What the evidence of a platform says of itself.

use super::{Found, OnePlatform};
use crate::base::clock::Clock as _;
use crate::edition;
use crate::evidence::conduct::Conduct;
use crate::evidence::measured::Measured;
use crate::evidence::soundness::Soundness;
use crate::evidence::{Footprint, Header, Mode, Noted, PlatformFacts, Witnesses};

impl OnePlatform {
    pub(super) fn header(&self, found: &Found) -> Header {
        let (order, setting) = (&self.order, &self.setting);
        let online = found.online.as_ref();
        let before = || self.earlier.as_ref().map(|earlier| earlier.header.platform.clone()).unwrap_or_default();
        let (edition, source) = edition::choose(setting.edition, online.and_then(|o| o.version.as_deref()));
        let platform = PlatformFacts {
            name: setting.name.clone(),
            id: setting.party.id.clone(),
            role: setting.role.name().to_owned(),
            transport: found.transport.to_owned(),
            address: online.map_or_else(|| before().address, |o| o.hop.peer.to_string()),
            user_agent: online.map_or_else(|| before().user_agent, |o| o.user_agent.clone()),
            edition: edition.name().to_owned(),
            edition_source: source.name().to_owned(),
            device: found.device.clone(),
            expected: setting.expected,
            expected_source: setting.expected_source.clone(),
        };
        Header {
            run_id: order.run_id.clone(),
            mode: Mode::Live,
            started: self.started.micros(),
            finished: self.board.clock.wall().micros(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            incomplete: found.incomplete,
            profile: order.audit.profile.source.clone(),
            jurisdiction: order.audit.jurisdiction.clone(),
            rates: order.audit.rates.iter().map(|r| r.key().to_owned()).collect(),
            platform,
            local_id: order.local.party.id.clone(),
            queries: found.collected.queries.clone(),
            ways: found.collected.ways.clone(),
            witnesses: Witnesses { gb_version: online.and_then(|o| o.version.clone()), ..found.witnesses.clone() },
            probing: order.plan,
            conduct: Conduct { stop_seed: order.probe.stop_when_certain, ..found.conduct.clone() },
            resumed: found.resumed.clone(),
            footprint: Footprint::default(),
            heard: self.hub.heard(),
            signalling: self
                .hub
                .oddities(self.index)
                .iter()
                .map(|(kind, count, example)| Noted::new(kind, count, example))
                .collect(),
            masked_passwords: found.collected.masked,
            soundness: Soundness {
                clock: Some(self.own_clock.clone()),
                peer_clock: self.hub.clock(self.index),
                controls: found.controls.clone(),
                tapes: self.taping.tapes(&setting.name),
            },
            boundaries: order.audit.boundaries.clone(),
            supplied: order.audit.supplied.clone(),
            waivers: order.audit.waivers.clone(),
            measured: found.measured.clone().or_else(|| Measured::nothing(&order.measure.what)),
            confirmation: order.audit.confirmation.clone(),
            carried: None,
        }
    }
}
