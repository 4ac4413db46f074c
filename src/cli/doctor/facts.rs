//! What this machine is like, asked of it: cards, ports, limits, clocks. Judged elsewhere.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::Path;

use super::judge::{Card, Drift, Way, inode_of};
use crate::base::time::Timestamp;
use crate::config::Settings;
use crate::evidence::heard::HeardKind;
use crate::net::{Address, LocalSetting, Protocol, endpoint, route_to};
use crate::platform::PlatformSetting;
use crate::store::Store;

/// The network cards with their addresses.
pub(in crate::cli) fn cards() -> Vec<Card> {
    let all = if_addrs::get_if_addrs().unwrap_or_default();
    let card = |i: if_addrs::Interface| {
        let prefix = match &i.addr {
            if_addrs::IfAddr::V4(v4) => v4.netmask.to_bits().leading_ones(),
            if_addrs::IfAddr::V6(v6) => v6.netmask.to_bits().leading_ones(),
        };
        Card { ip: i.ip(), name: i.name, prefix: u8::try_from(prefix).unwrap_or(0) }
    };
    all.into_iter().map(card).collect()
}

/// Whether we run in a container.
pub(super) fn contained() -> bool {
    ["/.dockerenv", "/run/.containerenv"].iter().any(|mark| Path::new(mark).exists())
}

/// The way to a platform.
pub(super) fn way(settings: &Settings, platform: &PlatformSetting) -> Way {
    let listening = |protocol: Protocol| settings.local.listen.iter().find(|a| a.protocol == protocol);
    let listen = match platform.address {
        Some(address) => listening(address.protocol),
        None => settings.local.listen.first(),
    };
    let peer = platform.address.map(|a| a.socket);
    let source = peer.ok_or_else(String::new).and_then(|peer| route_to(peer).map_err(|e| e.to_string()));
    Way { name: platform.name.clone(), peer, source, listen: listen.map(|a| a.socket), advertise: settings.local.advertise }
}

/// Why a signalling port cannot be had, and who has it.
pub(super) fn taken(local: &LocalSetting, address: Address) -> Option<(String, Option<String>)> {
    let one = LocalSetting { listen: vec![address], ..local.clone() };
    let error = endpoint::bind(&one).err()?;
    let why = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
    Some((why, holder(address)))
}

/// Who holds a port: its name and number, where the kernel says so and we may read it.
fn holder(address: Address) -> Option<String> {
    let tables = match address.protocol {
        Protocol::Udp => ["udp", "udp6"],
        Protocol::Tcp | Protocol::Tls => ["tcp", "tcp6"],
    };
    let listening = address.protocol != Protocol::Udp;
    let inode = tables.iter().find_map(|table| {
        let text = std::fs::read_to_string(format!("/proc/net/{table}")).ok()?;
        inode_of(&text, address.socket.port(), listening)
    })?;
    let wanted = format!("socket:[{inode}]");
    for process in std::fs::read_dir("/proc").ok()?.flatten() {
        let number = process.file_name().to_string_lossy().parse::<u32>().ok();
        let (Some(number), Ok(files)) = (number, std::fs::read_dir(process.path().join("fd"))) else { continue };
        let holds = |file: std::fs::DirEntry| std::fs::read_link(file.path()).is_ok_and(|to| to.to_string_lossy() == wanted);
        if files.flatten().any(holds) {
            let name = std::fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            return Some(format!("{} ({number})", crate::base::text::excerpt(name.trim(), 32)));
        }
    }
    None
}

/// Media ports that are free.
pub(super) fn free_ports(local: &LocalSetting) -> u32 {
    let free = |port: &u16| UdpSocket::bind((Ipv4Addr::UNSPECIFIED, *port)).is_ok();
    let free = local.media_ports.clone().filter(|p| p % 2 == 0).filter(free).count();
    u32::try_from(free).unwrap_or(u32::MAX)
}

/// What the last run showed of a platform's clock.
pub(super) fn drift(store: &Store, platform: &PlatformSetting) -> Option<Drift> {
    let header = store.last_header(&platform.name).ok()??;
    let of = |text: &str| text.split_whitespace().next() == Some(platform.party.id.as_str());
    let heard = header.heard.iter().rev().find(|h| h.kind == HeardKind::ClockSkew && of(&h.detail));
    let device_time = header.platform.device.iter().find(|(name, _)| name == "DeviceTime");
    Some(Drift {
        heard: heard.map(|h| h.detail.split_once(' ').map_or_else(|| h.detail.clone(), |(_, by)| by.to_owned())),
        device_time: device_time.map(|(_, value)| value.clone()),
        begun: Timestamp::from_micros(header.started),
        ended: Timestamp::from_micros(header.finished),
        run: header.run_id,
    })
}

/// Bytes of receive buffer: given to a socket of ours, and the most there is.
pub(super) fn buffer() -> Option<(usize, Option<usize>)> {
    let most = std::fs::read_to_string("/proc/sys/net/core/rmem_max").ok().and_then(|text| text.trim().parse().ok());
    endpoint::granted_buffer(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0)).ok().map(|granted| (granted, most))
}

/// Files we may have open.
pub(super) fn files() -> Option<u64> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    limits.lines().find_map(|line| line.strip_prefix("Max open files")?.split_whitespace().next()?.parse().ok())
}
