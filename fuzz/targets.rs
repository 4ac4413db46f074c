//! What must hold for any octets: one plain function a target, nothing in it but the public interface.
//!
//! `fuzz_targets/*.rs` give them to libFuzzer; `tests/it/fuzz.rs` replays the corpora and every input that was found. A
//! function returns, or it panics and has found something. `docs/FUZZING.md` says how to run them.

use bytes::Bytes;
use gbaudit::base::clock::Mono;
use gbaudit::base::oddity::Oddity;
use gbaudit::base::secret::Secret;
use gbaudit::manscdp::document::{Document, MAX_ITEMS_PER_MESSAGE};
use gbaudit::manscdp::item::{Element, MAX_ELEMENT_TEXT_BYTES, MAX_ITEM_TEXT_BYTES};
use gbaudit::manscdp::mask::mask_passwords;
use gbaudit::media::codec::{self, Codec, NalKind, h264, h265};
use gbaudit::media::framing::TcpFramer;
use gbaudit::media::nal::{AnnexB, MAX_NAL_BYTES, Nal};
use gbaudit::media::ps::{Demuxer, VideoSink};
use gbaudit::media::receiver::{MediaSeen, Negotiated, Receiver, Source};
use gbaudit::sip::MAX_ODDITIES_OF_A_KIND;
use gbaudit::sip::admission::{Admission, admit};
use gbaudit::sip::builder::Builder;
use gbaudit::sip::digest::{Challenge, Credentials, NonceUse, Nonces};
use gbaudit::sip::framer::{Frame, MAX_BODY_BYTES, StreamFramer};
use gbaudit::sip::header::uri::{SipUri, escape_user};
use gbaudit::sip::message::{MAX_HEAD_BYTES, MAX_HEADERS, Message, Method, Start};
use gbaudit::sip::sdp::{MAX_SDP_BYTES, Sdp, Setup};

/// A target by its name.
pub type Target = fn(&[u8]);

/// All of them.
pub const TARGETS: &[(&str, Target)] = &[
    ("sip_message", sip_message),
    ("sdp", sdp),
    ("manscdp", manscdp),
    ("digest", digest),
    ("tcp_framing", tcp_framing),
    ("rtp_to_key_frame", rtp_to_key_frame),
    ("ps", ps),
    ("h264_params", h264_params),
    ("h265_params", h265_params),
];

/// A datagram: limits hold, what was read and is written reads back as the same, and our response to it names the same
/// transaction and adds no header of the peer's making.
pub fn sip_message(data: &[u8]) {
    let Ok(message) = Message::parse_datagram(&Bytes::copy_from_slice(data)) else { return };
    within_limits(&message);
    assert!(message.body.len() <= data.len());

    let written = write(&message);
    if written.len() - message.body.len() <= MAX_HEAD_BYTES {
        let again = Message::parse_datagram(&written).expect("what was read can be written");
        assert_eq!((&again.start, &again.headers), (&message.start, &message.headers));
        assert_eq!((again.foreign_version, &again.body), (message.foreign_version, &message.body));
    }
    for named in [message.from(), message.to(), message.contact()].into_iter().flatten() {
        address_reads_back(&named.uri);
    }
    if let Some(uri) = message.request_uri().and_then(SipUri::parse) {
        address_reads_back(&uri);
    }

    let Some(method) = message.method() else { return };
    for stream in [false, true] {
        if admit(&message, stream) == Admission::Taken {
            assert!(message.call_id().is_some() && message.from().is_some() && message.to().is_some());
            assert_eq!(message.cseq().map(|c| c.method).as_ref(), Some(method));
            assert!(!matches!(method, Method::Other(_)) && !message.foreign_version);
        }
    }
    let source = "192.0.2.7:40000".parse().expect("an address");
    let response = Message::parse_datagram(&Builder::response(&message, source, 400, "Bad Request", "t").build());
    let response = response.expect("our own response");
    assert_eq!((response.code(), response.content_length()), (Some(400), Some(0)));
    let ours = ["via", "from", "to", "call-id", "cseq", "record-route", "user-agent", "content-length"];
    assert!(response.headers.iter().all(|h| ours.contains(&h.name.as_str())), "{:?}", response.headers);
    let visible = |text: Option<&str>| text.map(|t| t.chars().filter(|c| !c.is_control()).collect::<String>().trim().to_owned());
    for name in ["from", "call-id", "cseq"] {
        assert_eq!(response.header(name).map(ToOwned::to_owned), visible(message.header(name)), "{name}");
    }
    // Brackets mean nothing in a Via, controls are not sent back, and a quote that is never closed takes in what is added.
    let odd = message.header("via").is_some_and(|v| v.contains(|c: char| c.is_control() || matches!(c, '<' | '>' | '"')));
    if let Some(via) = message.via().filter(|_| !odd) {
        let back = response.via().expect("the Via of the request");
        assert_eq!((back.branch(), back.sent_by()), (via.branch(), via.sent_by()));
    }
}

