//! SDP with the national `y=` and `f=` lines (GB/T 28181—2022 annex G, 2016 annex F).
//!
//! Lines in any order, LF or CRLF, blanks after `=`, either case, garbage between: put up with. Only a body
//! without a single usable `m=` line is no session description.

use std::net::IpAddr;

use super::note;
use crate::base::oddity::{self, Oddity};

/// Longest session description we read.
pub const MAX_SDP_BYTES: usize = 64 * 1024;

/// Who opens the TCP connection (`a=setup`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setup {
    /// The sender of this description connects.
    Active,
    /// The sender of this description listens.
    Passive,
}

/// One `m=` section.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Media {
    /// `video`, `audio`.
    pub kind: String,
    /// Port, 0 = refused.
    pub port: u16,
    /// Whether the profile is a TCP one.
    pub tcp: bool,
    /// Payload types in their order.
    pub payloads: Vec<u8>,
    /// `a=rtpmap`: payload type and encoding name.
    pub rtpmap: Vec<(u8, String)>,
    /// `a=setup`.
    pub setup: Option<Setup>,
    /// `c=` of this section.
    pub connection: Option<String>,
}

impl Media {
    /// The encoding name of a payload type in upper case: from `a=rtpmap`, else the standard's own numbers.
    #[must_use]
    pub fn encoding(&self, payload: u8) -> Option<String> {
        let mapped = self.rtpmap.iter().find(|(pt, _)| *pt == payload).map(|(_, name)| name.to_ascii_uppercase());
        mapped.or_else(|| {
            let name = match payload {
                96 => "PS",
                97 => "MPEG4",
                98 => "H264",
                8 => "PCMA",
                0 => "PCMU",
                _ => return None,
            };
            Some(name.to_owned())
        })
    }
}

/// A session description as sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sdp {
    /// `c=` of the session.
    pub connection: Option<String>,
    /// The `m=` sections.
    pub media: Vec<Media>,
    /// `s=`.
    pub session: String,
    /// `y=` as sent.
    pub y: Option<String>,
    /// What was put up with.
    pub oddities: Vec<Oddity>,
}

impl Sdp {
    /// Reads a body. `None` when there is no media line in it.
    #[must_use]
    pub fn parse(body: &[u8]) -> Option<Self> {
        let body = body.get(..body.len().min(MAX_SDP_BYTES))?;
        let text = crate::base::charset::decode(body, None, None).text;
        let mut sdp = Self::default();
        for line in text.split(['\n', '\r']).map(str::trim).filter(|l| !l.is_empty()) {
            let parsed = line.split_once('=').filter(|(key, _)| key.trim().len() == 1);
            let Some((key, value)) = parsed else {
                note(&mut sdp.oddities, oddity::SDP_BAD_LINE, line);
                continue;
            };
            let value = value.trim();
            match key.trim().to_ascii_lowercase().as_str() {
                "m" => match parse_media(value) {
                    Some(media) => sdp.media.push(media),
                    None => note(&mut sdp.oddities, oddity::SDP_BAD_LINE, line),
                },
                "c" => {
                    let address = value.split_whitespace().last().unwrap_or_default();
                    let address = address.split('/').next().unwrap_or_default().to_owned();
                    match sdp.media.last_mut() {
                        Some(media) => media.connection = Some(address),
                        None => sdp.connection = Some(address),
                    }
                }
                "a" => {
                    if let Some(media) = sdp.media.last_mut() {
                        parse_attribute(value, media);
                    }
                }
                "s" => value.clone_into(&mut sdp.session),
                "y" => sdp.y = Some(value.to_owned()),
                _ => (),
            }
        }
        (!sdp.media.is_empty()).then_some(sdp)
    }

    /// The video section to use: the first with a port, else the first at all.
    #[must_use]
    pub fn video(&self) -> Option<&Media> {
        let mut videos = self.media.iter().filter(|m| m.kind == "video");
        videos.clone().find(|m| m.port > 0).or_else(|| videos.next())
    }

