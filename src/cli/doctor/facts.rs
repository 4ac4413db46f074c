//! What this machine is like, asked of it: cards, ports, limits, clocks. Judged elsewhere.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::judge::{Card, Drift, Last, Way, inode_of};
use crate::base::time::Timestamp;
use crate::config::Settings;
use crate::edition::EditionSource;
use crate::evidence::heard::HeardKind;
use crate::net::{Address, LocalSetting, Protocol, endpoint, random, route_to};
use crate::platform::PlatformSetting;
use crate::store::Store;

/// How long a call of ourselves may take; it does not leave the machine.
const CALL_WITHIN: Duration = Duration::from_secs(1);
/// Most of a settings file that is read for what it names.
const MAX_SETTINGS: u64 = 1 << 20;

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

/// Calls a free port of ours as a platform would, at an address it may use: a datagram, or a connection and some octets.
///
/// # Errors
/// What the system says, or nothing where it was silent.
pub(super) fn called(address: Address, at: IpAddr) -> Result<(), String> {
    let word = random::<16>();
    let mut heard = [0; 16];
    let called = match address.protocol {
        Protocol::Udp => (|| {
            let listening = UdpSocket::bind(address.socket)?;
            listening.set_read_timeout(Some(CALL_WITHIN))?;
            let target = SocketAddr::new(at, listening.local_addr()?.port());
            let calling = UdpSocket::bind((if at.is_ipv4() { "0.0.0.0" } else { "::" }, 0))?;
            calling.send_to(&word, target)?;
            listening.recv_from(&mut heard).map(|_| ())
        })(),
        Protocol::Tcp | Protocol::Tls => (|| {
            let listening = TcpListener::bind(address.socket)?;
            let target = SocketAddr::new(at, listening.local_addr()?.port());
            let mut calling = TcpStream::connect_timeout(&target, CALL_WITHIN)?;
            let (mut answering, _) = listening.accept()?;
            answering.set_read_timeout(Some(CALL_WITHIN))?;
            calling.write_all(&word)?;
            answering.read_exact(&mut heard)
        })(),
    };
    match called {
        // Somebody else's octets show as little as none.
        Ok(()) if heard == word => Ok(()),
        Ok(()) => Err(String::new()),
        Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => Err(String::new()),
        Err(error) => Err(error.to_string()),
    }
}

/// Octets free where the store is, and those of the last run in it.
pub(super) fn room(store: &Path) -> Option<u64> {
    // The file itself may not be there yet.
    let there = store.ancestors().map(|place| if place.as_os_str().is_empty() { Path::new(".") } else { place });
    fs4::available_space(there.into_iter().find(|place| place.exists())?).ok()
}

/// Octets of a platform's last run.
pub(super) fn size_of_last(store: &Store, platform: &PlatformSetting) -> Option<u64> {
    let header = store.last_header(&platform.name).ok()??;
    store.bytes_of_run(&header.run_id, &platform.name).ok()
}

/// What was last heard of a platform: as registered now, or in its last run.
pub(super) fn last(store: &Store, settings: &Settings, platform: &PlatformSetting) -> Option<Last> {
    let header = store.last_header(&platform.name).ok().flatten();
    let kept = store.registrations(&settings.local.party.id, Timestamp::from_micros(i64::MIN)).unwrap_or_default();
    let kept = kept.into_iter().find(|kept| kept.platform == platform.party.id);
    let met = header.as_ref().and_then(|header| header.platform.address.parse().ok());
    Some(Last {
        at: header.as_ref().map(|header| Timestamp::from_micros(header.finished)),
        id: header.as_ref().map(|header| header.platform.id.clone()).filter(|id| !id.is_empty()),
        edition: header
            .as_ref()
            .filter(|header| header.platform.edition_source == EditionSource::Header.name())
            .map(|header| header.platform.edition.clone()),
        address: kept.as_ref().map(|kept| kept.peer).or(met)?,
        user_agent: kept
            .map(|kept| kept.user_agent)
            .or_else(|| header.map(|header| header.platform.user_agent))
            .unwrap_or_default(),
    })
}

/// Whether everything is allowed to us.
#[cfg(unix)]
pub(super) fn is_root() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find_map(|line| line.strip_prefix("Uid:")?.split_whitespace().nth(1)).is_some_and(|uid| uid == "0")
}

/// Nothing is known of that here.
#[cfg(not(unix))]
pub(super) const fn is_root() -> bool {
    false
}

/// Files with secrets that others on this machine can read: those the settings name, and the settings where they hold one.
#[cfg(unix)]
pub(super) fn open_secrets(settings: &Path) -> Vec<PathBuf> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut text = String::new();
    let read = std::fs::File::open(settings).and_then(|file| file.take(MAX_SETTINGS).read_to_string(&mut text));
    let Ok(table) = read.map(|_| text.parse::<toml::Table>().unwrap_or_default()) else { return Vec::new() };
    let folder = settings.parent().unwrap_or(Path::new(""));
    let mut files = Vec::new();
    let platforms = table.get("platform").and_then(toml::Value::as_array).into_iter().flatten();
    for section in platforms.chain(table.get("local")).filter_map(toml::Value::as_table) {
        let named = ["password_file", "tls_key"].into_iter().filter_map(|key| section.get(key)?.as_str());
        files.extend(named.map(|name| folder.join(name)));
        if section.contains_key("password") {
            files.push(settings.to_owned());
        }
    }
    files.sort();
    files.dedup();
    files.retain(|file| std::fs::metadata(file).is_ok_and(|about| about.permissions().mode() & 0o077 != 0));
    files
}

/// Files have no such permissions here.
#[cfg(not(unix))]
pub(super) const fn open_secrets(_: &Path) -> Vec<PathBuf> {
    Vec::new()
}
