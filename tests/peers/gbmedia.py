"""Media for the simulated platform: Annex B clips, program stream, RTP.

A clip is a list of frames in decoding order; every frame knows its NAL units, whether it is a
key frame, and how many frame periods after decoding it is shown.
"""
import math
import random
import re
import struct

FPS, TICKS, MTU = 25, 3600, 1400          # 90000 / 25 = 3600 ticks for each frame
STREAM_TYPE = {"h264": 0x1B, "h265": 0x24}


# ---------------------------------------------------------------- Annex B
class Bits:
    """Bit reader over the first bytes of a NAL unit, emulation prevention removed."""

    def __init__(self, nal, skip):
        raw = nal[:400].replace(b"\0\0\3", b"\0\0")[skip:]
        self.value, self.left = int.from_bytes(raw, "big"), len(raw) * 8

    def u(self, count):
        self.left -= count
        if self.left < 0:
            raise ValueError("end of NAL unit")
        return (self.value >> self.left) & ((1 << count) - 1)

    def ue(self):
        zeros = 0
        while not self.u(1):
            zeros += 1
        return (1 << zeros) - 1 + self.u(zeros)

    def se(self):
        code = self.ue()
        return (code + 1) // 2 if code & 1 else -(code // 2)


class Frame:
    def __init__(self):
        self.nals, self.key, self.cts, self.poc = [], False, 0, 0

    def annexb(self):
        return b"".join(b"\0\0\0\1" + nal for nal in self.nals)


def split_nals(data):
    starts = [m.end() for m in re.finditer(b"\0\0\1", data)]
    ends = [s - 3 for s in starts[1:]] + [len(data)]
    return [nal for s, e in zip(starts, ends) if (nal := data[s:e].rstrip(b"\0"))]


def nal_type(nal, codec):
    return nal[0] & 0x1F if codec == "h264" else (nal[0] >> 1) & 0x3F


def is_vcl(kind, codec):
    return 1 <= kind <= 5 if codec == "h264" else kind <= 31


def is_key(kind, codec):
    return kind == 5 if codec == "h264" else 16 <= kind <= 21


def split_frames(data, codec):
    """Groups the NAL units of a byte stream into access units."""
    frames, current, has_vcl = [], Frame(), False
    suffix = () if codec == "h264" else (36, 37, 38, 40)     # EOS, EOB, filler, suffix SEI stay with the old one
    for nal in split_nals(data):
        kind = nal_type(nal, codec)
        vcl = is_vcl(kind, codec)
        first_slice = vcl and len(nal) > 2 and bool(nal[1 if codec == "h264" else 2] & 0x80)
        starts_new = first_slice if vcl else kind not in suffix and kind not in ((10, 11, 12) if codec == "h264" else ())
        if has_vcl and starts_new:
            frames.append(current)
            current, has_vcl = Frame(), False
        current.nals.append(nal)
        has_vcl = has_vcl or vcl
        current.key = current.key or is_key(kind, codec)
    if has_vcl:
        frames.append(current)
    return frames


def h264_sps(nal):
    b = Bits(nal, 1)
    profile = b.u(8)
    b.u(16)
    b.ue()
    planes = False
    if profile in (100, 110, 122, 244, 44, 83, 86, 118, 128):
        chroma = b.ue()
        planes = chroma == 3 and bool(b.u(1))
        b.ue(), b.ue(), b.u(1)
        if b.u(1):                                            # scaling lists: walk over them
            for i in range(8 if chroma != 3 else 12):
                last = scale = 8
                for _ in range((16 if i < 6 else 64) if b.u(1) else 0):
                    if scale:
                        scale = (last + b.se()) % 256
                    last = scale or last
    frame_num = b.ue() + 4
    poc_type = b.ue()
    poc_bits = b.ue() + 4 if poc_type == 0 else 0
    if poc_type == 1:
        raise ValueError("picture order count type 1")
    b.ue(), b.u(1), b.ue(), b.ue()
    return planes, frame_num, poc_bits, b.u(1)