    /// The address the video section names, if it is one.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        let named = self.video().and_then(|m| m.connection.as_deref()).or(self.connection.as_deref());
        named.and_then(|a| a.parse().ok())
    }

    /// The SSRC of `y=`: ten decimal digits by the standard; zero and everything else count as none.
    #[must_use]
    pub fn ssrc(&self) -> Option<u32> {
        let y = self.y.as_deref()?;
        let value = y.parse::<u32>().ok().filter(|v| *v != 0);
        value.filter(|_| y.len() == 10)
    }
}

fn parse_media(value: &str) -> Option<Media> {
    let mut parts = value.split_whitespace();
    let kind = parts.next()?.to_ascii_lowercase();
    let port = parts.next()?.split('/').next()?.parse().ok()?;
    let profile = parts.next()?.to_ascii_uppercase();
    let payloads = parts.filter_map(|p| p.parse().ok()).collect();
    Some(Media { kind, port, tcp: profile.contains("TCP"), payloads, ..Media::default() })
}

fn parse_attribute(value: &str, media: &mut Media) {
    let (name, rest) = value.split_once(':').unwrap_or((value, ""));
    match name.trim().to_ascii_lowercase().as_str() {
        "setup" => {
            media.setup = match rest.trim().to_ascii_lowercase().as_str() {
                "active" => Some(Setup::Active),
                "passive" => Some(Setup::Passive),
                _ => None,
            }
        }
        "rtpmap" => {
            let mut parts = rest.split_whitespace();
            let payload = parts.next().and_then(|p| p.parse().ok());
            let encoding = parts.next().and_then(|e| e.split('/').next());
            if let (Some(payload), Some(encoding)) = (payload, encoding) {
                media.rtpmap.push((payload, encoding.to_owned()));
            }
        }
        _ => (),
    }
}

/// What we offer for a live picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer<'a> {
    /// Our code, the `o=` user name.
    pub our_id: &'a str,
    /// The address media is to be sent to.
    pub address: IpAddr,
    /// The port media is to be sent to (with `Active`: the port we connect from is not bound to it).
    pub port: u16,
    /// `None` = RTP over UDP.
    pub tcp: Option<Setup>,
    /// The ten digits of `y=`.
    pub ssrc: &'a str,
    /// Offer PS alone: for 2022 peers, whose numbers above 96 mean something else, and as the second try
    /// with a peer that answered 400.
    pub ps_only: bool,
}

impl Offer<'_> {
    /// The body. PS stands first (a Dahua device takes the first payload whatever it is); `f=` stays empty.
    #[must_use]
    pub fn render(&self) -> Vec<u8> {
        let family = if self.address.is_ipv6() { "IP6" } else { "IP4" };
        let (id, ip, port) = (self.our_id, self.address, self.port);
        let profile = if self.tcp.is_some() { "TCP/RTP/AVP" } else { "RTP/AVP" };
        let payloads = if self.ps_only { "96" } else { "96 98 97 99" };
        let mut out = format!(
            "v=0\r\no={id} 0 0 IN {family} {ip}\r\ns=Play\r\nc=IN {family} {ip}\r\nt=0 0\r\nm=video {port} {profile} {payloads}\r\na=recvonly\r\na=rtpmap:96 PS/90000\r\n"
        );
        if !self.ps_only {
            out.push_str("a=rtpmap:98 H264/90000\r\na=rtpmap:97 MPEG4/90000\r\na=rtpmap:99 H265/90000\r\n");
        }
        match self.tcp {
            Some(Setup::Passive) => out.push_str("a=setup:passive\r\na=connection:new\r\n"),
            Some(Setup::Active) => out.push_str("a=setup:active\r\na=connection:new\r\n"),
            None => (),
        }
        out.push_str(&format!("y={}\r\nf=v/////a///\r\n", self.ssrc));
        out.into_bytes()
    }
}