fn within_limits(message: &Message) {
    assert!(message.headers.len() <= MAX_HEADERS);
    assert!(message.headers.iter().all(|h| !h.name.contains('\n') && !h.value.contains('\n')));
    assert!(message.code().is_none_or(|code| (100..700).contains(&code)));
    oddities_within_limits(&message.oddities);
}

fn oddities_within_limits(oddities: &[Oddity]) {
    for oddity in oddities {
        assert!(oddity.detail.len() <= 1_000, "{} {}", oddity.kind.id, oddity.detail.len());
        assert!(oddities.iter().filter(|o| o.kind == oddity.kind).count() <= MAX_ODDITIES_OF_A_KIND, "{}", oddity.kind.id);
    }
}

/// The message in its plainest form.
fn write(message: &Message) -> Bytes {
    let version = if message.foreign_version { "SIP/9.0" } else { "SIP/2.0" };
    let mut out = match &message.start {
        Start::Request { method, uri } => format!("{} {uri} {version}\r\n", method.as_str()),
        Start::Response { code, reason } => format!("{version} {code} {reason}\r\n"),
    };
    for header in &message.headers {
        out.push_str(&format!("{}: {}\r\n", header.name, header.value));
    }
    out.push_str("\r\n");
    let mut out = out.into_bytes();
    out.extend_from_slice(&message.body);
    out.into()
}

fn address_reads_back(uri: &SipUri) {
    let port = uri.port.map(|port| format!(":{port}")).unwrap_or_default();
    let written = format!("sip:{}@{}{port}", escape_user(&uri.user), uri.host);
    let again = SipUri::parse(&written).unwrap_or_else(|| panic!("{written:?} is refused"));
    assert_eq!((&again.user, &again.host, again.port), (&uri.user, &uri.host, uri.port), "{written:?}");
}

/// A session description: nothing beyond its limit is looked at, and what was read reads back as the same.
pub fn sdp(data: &[u8]) {
    let Some(sdp) = Sdp::parse(data) else { return };
    assert!(!sdp.media.is_empty() && sdp.video().is_none_or(|v| v.kind == "video"));
    assert_eq!(Sdp::parse(data.get(..data.len().min(MAX_SDP_BYTES)).unwrap_or_default()).as_ref(), Some(&sdp));
    assert!(sdp.ssrc().is_none_or(|ssrc| sdp.y.as_ref().is_some_and(|y| y.parse() == Ok(ssrc))));
    oddities_within_limits(&sdp.oddities);

    let mut out = format!("s={}\r\n", sdp.session);
    if let Some(address) = &sdp.connection {
        out.push_str(&format!("c=IN IP4 {address}\r\n"));
    }
    for media in &sdp.media {
        let profile = if media.tcp { "TCP/RTP/AVP" } else { "RTP/AVP" };
        let payloads = media.payloads.iter().map(u8::to_string).collect::<Vec<_>>().join(" ");
        out.push_str(&format!("m={} {} {profile} {payloads}\r\n", media.kind, media.port));
        if let Some(address) = &media.connection {
            out.push_str(&format!("c=IN IP4 {address}\r\n"));
        }
        match media.setup {
            Some(Setup::Active) => out.push_str("a=setup:active\r\n"),
            Some(Setup::Passive) => out.push_str("a=setup:passive\r\n"),
            None => (),
        }
        for (payload, name) in &media.rtpmap {
            out.push_str(&format!("a=rtpmap:{payload} {name}/90000\r\n"));
        }
    }
    if let Some(y) = &sdp.y {
        out.push_str(&format!("y={y}\r\n"));
    }
    // An empty address is written as none; which charset a few odd octets are in is the charset's own question.
    let empty = sdp.media.iter().map(|m| &m.connection).chain([&sdp.connection]).any(|c| c.as_deref() == Some(""));
    if !empty && out.is_ascii() && out.len() <= MAX_SDP_BYTES {
        let again = Sdp::parse(out.as_bytes()).expect("what was read can be written");
        assert_eq!((&again.media, &again.connection), (&sdp.media, &sdp.connection));
        assert_eq!((&again.session, &again.y), (&sdp.session, &sdp.y));
        assert!(again.oddities.is_empty());
    }
}