def h265_sps(nal):
    b = Bits(nal, 2)
    b.u(4)
    layers = b.u(3)
    b.u(1 + 96)
    present = [(b.u(1), b.u(1)) for _ in range(layers)]
    b.u(2 * (8 - layers) if layers else 0)
    for profile, level in present:
        b.u(88 * profile + 8 * level)
    b.ue()
    planes = b.ue() == 3 and bool(b.u(1))
    b.ue(), b.ue()
    if b.u(1):
        b.ue(), b.ue(), b.ue(), b.ue()
    b.ue(), b.ue()
    return planes, b.ue() + 4


def h265_pps(nal):
    b = Bits(nal, 2)
    b.ue(), b.ue(), b.u(1)
    return b.u(1), b.u(3)                                     # output_flag_present, extra slice header bits


def set_display_order(frames, codec):
    """Fills cts from the picture order counts; leaves 0 when they cannot be read."""
    sps = pps = None
    prev, group, groups = 0, [], []
    for frame in frames:
        for nal in frame.nals:
            kind = nal_type(nal, codec)
            if codec == "h264" and kind == 7:
                sps = h264_sps(nal)
            elif codec == "h265" and kind == 33:
                sps = h265_sps(nal)
            elif codec == "h265" and kind == 34:
                pps = h265_pps(nal)
        nal = next(n for n in frame.nals if is_vcl(nal_type(n, codec), codec))
        kind = nal_type(nal, codec)
        if codec == "h264":
            planes, frame_num, bits, whole = sps
            b = Bits(nal, 1)
            b.ue(), b.ue(), b.ue(), b.u(2 if planes else 0), b.u(frame_num)
            if not whole and b.u(1):
                raise ValueError("field picture")
            resets, reference = kind == 5, bool(nal[0] & 0x60)
            if resets:
                b.ue()
            lsb = b.u(bits) if bits else prev + 1
        else:
            b = Bits(nal, 2)
            b.u(1 + (16 <= kind <= 23))
            b.ue(), b.u(pps[1]), b.ue(), b.u(pps[0]), b.u(2 if sps[0] else 0)
            resets, bits = kind in (19, 20), sps[1]
            lsb = 0 if resets else b.u(bits)
            reference = nal[1] & 7 == 1 and not (kind <= 14 and kind % 2 == 0) and kind not in (6, 7, 8, 9)
        if resets and group:
            groups.append(group)
            group = []
        prev = 0 if resets else prev
        poc = lsb
        if bits and not resets:
            half, size = 1 << (bits - 1), 1 << bits
            poc = prev - prev % size + lsb
            poc += size if poc - prev < -half else -size if poc - prev >= half else 0
        frame.poc = poc
        prev = poc if reference or not bits else prev
        group.append(frame)
    groups.append(group)
    for group in groups:
        ranks = {id(f): rank for rank, f in enumerate(sorted(group, key=lambda f: f.poc))}
        for at, frame in enumerate(group):
            frame.cts = ranks[id(frame)] - at
    delay = max(0, -min(f.cts for f in frames))
    for frame in frames:
        frame.cts += delay


class Clip:
    cache = {}

    def __init__(self, path):
        self.codec = "h265" if str(path).endswith("265") else "h264"
        with open(path, "rb") as file:
            self.frames = split_frames(file.read(), self.codec)
        if not self.frames:
            raise ValueError(f"no picture in {path}")
        try:
            set_display_order(self.frames, self.codec)
        except (ValueError, TypeError, StopIteration):        # no parameter sets, or a form not read here
            for frame in self.frames:
                frame.cts = 0

    @classmethod
    def load(cls, path):
        if path not in cls.cache:
            cls.cache[path] = cls(path)
        return cls.cache[path]


class ClipReader:
    """Loops over a clip, one frame per call."""

    def __init__(self, clip, key_delay=0.0, drop_keys=False, random_start=False):
        self.frames, self.drop_keys, self.key_delay = clip.frames, drop_keys, key_delay
        self.at = random.randrange(len(self.frames)) if random_start else 1 if key_delay else 0
        self.keys_open = not key_delay
        self.has_keys = any(f.key for f in self.frames)
        if drop_keys and all(f.key for f in self.frames):
            raise ValueError("clip has only key frames")

    def next(self, elapsed, want_key=False):
        if not self.keys_open and elapsed >= self.key_delay:
            self.keys_open = want_key = True
        if want_key:
            self.drop_keys, self.keys_open = False, True
            while self.has_keys and not self.frames[self.at % len(self.frames)].key:
                self.at += 1
        while self.has_keys and (self.drop_keys or not self.keys_open) and self.frames[self.at % len(self.frames)].key:
            self.at += 1
        frame = self.frames[self.at % len(self.frames)]
        self.at += 1
        return frame