/// The ten digits of `y=` for a live picture: 0, digits 4 to 8 of our SIP domain, four digits of our own.
/// Source: GB/T 28181—2022 annex G.
#[must_use]
pub fn live_ssrc(our_id: &str, number: u16) -> String {
    let domain: String = our_id.chars().skip(3).take(5).filter(char::is_ascii_digit).collect();
    format!("0{domain:0>5}{:04}", number % 10_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = "v=0\r\no=37172300011320000001 0 0 IN IP4 192.0.2.31\r\ns=Play\r\nc=IN IP4 192.0.2.31\r\nt=0 0\r\nm=video 62010 TCP/RTP/AVP 96\r\na=sendonly\r\na=setup:active\r\na=rtpmap:96 PS/90000\r\ny=0003000412\r\n";

    #[test]
    fn reads_an_answer() {
        let sdp = Sdp::parse(ANSWER.as_bytes()).unwrap();
        let video = sdp.video().unwrap();
        assert_eq!((video.port, video.tcp, video.setup), (62_010, true, Some(Setup::Active)));
        assert_eq!(sdp.ssrc(), Some(3_000_412));
        assert_eq!(sdp.address(), Some("192.0.2.31".parse().unwrap()));
        assert_eq!(video.encoding(96).as_deref(), Some("PS"));
        assert!(sdp.oddities.is_empty());
    }

    #[test]
    fn order_case_blanks_and_garbage_are_put_up_with() {
        let text = "y= 0003000412\nM=video 0 RTP/AVP 96\nm=video 6000/2 rtp/avp 100\nc=IN IP4 10.0.0.1/127\nnonsense\na=rtpmap:100 ps/90000\n\n";
        let sdp = Sdp::parse(text.as_bytes()).unwrap();
        let video = sdp.video().unwrap();
        assert_eq!((video.port, video.tcp, sdp.ssrc()), (6000, false, Some(3_000_412)));
        assert_eq!(video.encoding(100).as_deref(), Some("PS"));
        assert_eq!(sdp.address(), Some("10.0.0.1".parse().unwrap()));
        assert_eq!(sdp.oddities.len(), 1);
    }

    #[test]
    fn only_a_body_without_media_is_no_description() {
        for body in [&b""[..], b"garbage", b"v=0\r\ns=Play\r\n", b"m=video x RTP/AVP 96", &[0xFF; 100]] {
            assert_eq!(Sdp::parse(body), None, "{body:?}");
        }
    }

    #[test]
    fn a_y_of_zero_nine_digits_or_letters_is_none() {
        for y in ["0000000000", "123456789", "abcdefghij", "", "9999999999"] {
            let sdp = Sdp::parse(format!("m=video 1 RTP/AVP 96\r\ny={y}\r\n").as_bytes()).unwrap();
            assert_eq!(sdp.ssrc(), None, "{y}");
        }
    }

    #[test]
    fn our_ssrc_follows_the_standard() {
        assert_eq!(live_ssrc("37172300002000000001", 412), "0723000412");
        assert_eq!(live_ssrc("33100300002000000017", 412), "0003000412");
        assert_eq!(live_ssrc("x", 1), "0000000001");
    }

    #[test]
    fn our_offer_reads_back() {
        let offer = Offer {
            our_id: "37172300002000000001",
            address: "127.0.0.1".parse().unwrap(),
            port: 30_000,
            tcp: Some(Setup::Passive),
            ssrc: "0723000001",
            ps_only: false,
        };
        let sdp = Sdp::parse(&offer.render()).unwrap();
        let video = sdp.video().unwrap();
        assert_eq!((video.port, video.tcp, video.setup), (30_000, true, Some(Setup::Passive)));
        assert_eq!(video.payloads, [96, 98, 97, 99]);
        assert_eq!(sdp.ssrc(), Some(723_000_001));
    }
}