/// A body of the XML command set: limits hold; taken apart leniently it holds no less than read strictly; and no password
/// comes through the mask.
pub fn manscdp(data: &[u8]) {
    mask_holds(data);
    let Ok(document) = Document::parse(data, None) else { return };
    assert!(!document.root.is_empty());
    assert!(document.items.len() <= MAX_ITEMS_PER_MESSAGE && document.elements.len() <= 1_000);
    for item in &document.items {
        assert!(item.iter().count() <= 256);
        assert!(item.iter().map(|(_, text)| text.len()).sum::<usize>() <= MAX_ITEM_TEXT_BYTES);
        for (element, text) in item.iter() {
            assert!(text.len() <= MAX_ELEMENT_TEXT_BYTES);
            assert!(element != Element::Password || text.is_empty() || text == "*");
        }
    }
    if has(&document, "xml_not_well_formed") {
        return;
    }
    salvage_finds_no_less(data, &document);
    masked_as_read(data, &document);
}

fn has(document: &Document, oddity: &str) -> bool {
    document.oddities.iter().any(|o| o.kind.id == oddity)
}

/// A well-formed body that has lost its last end tag goes the lenient way, which knows tags and nothing else of XML: it is
/// held to the strict one where there are tags alone, and items stand where they belong.
fn salvage_finds_no_less(data: &[u8], document: &Document) {
    let text = String::from_utf8_lossy(data);
    let plain = std::str::from_utf8(data).is_ok() && !text.contains("<!") && text.matches("<?").count() <= 1;
    let roots = ["Response", "Notify", "Query", "Control"];
    let opened = text.match_indices("Item").filter(|(at, _)| text[..*at].ends_with(['<', ':'])).count();
    let quoted = text.contains(['"', '\'']) && text.split(['"', '\'']).skip(1).step_by(2).any(|part| part.contains(['<', '>']));
    let end = format!("</{}>", document.root);
    let Some(last) = text.rfind(&end).filter(|at| text[at + end.len()..].trim().is_empty()) else { return };
    let listed = text.matches("</DeviceList>").count() == 1;
    if !plain || quoted || !listed || !roots.contains(&document.root.as_str()) || opened != document.items.len() {
        return;
    }
    let broken = Document::parse(&data[..last], None).expect("no worse than not well formed");
    if !has(&broken, "xml_not_well_formed") {
        // Its root had ended before.
        return;
    }
    let ids = |d: &Document| d.items.iter().filter_map(|i| i.get(Element::DeviceID).map(ToOwned::to_owned)).collect::<Vec<_>>();
    assert_eq!(ids(&broken), ids(document));
    assert_eq!((broken.items.len(), broken.cut_off), (document.items.len(), 0));
}

/// Wherever a password is put into a body, whatever stands around it, it does not survive the mask; and masking does nothing
/// else, and nothing the second time.
fn mask_holds(data: &[u8]) {
    const WORD: &[u8] = b"Zq7-plain-Xk9";
    let Some((place, body)) = data.split_first() else { return };
    let tags: [(&[u8], &[u8]); 4] = [
        (b"<Password>", b"</Password>"),
        (b"<g:password >", b"</g:password>"),
        (b"<Password a=\"x/>\">", b"</Password >"),
        (b"<Password\r\n>", b"</Info>"),
    ];
    let (open, close) = tags[usize::from(*place) % tags.len()];
    let at = body.len() * usize::from(*place) / 255;
    if !contains(body, WORD) {
        let mut masked = [&body[..at], open, WORD, close, &body[at..]].concat();
        let before = masked.clone();
        assert!(mask_passwords(&mut masked) > 0);
        assert!(!contains(&masked, WORD), "{:?}", String::from_utf8_lossy(&masked));
        assert_eq!(masked.len(), before.len());
        assert!(masked.iter().zip(&before).all(|(new, old)| new == old || *new == b'*'));
        let once = masked.clone();
        mask_passwords(&mut masked);
        assert_eq!(masked, once);
    }
}