# ---------------------------------------------------------------- program stream
def crc32_mpeg(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = ((crc << 1) ^ 0x04C11DB7 if crc & 0x80000000 else crc << 1) & 0xFFFFFFFF
    return crc


def stamp(prefix, value):
    """Five bytes: 4 bit prefix and a 33 bit time with three marker bits."""
    value &= (1 << 33) - 1
    return (prefix << 36 | (value >> 30) << 33 | 1 << 32 | (value >> 15 & 0x7FFF) << 17 | 1 << 16
            | (value & 0x7FFF) << 1 | 1).to_bytes(5, "big")


def pack_header(scr, form="mpeg2", stuffing=0, mux_rate=0x1FFFF):
    scr &= (1 << 33) - 1
    if form == "bare":
        return b"\0\0\1\xBA"
    if form == "mpeg1":
        return b"\0\0\1\xBA" + stamp(2, scr) + (1 << 23 | mux_rate << 1 | 1).to_bytes(3, "big")
    bits = 0b01 << 46 | (scr >> 30) << 43 | 1 << 42 | (scr >> 15 & 0x7FFF) << 27 | 1 << 26 | (scr & 0x7FFF) << 11 | 1 << 10 | 1
    rate = mux_rate << 2 | 3
    return b"\0\0\1\xBA" + bits.to_bytes(6, "big") + rate.to_bytes(3, "big") + bytes([0xF8 | stuffing]) + b"\xFF" * stuffing


def system_header(streams):
    body = (1 << 23 | 0x1FFFF << 1 | 1).to_bytes(3, "big") + bytes([0x04, 0xE1, 0x7F])
    for stream_id, _ in streams:
        size = 0xC000 | (0x2000 | 512 if stream_id >= 0xE0 else 32)
        body += bytes([stream_id]) + struct.pack(">H", size)
    return b"\0\0\1\xBB" + struct.pack(">H", len(body)) + body


def stream_map(streams):
    entries = b"".join(struct.pack(">BBH", kind, stream_id, 0) for stream_id, kind in streams)
    body = b"\xE1\xFF\0\0" + struct.pack(">H", len(entries)) + entries
    head = b"\0\0\1\xBC" + struct.pack(">H", len(body) + 4) + body
    return head + struct.pack(">I", crc32_mpeg(head))


def pes(stream_id, payload, pts=None, dts=None, zero_length=False):
    if pts is None:
        flags, times = 0, b""
    elif dts is None or dts == pts:
        flags, times = 0x80, stamp(2, pts)
    else:
        flags, times = 0xC0, stamp(3, pts) + stamp(1, dts)
    length = 0 if zero_length else len(payload) + len(times) + 3
    return b"\0\0\1" + struct.pack(">BHBBB", stream_id, length, 0x80, flags, len(times)) + times + payload


def noise(count, rng=random):
    """Random bytes without a zero, so that they cannot contain a start code."""
    return bytes(rng.randrange(1, 256) for _ in range(count))


def alaw(sample):
    """One G.711 A-law byte for a 13 bit linear sample."""
    sign, value = (0x80, sample) if sample >= 0 else (0, -sample - 1)
    value = min(value, 4095)
    exponent = max(value.bit_length() - 5, 0)
    mantissa = (value >> (exponent if exponent > 1 else 1)) & 15
    return (sign | exponent << 4 | mantissa) ^ 0x55


TONE = bytes(alaw(int(1500 * math.sin(2 * math.pi * 400 * n / 8000))) for n in range(320))   # 40 ms, whole periods


class PsMuxer:
    """Frames to program stream packs. opt holds the behaviour options."""

    def __init__(self, codec, opt):
        self.opt, self.rng = opt, random.Random(28181)
        video = {"wrong": STREAM_TYPE["h264" if codec == "h265" else "h265"]}.get(opt["psm"], STREAM_TYPE[codec])
        self.streams = [] if opt["audio_only"] else [(0xE0, video)]
        if opt["audio_only"] or opt["with_audio"]:
            self.streams.append((0xC0, 0x90))

    def private(self):
        return pes(0xBD, noise(self.rng.randrange(20, 200), self.rng))

    def pack(self, frame, index):
        """One pack for a frame (None: audio only); index counts frame periods."""
        opt, dts = self.opt, (index + 1) * TICKS
        out = [pack_header(dts - TICKS, opt["pack"], opt["stuffing"])]
        if frame.key if frame else index % FPS == 0:
            if opt["system_header"]:
                out.append(system_header(self.streams))
            if opt["psm"]:
                out.append(stream_map(self.streams))
        if opt["private_bd"]:
            out.append(self.private())
        if frame:
            data, pts, limit = frame.annexb(), dts + frame.cts * TICKS, opt["pes_size"]
            if opt["pes_length_zero"]:
                out.append(pes(0xE0, data, pts, dts, True))
            else:
                for at in range(0, len(data), limit):
                    piece = data[at:at + limit]
                    out.append(pes(0xE0, piece, pts, dts) if at == 0 else pes(0xE0, piece))
                    if opt["private_bd"]:
                        out.append(self.private())
        if len(self.streams) > 1 or not frame:
            out.append(pes(0xC0, TONE, dts))
        if opt["garbage"]:
            out.append(noise(self.rng.randrange(1, 60), self.rng))
        return b"".join(out)


# ---------------------------------------------------------------- RTP
class Rtp:
    def __init__(self, ssrc, pt):
        self.ssrc, self.pt = ssrc & 0xFFFFFFFF, pt
        self.seq, self.base, self.packets, self.octets = random.randrange(65536), random.randrange(1 << 32), 0, 0

    def time(self, ticks):
        return (self.base + ticks) & 0xFFFFFFFF

    def packet(self, payload, ticks, marker=False, pt=None):
        head = struct.pack(">BBHII", 0x80, (0x80 if marker else 0) | (self.pt if pt is None else pt), self.seq,
                           self.time(ticks), self.ssrc)
        self.seq = (self.seq + 1) & 0xFFFF
        self.packets += 1
        self.octets += len(payload)
        return head + payload

    def packets_of(self, payloads, ticks):
        return [self.packet(p, ticks, at == len(payloads) - 1) for at, p in enumerate(payloads)]

    def rtcp(self, ticks, wall):
        """Sender report and SDES."""
        seconds = int(wall) + 2208988800
        report = struct.pack(">BBHIIIIII", 0x80, 200, 6, self.ssrc, seconds & 0xFFFFFFFF, int(wall % 1 * 4294967296),
                             self.time(ticks), self.packets, self.octets)
        return report + struct.pack(">BBHI", 0x81, 202, 4, self.ssrc) + b"\x01\x08gbpeer@t\0\0"


def ps_payloads(data):
    return [data[at:at + MTU] for at in range(0, len(data), MTU)]


def nal_payloads(frame, codec):
    """RFC 6184 (single NAL unit, FU-A) or RFC 7798 (single NAL unit, FU) payloads of one frame."""
    out = []
    for nal in frame.nals:
        if len(nal) <= MTU:
            out.append(nal)
            continue
        if codec == "h264":
            head, kind, skip = bytes([nal[0] & 0xE0 | 28]), nal[0] & 0x1F, 1
        else:
            head, kind, skip = bytes([nal[0] & 0x81 | 49 << 1, nal[1]]), nal[0] >> 1 & 0x3F, 2
        body, step = nal[skip:], MTU - skip - 1
        for at in range(0, len(body), step):
            start, end = 0x80 * (at == 0), 0x40 * (at + step >= len(body))
            out.append(head + bytes([start | end | kind]) + body[at:at + step])
    return out


class Disorder:
    """Changes the order of the packets: of twelve, number 2 goes behind 3 and number 6 behind 9."""

    def __init__(self):
        self.count, self.held = 0, None

    def push(self, packet):
        at, self.count = self.count % 12, self.count + 1
        if at in (2, 6):
            self.held = packet
            return []
        if at in (3, 9):
            return [packet, self.held]
        return [packet]