/// What the strict reader takes for the text of a password is stars after masking: read under another element's name, for a
/// password's own text is never kept.
fn masked_as_read(data: &[u8], document: &Document) {
    let lower = data.to_ascii_lowercase();
    if contains(&lower, b"address") || !contains(&lower, b"password") || holds_a_body(&lower) {
        return;
    }
    let mut masked = data.to_vec();
    let count = mask_passwords(&mut masked);
    let has_password = |d: &Document| d.items.iter().filter(|i| i.get(Element::Password).is_some_and(|p| !p.is_empty())).count();
    assert!(count >= has_password(document));
    // The two names are of one length.
    for at in 1..masked.len().saturating_sub(8) {
        let name = &masked[at..at + 8];
        let (before, after) = (masked[at - 1], masked[at + 8]);
        if name.eq_ignore_ascii_case(b"password")
            && matches!(before, b'<' | b'/' | b':')
            && (after.is_ascii_whitespace() || matches!(after, b'>' | b'/'))
        {
            masked[at..at + 8].copy_from_slice(b"Address ");
        }
    }
    // A `>` within an attribute ends a tag for the mask and not for the reader: what it left is not well formed any more.
    let Ok(read) = Document::parse(&masked, None) else { return };
    if has(&read, "xml_not_well_formed") {
        return;
    }
    let texts = read.items.iter().filter_map(|i| i.get(Element::Address));
    let texts = texts.chain(read.elements.iter().filter(|(name, _)| *name == "Address").map(|(_, text)| text));
    for text in texts {
        assert!(text.chars().all(|c| c == '*' || c.is_whitespace()), "{text:?}");
    }
}

/// Whether an item or a password stands within a password: there the mask takes the first to be over.
fn holds_a_body(lower: &[u8]) -> bool {
    let mut open = false;
    for tag in lower.split(|b| *b == b'<').skip(1) {
        let closing = tag.first() == Some(&b'/');
        let name = tag.get(usize::from(closing)..).unwrap_or_default();
        let name = name.split(|b| matches!(b, b'>' | b'/') || b.is_ascii_whitespace()).next().unwrap_or_default();
        match name.rsplit(|b| *b == b':').next().unwrap_or_default() {
            b"password" if !closing && open => return true,
            b"password" => open = !closing,
            b"item" if open => return true,
            _ => (),
        }
    }
    false
}

fn contains(body: &[u8], wanted: &[u8]) -> bool {
    body.windows(wanted.len()).any(|w| w == wanted)
}

/// A challenge or an answer, then in a line each the user, the password, the method, the URI and another password: what our
/// client computes verifies, also after its way over the wire, and no other password does.
pub fn digest(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.split('\n');
    let mut next = || lines.next().unwrap_or_default();
    let (value, username, password, method, uri, other) = (next(), next(), Secret::new(next()), next(), next(), next());
    if let Some(challenge) = Challenge::parse(value) {
        assert_eq!(Challenge::parse(&challenge.render()).as_ref(), Some(&challenge));
        let answer = Credentials::answer(&challenge, username, &password, (method, uri), (1, "c0ffee"));
        let received = Credentials::parse(&answer.render()).expect("our own answer");
        assert_eq!(received, answer);
        assert!(received.verify(method, &password));
        assert!(other == password.expose() || !received.verify(method, &Secret::new(other)));
        assert!(!received.verify(&format!("{method}x"), &password));
    }
    if let Some(credentials) = Credentials::parse(value) {
        // The count is written without quotes, as the RFC has it: one that is none is nothing we would send.
        if credentials.qop.as_ref().is_none_or(|qop| !qop.nc.is_empty() && qop.nc.bytes().all(|b| b.is_ascii_alphanumeric())) {
            assert_eq!(Credentials::parse(&credentials.render()).as_ref(), Some(&credentials));
        }
        assert!(!credentials.verify("REGISTER", &Secret::new("the password nobody guesses")));
        let mut nonces = Nonces::default();
        assert_eq!(nonces.spend(&credentials, Mono::ZERO), NonceUse::Stale, "not one of ours");
        let nonce = nonces.issue(Mono::ZERO, [7; 16]);
        let credentials = Credentials { nonce, ..credentials };
        assert_eq!(nonces.spend(&credentials, Mono::ZERO), NonceUse::Fresh);
        assert_eq!(nonces.spend(&credentials, Mono::ZERO), NonceUse::Replayed);
    }
}

/// A stream: the first octet says how it is cut. Any cut gives the same frames, a frame is within its limits, and after
/// whatever came a stream that owes nothing gives the next message.
pub fn tcp_framing(data: &[u8]) {
    let Some((cut, stream)) = data.split_first() else { return };
    let (whole, mut framer) = frames(std::iter::once(stream));
    let size = usize::from(*cut) % 61 + 1;
    let (cut, _) = frames(stream.chunks(size));
    assert_eq!(cut, whole, "in reads of {size}");
    let mut octets = 0;
    for frame in &whole {
        match frame {
            Frame::Message(message) => {
                within_limits(message);
                assert!(message.body.len() <= MAX_BODY_BYTES);
                octets += message.body.len();
            }
            Frame::TooLarge { head, length } => {
                within_limits(head);
                assert!(*length > MAX_BODY_BYTES);
            }
            Frame::Lost(_) => return,
        }
    }
    assert!(octets <= stream.len());
    if framer.pending_bytes() == 0 {
        framer.push(b"MESSAGE sip:1@2 SIP/2.0\r\nCall-ID: after\r\nContent-Length: 4\r\n\r\n<a/>");
        let Some(Frame::Message(message)) = framer.next_frame() else { panic!("the next message is lost") };
        assert_eq!((message.call_id(), message.body.as_ref()), (Some("after"), &b"<a/>"[..]));
        assert_eq!(framer.pending_bytes(), 0);
    }
}

/// The frames of a stream up to the one that ends it, and the framer as it is then.
fn frames<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> (Vec<Frame>, StreamFramer) {
    let mut framer = StreamFramer::default();
    let mut frames = Vec::new();
    for chunk in chunks {
        framer.push(chunk);
        while let Some(frame) = framer.next_frame() {
            if let Frame::Lost(_) = frame {
                // Which limit was met first depends on the reads.
                frames.push(Frame::Lost(""));
                return (frames, framer);
            }
            frames.push(frame);
        }
    }
    (frames, framer)
}

/// The first octet says over what, then packets: two octets of length, one of milliseconds since the one before, the packet. What
/// is counted came, a key frame is whole and has its parameter sets, and the same packets give the same again.
pub fn rtp_to_key_frame(data: &[u8]) {
    let Some((flags, data)) = data.split_first() else { return };
    let (first, keys) = received(*flags, data);
    let (second, again) = received(*flags, data);
    assert_eq!((&first, keys), (&second, again));
    assert!(first.packets <= data.len() as u64 && first.bytes <= data.len() as u64);
    assert!(first.seen.slices + first.seen.parameters <= first.nals);
}

/// What a receiver makes of packets, and how many key frames it gave.
fn received(flags: u8, mut data: &[u8]) -> (MediaSeen, u32) {
    let tcp = flags & 1 == 1;
    let source = Source { address: "192.0.2.31:62010".parse().expect("an address"), tcp };
    let payloads = [(96, "PS"), (98, "H264"), (100, "H265"), (99, "SVAC")].map(|(pt, name)| (pt, name.to_owned()));
    let payloads = if flags & 2 == 2 { Vec::new() } else { payloads.to_vec() };
    let negotiated = Negotiated { ssrcs: vec![7], payloads, address: None, port: None, tcp };
    let mut receiver = Receiver::new(negotiated, Vec::new());
    let (mut now, mut keys) = (0, 0);
    let mut framer = TcpFramer::default();
    while let Some((&[high, low, later], rest)) = data.split_first_chunk::<3>() {
        now += u64::from(later);
        let length = usize::from(u16::from_be_bytes([high, low])).min(rest.len());
        let (packet, rest) = rest.split_at(length);
        data = rest;
        if tcp {
            framer.push(packet);
            while let Some(packet) = framer.next_packet(rest.is_empty()) {
                receiver.packet(&packet, source, Mono::from_millis(now));
            }
        } else {
            receiver.packet(packet, source, Mono::from_millis(now));
        }
        receiver.tick(Mono::from_millis(now));
        keys += taken(&mut receiver, now);
    }
    receiver.flush(Mono::from_millis(now + 60_000));
    keys += taken(&mut receiver, now + 60_000);
    let _ = (receiver.shortfall(), receiver.oddities(), receiver.stragglers(None));
    (receiver.seen(), keys)
}

fn taken(receiver: &mut Receiver, now: u64) -> u32 {
    let Some((frame, codec, at)) = receiver.take_key_frame() else { return 0 };
    assert!(frame.whole && at <= Mono::from_millis(now));
    let kinds: Vec<NalKind> = frame.nals.iter().map(|nal| (codec.kind)(nal)).collect();
    let sets = kinds.iter().filter(|kind| **kind == NalKind::Parameters).count();
    assert!(sets >= 2 && kinds[..sets].iter().all(|kind| *kind == NalKind::Parameters));
    assert!(kinds[sets..].iter().all(|kind| matches!(kind, NalKind::Slice { .. })) && sets < kinds.len());
    1
}

/// The video of a program stream.
#[derive(Default)]
struct Video {
    octets: Vec<u8>,
    gaps: usize,
}

impl VideoSink for Video {
    fn video(&mut self, octets: &[u8]) {
        self.octets.extend_from_slice(octets);
    }

    fn gap(&mut self) {
        self.gaps += 1;
    }

    fn short_pes(&mut self) {}
}

/// A program stream: the first octet says how it is cut. Any cut gives the same video, no octet is counted twice, and after a
/// loss and whatever came before it the next pack is read.
pub fn ps(data: &[u8]) {
    let Some((cut, stream)) = data.split_first() else { return };
    let (whole, _) = demuxed(std::iter::once(stream));
    let size = usize::from(*cut) % 61 + 1;
    let (cut, mut demuxer) = demuxed(stream.chunks(size));
    // What is only given out at the end may differ by what the last piece held back.
    let common = whole.octets.len().min(cut.octets.len());
    assert_eq!(whole.octets[..common], cut.octets[..common], "in pieces of {size}");
    assert!(whole.octets.len().abs_diff(cut.octets.len()) <= 64);
    assert_eq!(demuxer.seen.video_bytes, cut.octets.len() as u64);
    assert!(demuxer.seen.video_bytes + demuxer.seen.discarded_bytes <= stream.len() as u64);
    let mut after = Video::default();
    demuxer.gap(&mut after);
    let pack = [&[0, 0, 1, 0xBA, 0x44, 0, 4, 0, 4, 1, 0, 0, 3, 0xF8][..], &[0, 0, 1, 0xE0, 0, 8, 0x80, 0, 0], b"video"].concat();
    demuxer.push(&pack, &mut after);
    demuxer.push(&pack, &mut after);
    assert_eq!((after.octets.as_slice(), after.gaps), (&b"videovideo"[..], 1));
}

fn demuxed<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> (Video, Demuxer) {
    let (mut video, mut demuxer) = (Video::default(), Demuxer::default());
    chunks.for_each(|chunk| demuxer.push(chunk, &mut video));
    demuxer.flush(&mut video);
    (video, demuxer)
}

/// Units of H.264, cut at start codes.
pub fn h264_params(data: &[u8]) {
    parameters(data, &h264::CODEC);
}

/// Units of H.265, cut at start codes.
pub fn h265_params(data: &[u8]) {
    parameters(data, &h265::CODEC);
}

/// What identifies a codec is one of its parameter sets and of no other codec; units and any cut of them are the same; parameter
/// sets alone, whatever size they claim, are no picture.
fn parameters(data: &[u8], codec: &'static Codec) {
    let units = cut(std::iter::once(data));
    let pieces = cut(data.chunks(7));
    assert_eq!(units, pieces, "in pieces");
    let mut sets = Vec::new();
    for unit in &units {
        assert!(!unit.octets.is_empty() && unit.octets.len() <= MAX_NAL_BYTES && !unit.damaged);
        let kind = (codec.kind)(&unit.octets);
        let identified = (codec.identifies)(&unit.octets);
        assert!(!identified || kind == NalKind::Parameters);
        assert!(!identified || codec::identify(&unit.octets).is_some_and(|found| found.name == codec.name));
        if kind == NalKind::Parameters && sets.len() < 8 {
            sets.push(unit.octets.clone());
        }
    }
    assert!((codec.decode)(&sets).is_err(), "a picture without a slice");
}

fn cut<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> Vec<Nal> {
    let mut splitter = AnnexB::default();
    chunks.for_each(|chunk| splitter.push(chunk));
    splitter.flush();
    splitter.take()
}
