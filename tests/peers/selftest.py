#!/usr/bin/env python3
"""Checks platform.py against a small superior written with plain sockets.

selftest.py               registration, catalogue, calls over UDP and TCP, superior role
selftest.py --all DIR     besides: every behaviour, 64 calls at once; elementary and program streams are
                          kept in DIR and decoded with ffmpeg when it is installed
"""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path[:] = [p for p in sys.path if os.path.abspath(p or ".") != HERE]

import hashlib  # noqa: E402
import json  # noqa: E402
import queue  # noqa: E402
import random  # noqa: E402
import re  # noqa: E402
import shutil  # noqa: E402
import signal  # noqa: E402
import socket  # noqa: E402
import struct  # noqa: E402
import subprocess  # noqa: E402
import tempfile  # noqa: E402
import threading  # noqa: E402
import time  # noqa: E402

SERVER, DOMAIN, PASSWORD = "34000000002000000001", "3400000000", "Test-Only-1"
PLATFORM = "34020000002000000001"
failures = []


def check(good, what, detail=""):
    print(("ok    " if good else "FAIL  ") + what + (f"  [{detail}]" if detail != "" and not good else ""), flush=True)
    if not good:
        failures.append(what)


def channel(number):
    return f"340200000013200{number:05d}"


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def header(text, name):
    found = re.search(rf"(?im)^{name}\s*:\s*(.*?)\s*$", text)
    return found.group(1) if found else ""


# ---------------------------------------------------------------- superior
class Superior:
    """Registrar and caller over UDP, or over one TCP connection that the platform opens."""

    def __init__(self, tcp=False, offer_qop=True):
        self.tcp, self.offer_qop = tcp, offer_qop
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.port = self.sock.getsockname()[1]
        self.nonce, self.peer, self.link, self.registers, self.lock = "n0nce", None, None, [], threading.Lock()
        self.replies, self.messages, self.requests = {}, queue.Queue(), queue.Queue()
        self.mute, self.seen = set(), set()
        if tcp:
            self.sock.listen(4)
        else:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        threading.Thread(target=self.accept if tcp else self.datagrams, daemon=True).start()

    def datagrams(self):
        while True:
            data, self.peer = self.sock.recvfrom(65535)
            self.handle(data)

    def accept(self):
        while True:
            self.link, self.peer = self.sock.accept()
            threading.Thread(target=self.stream, args=(self.link,), daemon=True).start()

    def stream(self, link):
        buffer = b""
        while data := link.recv(65536):
            buffer += data
            while found := re.search(rb"\r?\n\r?\n", buffer):
                size = re.search(rb"(?im)^(?:content-length|l)\s*:\s*(\d+)", buffer[:found.end()])
                end = found.end() + int(size.group(1))
                if len(buffer) < end:
                    break
                self.handle(buffer[:end])
                buffer = buffer[end:]

    def send(self, data):
        with self.lock:
            if self.tcp:
                self.link.sendall(data)
            else:
                self.sock.sendto(data, self.peer)

    def handle(self, data):
        found = re.search(rb"\r?\n\r?\n", data)
        head, body = data[:found.start()].decode().replace("\r\n", "\n"), data[found.end():]
        for short, name in {"v": "Via", "f": "From", "t": "To", "i": "Call-ID", "m": "Contact", "c": "Content-Type"}.items():
            head = re.sub(rf"(?m)^{short}:", f"{name}:", head)
        if head.startswith("SIP/2.0"):
            self.replies.setdefault(header(head, "Call-ID"), queue.Queue()).put((int(head.split()[1]), head, body))
            return
        method = head.split()[0]
        if method in self.mute:
            return
        if method == "REGISTER":
            self.register(head)
            return
        self.answer(head, 200)
        key = header(head, "Via")
        if key in self.seen:
            return
        self.seen.add(key)
        (self.messages if method == "MESSAGE" else self.requests).put((head, body))

    def answer(self, head, status, *extra):
        lines = [f"SIP/2.0 {status} X"] + [f"{n}: {header(head, n)}" for n in ("Via", "From", "To", "Call-ID", "CSeq")]
        lines[3] += ";tag=stub"
        self.send(("\r\n".join([*lines, *extra, "Content-Length: 0"]) + "\r\n\r\n").encode())

    def register(self, head):
        auth = {k: v.strip('"') for k, v in re.findall(r'(\w+)=("[^"]*"|[^,\s]+)', header(head, "Authorization"))}
        if not auth:
            qop = ', qop="auth"' if self.offer_qop else ""
            self.answer(head, 401, f'WWW-Authenticate: Digest realm="{DOMAIN}", nonce="{self.nonce}", algorithm=MD5{qop}')
            return
        ha1, ha2 = md5(f"{auth['username']}:{DOMAIN}:{PASSWORD}"), md5(f"REGISTER:{auth['uri']}")
        middle = f"{auth['nc']}:{auth['cnonce']}:{auth['qop']}:" if "qop" in auth else ""
        good = md5(f"{ha1}:{self.nonce}:{middle}{ha2}") == auth["response"].lower()
        expires = int(header(head, "Expires"))
        self.registers.append((good, expires, auth, head))
        if good:
            self.answer(head, 200, f"Expires: {expires}", f"Contact: {header(head, 'Contact')}")
        else:
            self.answer(head, 403)

    def wait_registered(self, seconds=5):
        until = time.time() + seconds
        while time.time() < until and not self.registers:
            time.sleep(0.02)
        return bool(self.registers) and self.registers[0][0]

    def request(self, method, target, call_id, cseq, body=b"", extra=(), to_tag="", branch=None, proto=None):
        branch = branch or f"z9hG4bK{random.randrange(1 << 60):x}"
        proto = proto or ("TCP" if self.tcp else "UDP")
        lines = [f"{method} sip:{target}@{self.peer[0]}:{self.peer[1]} SIP/2.0",
                 f"Via: SIP/2.0/{proto} 127.0.0.1:{self.port};rport;branch={branch}",
                 f"From: <sip:{SERVER}@{DOMAIN}>;tag=up{call_id[:6]}",
                 f"To: <sip:{target}@{self.peer[0]}:{self.peer[1]}>" + (f";tag={to_tag}" if to_tag else ""),
                 f"Call-ID: {call_id}", f"CSeq: {cseq} {method}", "Max-Forwards: 70",
                 f"Contact: <sip:{SERVER}@127.0.0.1:{self.port}>", *extra, f"Content-Length: {len(body)}"]
        self.send(("\r\n".join(lines) + "\r\n\r\n").encode() + body)
        return branch

    def reply(self, call_id, seconds=5):
        """Next response of that Call-ID, or (0, "", b"")."""
        try:
            return self.replies.setdefault(call_id, queue.Queue()).get(timeout=seconds)
        except queue.Empty:
            return 0, "", b""

    def query(self, cmd, sn, device=PLATFORM):
        body = f'<?xml version="1.0"?>\r\n<Query><CmdType>{cmd}</CmdType><SN>{sn}</SN><DeviceID>{device}</DeviceID></Query>'
        call_id = f"q{random.randrange(1 << 40):x}"
        self.request("MESSAGE", device, call_id, 1, body.encode(), ["Content-Type: Application/MANSCDP+xml"])
        return self.reply(call_id)[0]

    def collect(self, seconds=1.5):
        """MESSAGEs until none but Keepalive has come for that long."""
        out, until = [], time.time() + seconds
        while time.time() < until:
            try:
                message = self.messages.get(timeout=max(0, until - time.time()))
            except queue.Empty:
                break
            if b"Keepalive" not in message[1]:
                out.append(message)
                until = time.time() + seconds
        return out


# ---------------------------------------------------------------- caller
class Dialed:
    """One call: offer, answer, ACK, media, BYE. mode is udp, passive (we listen) or active (we connect)."""
    serial = 100

    def __init__(self, superior, device, mode="udp", invite=True):
        Dialed.serial += 1
        self.up, self.device, self.mode = superior, device, mode
        self.call_id, self.y = f"c{random.randrange(1 << 40):x}", f"000000{Dialed.serial:04d}"
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.udp.bind(("127.0.0.1", 0))
        self.port = self.udp.getsockname()[1]
        self.tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if mode == "passive":
            self.tcp.bind(("127.0.0.1", self.port))
            self.tcp.listen(1)
        self.cseq, self.got, self.sources, self.done, self.progress = 10, [], set(), threading.Event(), []
        self.status, self.head, self.sdp, self.tag, self.link = 0, "", "", "", None
        if invite:
            self.invite()

    def offer(self):
        proto = "RTP/AVP" if self.mode == "udp" else "TCP/RTP/AVP"
        lines = ["v=0", f"o={SERVER} 0 0 IN IP4 127.0.0.1", "s=Play", "c=IN IP4 127.0.0.1", "t=0 0",
                 f"m=video {self.port} {proto} 96 98 99", "a=recvonly", "a=rtpmap:96 PS/90000", "a=rtpmap:98 H264/90000",
                 "a=rtpmap:99 H265/90000"]
        lines += [f"a=setup:{self.mode}", "a=connection:new"] if self.mode != "udp" else []
        return ("\r\n".join([*lines, f"y={self.y}"]) + "\r\n").encode()

    def invite(self, extra=()):
        self.cseq += 1
        subject = f"Subject: {self.device}:0{self.y[1:]},{SERVER}:0"
        self.branch = self.up.request("INVITE", self.device, self.call_id, self.cseq, self.offer(),
                                      [subject, "Content-Type: Application/SDP", *extra])

    def wait_final(self, seconds=6):
        until = time.time() + seconds
        while time.time() < until:
            self.status, self.head, body = self.up.reply(self.call_id, until - time.time())
            if self.status >= 200:
                break
            self.progress.append(self.status)
        self.sdp = body.decode("utf-8", "replace") if self.status else ""
        found = re.search(r"(?im)^To:.*;tag=(\S+)", self.head)
        self.tag = found.group(1) if found else ""
        return self.status

    def ack(self):
        branch = None if self.status == 200 else self.branch
        self.up.request("ACK", self.device, self.call_id, self.cseq, to_tag=self.tag, branch=branch)

    def answer_field(self, pattern):
        found = re.search(pattern, self.sdp)
        return found.group(1) if found else ""

    def receive(self, seconds):
        """Takes packets for that long; self.got is a list of RTP packets in order of arrival."""
        self.until = time.time() + seconds
        tcp = self.mode != "udp" and "TCP/RTP" in self.sdp
        (self.receive_tcp if tcp else self.receive_udp)()

    def receive_udp(self):
        self.udp.settimeout(0.1)
        while time.time() < self.until:
            try:
                data, source = self.udp.recvfrom(65535)
                self.got.append(data)
                self.sources.add(source)
            except socket.timeout:
                pass

    def receive_tcp(self):
        if not self.link:
            self.tcp.settimeout(max(0.1, self.until - time.time()))
            try:
                if self.mode == "passive":
                    self.link, source = self.tcp.accept()
                else:
                    self.tcp.connect(("127.0.0.1", int(self.answer_field(r"m=video (\d+)"))))
                    self.link, source = self.tcp, self.tcp.getpeername()
            except OSError:
                return
            self.sources.add(source)
        self.link.settimeout(0.1)
        buffer = b""
        while time.time() < self.until:
            try:
                data = self.link.recv(65536)
            except socket.timeout:
                continue
            except OSError:
                break
            if not data:
                break
            buffer += data
            while len(buffer) >= 4:
                skip = 4 if buffer[:2] == b"$\0" and buffer[4:5] == b"\x80" else 2
                size = struct.unpack(">H", buffer[skip - 2:skip])[0]
                if len(buffer) < skip + size:
                    break
                self.got.append(buffer[skip:skip + size])
                buffer = buffer[skip + size:]

    def bye(self):
        self.cseq += 1
        self.up.replies[self.call_id] = queue.Queue()
        self.up.request("BYE", self.device, self.call_id, self.cseq, to_tag=self.tag)
        return self.up.reply(self.call_id, 2)[0]

    def payloads(self, ssrc=None):
        """RTP payloads without duplicates in sequence order, of the source with the most packets."""
        rtp = [p for p in self.got if len(p) > 12 and not 200 <= p[1] <= 207]
        sources = [struct.unpack(">I", p[8:12])[0] for p in rtp]
        self.ssrcs = set(sources)
        if not rtp:
            return []
        self.ssrc = ssrc if ssrc is not None else max(set(sources), key=sources.count)
        chosen, first = {}, None
        for packet in (p for p, s in zip(rtp, sources) if s == self.ssrc):
            seq = struct.unpack(">H", packet[2:4])[0]
            first = seq if first is None else first
            chosen[(seq - first + 0x8000) & 0xFFFF] = packet
        self.pts = {p[1] & 127 for p in chosen.values()}
        return [p[12:] for _, p in sorted(chosen.items())]


# ---------------------------------------------------------------- streams
def demux(data):
    """(video bytes, number of packs, stream ids) of a program stream; skips what it does not know."""
    video, at, packs, ids = [], 0, 0, set()
    while (at := data.find(b"\0\0\1", at)) >= 0 and at + 6 <= len(data):
        code = data[at + 3]
        if code == 0xBA:
            packs += 1
            mpeg2 = data[at + 4] >> 6 == 1
            at += 4 if data[at + 4:at + 7] == b"\0\0\1" else 14 + (data[at + 13] & 7) if mpeg2 else 12
        elif code >= 0xBB:
            ids.add(code)
            size = struct.unpack(">H", data[at + 4:at + 6])[0]
            end = at + 6 + size
            if code == 0xE0:
                if size == 0:
                    following = data.find(b"\0\0\1\xBA", at + 9)
                    end = following if following > 0 else len(data)
                video.append(data[at + 9 + data[at + 8]:end])
            at = end
        else:
            at += 3
    return b"".join(video), packs, ids


def depacketize(payloads, codec):
    out = []
    for p in payloads:
        kind = p[0] & 31 if codec == "h264" else p[0] >> 1 & 63
        if codec == "h264" and kind == 28:
            out.append((b"\0\0\0\1" + bytes([p[0] & 0xE0 | p[1] & 31]) if p[1] & 0x80 else b"") + p[2:])
        elif codec == "h265" and kind == 49:
            out.append((b"\0\0\0\1" + bytes([p[0] & 0x81 | (p[2] & 63) << 1, p[1]]) if p[2] & 0x80 else b"") + p[3:])
        else:
            out.append(b"\0\0\0\1" + p)
    return b"".join(out)


def nal_kinds(data, codec="h264"):
    return [(n[0] & 31 if codec == "h264" else n[0] >> 1 & 63) for n in re.split(b"\0\0\1", data)[1:] if n]


# ---------------------------------------------------------------- the platform under test
class Peer:
    def __init__(self, scene):
        self.file = tempfile.NamedTemporaryFile("w", suffix=".json", delete=False)
        json.dump(scene, self.file)
        self.file.close()
        self.process = subprocess.Popen([sys.executable, os.path.join(HERE, "platform.py"), self.file.name],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.events, self.ready = [], threading.Event()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        self.ready.wait(5)

    def read(self):
        for line in self.process.stdout:
            self.events.append(json.loads(line))
            if self.events[-1]["event"] == "listening":
                self.ready.set()

    def of(self, event):
        return [e for e in self.events if e["event"] == event]

    def port(self):
        return int(self.of("listening")[0]["local"].rpartition(":")[2])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = None
        self.reader.join(2)
        os.unlink(self.file.name)
        for event in self.of("error"):
            check(False, "no internal error", event)
        check(code == 0 and self.events[-1]["event"] == "summary", "clean end with a summary", code)
        return self.events[-1]


def scene_for(superior, proto="udp", **more):
    return {"id": PLATFORM, "superior_id": SERVER, "superior_domain": DOMAIN, "local": f"{proto}:127.0.0.1:0",
            "superior": f"{proto}:127.0.0.1:{superior.port() if isinstance(superior, Peer) else superior.port}", "password": PASSWORD, "keepalive_seconds": 1, **more}


ITEMS = [{"DeviceID": channel(n), "Name": f"路口枪机{n}萳&<{n}>", "Manufacturer": "Sim", "Model": "S", "CivilCode": "340200",
          "Address": "测试路", "Parental": 0, "ParentID": PLATFORM, "RegisterWay": 1, "Secrecy": 0, "Status": "ON",
          "Info": {"PTZType": 3}} for n in range(1, 11)]


def ids_of(messages):
    return [i for _, body in messages for i in re.findall(r"<Item>\s*<DeviceID>(\d+)", body.decode("gb18030", "replace"))]


# ---------------------------------------------------------------- tests
def test_signalling(tcp):
    proto = "tcp" if tcp else "udp"
    print(f"--- registration and catalogue over {proto}")
    up = Superior(tcp)
    catalog = {"items": ITEMS, "per_message": 3, "repeat": 1, "retransmit": 1}
    if tcp:
        catalog.update(fragmenting=11, join=True)
    peer = Peer(scene_for(up, proto, catalog=catalog, x_gb_ver="3.0", authorization_upper_hex=tcp, declared_charset="GB2312"))
    check(up.wait_registered(), "REGISTER with digest and qop", up.registers)
    good, expires, auth, head = up.registers[0]
    check(auth.get("qop") == "auth" and expires == 3600 and header(head, "X-GB-Ver") == "3.0", "REGISTER fields", head)
    check(auth["response"] == (auth["response"].upper() if tcp else auth["response"].lower()), "case of the response")
    check(up.query("Catalog", 77) == 200, "query acknowledged")
    got = up.collect()
    check(sorted(set(ids_of(got))) == sorted(i["DeviceID"] for i in ITEMS), "all ten items", ids_of(got))
    check(len(got) == 5 and len({header(h, "Call-ID") for h, _ in got}) == 5, "own Call-ID each, one repeat", len(got))
    text = got[0][1].decode("gb18030")
    check("路口枪机1萳&amp;&lt;1&gt;" in text and 'encoding="GB2312"' in text and "<SumNum>10</SumNum>" in text, "text", text)
    check(all("<SN>77</SN>" in b.decode("gb18030") for _, b in got), "SN of the query")
    up.query("DeviceInfo", 78)
    up.query("DeviceStatus", 79)
    text = b"".join(b for _, b in up.collect(1)).decode("gb18030")
    check("<DeviceName>模拟平台" in text and "<DeviceTime>20" in text, "DeviceInfo and DeviceStatus", text)
    time.sleep(1)
    check(len(peer.of("keepalive_ok")) >= 2, "keepalives")
    end = peer.stop()
    check(up.registers[-1][:2] == (True, 0) and peer.of("unregistered"), "unregistered at the end")
    check(end["queries"] == 3 and end["catalog_answers"] == 1 and not end["warnings"], "summary", end)


def test_registration_variants():
    print("--- registration variants")
    up = Superior(offer_qop=False)
    peer = Peer(scene_for(up, expires=3, reuse_authorization=True))
    time.sleep(3)
    check(len(up.registers) >= 2 and all(r[0] for r in up.registers) and "qop" not in up.registers[0][2],
          "digest without qop; refresh at 2/3 of the expiry", up.registers)
    peer.stop()
    up = Superior()
    peer = Peer(scene_for(up, wrong_password=True))
    time.sleep(0.5)
    check(up.registers and not up.registers[0][0] and peer.of("register_refused"), "wrong password is refused")
    peer.stop()
    up = Superior()
    peer = Peer(scene_for(up, register=False))
    time.sleep(0.5)
    check(not up.registers and peer.of("keepalive_ok"), "keepalives without REGISTER")
    peer.process.stdin.close()
    peer.stop()
    up = Superior()
    up.mute.add("REGISTER")
    peer = Peer(scene_for(up, exit_on_stdin_close=True, no_cookie=True))
    time.sleep(0.2)
    peer.process.stdin.close()
    check(peer.process.wait(5) == 0, "ends when stdin closes")


def test_calls(tcp_signalling):
    print(f"--- calls, signalling over {'tcp' if tcp_signalling else 'udp'}")
    up = Superior(tcp_signalling)
    channels = {channel(1): {"behaviour": "ok"}, channel(2): {"behaviour": "trying_then_nothing"}}
    peer = Peer(scene_for(up, "tcp" if tcp_signalling else "udp", channels=channels))
    up.wait_registered()
    for mode in ("udp", "passive", "active"):
        call = Dialed(up, channel(1), mode)
        check(call.wait_final() == 200, f"{mode}: 200", call.status)
        setup = {"udp": "", "passive": "active", "active": "passive"}[mode]
        check(call.answer_field(r"a=setup:(\w+)") == setup and call.answer_field(r"y=(\d+)") == call.y, f"{mode}: SDP", call.sdp)
        call.ack()
        call.receive(1.5)
        payloads = call.payloads()
        check(payloads and payloads[0][:4] == b"\0\0\1\xBA" and call.ssrc == int(call.y), f"{mode}: RTP with PS, SSRC of y")
        video, packs, ids = demux(b"".join(payloads))
        check({7, 8, 5} <= set(nal_kinds(video)) and 30 <= packs <= 45 and {0xBB, 0xBC, 0xE0} <= ids,
              f"{mode}: SPS, PPS, IDR in real time", (packs, ids))
        check(call.bye() == 200, f"{mode}: BYE answered")
        call.receive(0.2)                                      # what was under way when the BYE was read
        before = len(call.got)
        call.receive(0.5)
        check(len(call.got) == before, f"{mode}: stream ends on BYE", len(call.got) - before)
    call = Dialed(up, channel(2))
    check(up.reply(call.call_id)[0] == 100, "CANCEL: 100 first")
    up.request("CANCEL", channel(2), call.call_id, call.cseq, branch=call.branch)
    answers = sorted((up.reply(call.call_id)[0], up.reply(call.call_id)[0]))
    check(answers == [200, 487], "CANCEL: 200 and 487", answers)
    call.status, call.tag = 487, ""
    call.ack()
    end = peer.stop()
    ends = [d["ended_by"] for d in end["dialogs"]]
    check(ends == ["bye", "bye", "bye", "cancel"] and end["max_parallel"] == 1, "dialogs in the summary", ends)
    check(not [w for w in end["warnings"] if w["method"] != "ACK"], "no warnings", end["warnings"])


def test_details():
    print("--- retransmission, refused connection, key frame on request")
    up = Superior()
    peer = Peer(scene_for(up, channels={channel(1): "ok", channel(2): "busy_always_486", channel(4): "no_answer",
                                        channel(3): {"behaviour": "very_late_key_frame", "key_frame_on_request": True}}))
    up.wait_registered()
    calls = [Dialed(up, channel(n)) for n in (1, 2)]
    refused = Dialed(up, channel(1), "passive")
    refused.tcp.close()
    refused.wait_final()
    refused.ack()
    late = Dialed(up, channel(3))
    late.wait_final()
    late.ack()
    silent = Dialed(up, channel(4))
    for _ in range(2):                                         # the same INVITE again, then BYE to nothing
        up.request("INVITE", channel(4), silent.call_id, silent.cseq, silent.offer(), branch=silent.branch)
    time.sleep(2)
    body = f"<Control><CmdType>DeviceControl</CmdType><SN>5</SN><DeviceID>{channel(3)}</DeviceID><IFrameCmd>Send</IFrameCmd></Control>"
    up.request("MESSAGE", channel(3), "iframe", 1, body.encode(), ["Content-Type: Application/MANSCDP+xml"])
    check(up.reply("iframe")[0] == 200, "control acknowledged")
    late.receive(1)
    kinds = nal_kinds(demux(b"".join(late.payloads()))[0])
    check(5 in kinds and kinds[0] == 1, "P frames first, key frame after IFrameCmd", kinds[:5])
    time.sleep(1)
    for call, status in zip(calls, (200, 486)):
        count = up.replies[call.call_id].qsize()
        check(count == 4 and call.wait_final() == status, f"{status} is sent again until ACK", count)
        call.ack()
    time.sleep(0.2)
    before = [up.replies[c.call_id].qsize() for c in calls]
    time.sleep(4.2)
    check(before == [up.replies[c.call_id].qsize() for c in calls], "no more after the ACK")
    check(len(peer.of("media_connect_failed")) == 4 and peer.of("media_error"), "four attempts to connect")
    check(up.request("BYE", channel(1), "nothing", 1) and up.reply("nothing")[0] == 481, "BYE without a dialog: 481")
    check(up.reply(silent.call_id, 0.1)[0] == 0, "no answer at all")
    end = {d["channel"]: d for d in peer.stop()["dialogs"]}
    check(end[channel(4)]["invite_retransmissions"] == 2 and end[channel(4)]["invites"] == 1, "retransmissions counted")


def test_big_catalogue():
    print("--- 20000 items in 5000 messages at once")
    items = [{**ITEMS[0], "DeviceID": f"3402000000132{n:07d}"} for n in range(20000)]
    for tcp in (False, True):
        up = Superior(tcp)
        peer = Peer(scene_for(up, "tcp" if tcp else "udp", catalog={"items": items, "per_message": 4, "wait_for_200": False}))
        up.wait_registered()
        up.query("Catalog", 1)
        begin, got = time.time(), set()
        while len(got) < 20000 and time.time() - begin < 40:
            got.update(ids_of(up.collect(1)))
        check(len(got) == 20000, f"{'tcp' if tcp else 'udp'}: all arrive", len(got))
        check(peer.of("catalog_sent") and peer.of("catalog_sent")[0]["accepted"] == 5000, "all acknowledged", peer.of("catalog_sent"))
        peer.stop()


def test_superior_role():
    print("--- superior role")
    peer = Peer({"role": "superior", "id": SERVER, "domain": DOMAIN, "local": "both:127.0.0.1:0", "password": PASSWORD,
                 "query_auditor": True})
    for proto in ("udp", "tcp"):
        under = Peer({"id": PLATFORM, "superior_id": SERVER, "superior_domain": DOMAIN, "local": f"{proto}:127.0.0.1:0",
                      "superior": f"{proto}:127.0.0.1:{peer.port()}", "password": PASSWORD, "keepalive_seconds": 1,
                      "catalog": {"items": ITEMS}})
        time.sleep(2.2)
        check(under.of("registered") and under.of("keepalive_ok"), f"{proto}: registered and kept alive")
        check(len([e for e in peer.of("auditor_answer") if e["cmd"] == "Catalog"]) == 4, f"{proto}: catalogue answered")
        check([e for e in peer.of("auditor_answer") if e["cmd"] == "DeviceInfo"], f"{proto}: DeviceInfo answered")
        check(not under.stop()["warnings"], f"{proto}: no warnings in the query direction")
        peer.events = [e for e in peer.events if e["event"] != "auditor_answer"]
    lost = Peer(scene_for(peer))
    time.sleep(0.5)
    port = peer.port()
    warnings = peer.stop()["warnings"]
    check(len(peer.of("unregistered")) == 2, "registrar saw both leave", peer.of("unregistered"))
    peer = Peer({"role": "superior", "id": SERVER, "domain": DOMAIN, "local": f"udp:127.0.0.1:{port}", "password": PASSWORD})
    time.sleep(2.5)
    check(lost.of("keepalive_refused") and lost.stop()["registrations"] == 2, "403 to a keepalive: registers again")
    bad = Peer({"id": PLATFORM, "superior_id": SERVER, "superior_domain": DOMAIN, "local": "udp:127.0.0.1:0",
                "superior": f"udp:127.0.0.1:{peer.port()}", "password": "other"})
    time.sleep(0.5)
    check(bad.of("register_refused") and bad.of("register_refused")[0]["status"] == 403, "wrong password gets 403")
    bad.stop()
    warnings += peer.stop()["warnings"]
    warnings = [w for w in warnings if "1300" not in w["what"]]   # three items in one message are longer
    check(not warnings, "no warnings as registrar", warnings)


# What must be found: codec of the dump and whether ffmpeg must decode it; None = no media at all.
RAW = {"raw_h264": "h264", "raw_h264_pt96": "h264", "raw_h265": "h265"}
NO_VIDEO = ("audio_only", "random_bytes", "no_key_frame")
NO_MEDIA = ("silence", "unparsable_sdp", "no_sdp", "port_zero", "peer_bye")
ERRORS = {"busy_once_486": 486, "busy_always_486": 486, "not_found_404": 404, "unavailable_480": 480, "overload_503": 503,
          "forbidden_403": 403, "not_acceptable_488": 488, "bad_request_400": 400, "bad_request_400_once": 400,
          "challenge_invite_407": 407, "no_answer": 0, "trying_then_nothing": 0}


def frames_decoded(path, form):
    run = subprocess.run(["ffmpeg", "-hide_banner", "-f", form, "-i", path, "-map", "0:v:0", "-f", "null", "-"], capture_output=True)
    found = re.findall(r"frame=\s*(\d+)", run.stderr.decode("utf-8", "replace"))
    return int(found[-1]) if found else 0


def test_load():
    """64 calls at once, all in real time; every third over TCP."""
    print("--- 64 calls at once")
    up = Superior()
    peer = Peer(scene_for(up))
    up.wait_registered()
    calls = [Dialed(up, channel(n), ("udp", "passive", "active")[n % 3]) for n in range(64)]

    def one(call):
        if call.wait_final() == 200:
            call.ack()
            call.receive(5)
            call.bye()
    threads = [threading.Thread(target=one, args=(c,)) for c in calls]
    [t.start() for t in threads]
    [t.join() for t in threads]
    packs = [demux(b"".join(c.payloads()))[1] for c in calls]
    check(min(packs) >= 118 and max(packs) <= 130, "25 packs each second in every call", (min(packs), max(packs)))
    end = peer.stop()
    check(end["max_parallel"] == 64 and end["max_streams"] == 64, "all at once", end["max_parallel"])
    check({d["ended_by"] for d in end["dialogs"]} == {"bye"}, "all ended by BYE")


def test_all(folder):
    sys.path.append(HERE)
    from gbbehaviours import BEHAVIOURS
    os.makedirs(folder, exist_ok=True)
    names = list(BEHAVIOURS)
    channels = {channel(n): {"behaviour": name} for n, name in enumerate(names)}
    channels[channel(names.index("very_late_key_frame"))]["key_delay"] = 4
    have = shutil.which("ffmpeg")
    for mode in ("udp", "passive", "active"):
        print(f"--- every behaviour, {mode}")
        up = Superior()
        peer = Peer(scene_for(up, channels=channels))
        up.wait_registered()
        calls = {name: Dialed(up, channel(n), mode) for n, name in enumerate(names)}

        def one(call):
            if call.wait_final(4) == 200:
                call.ack()
                call.receive(6)
        threads = [threading.Thread(target=one, args=(c,)) for c in calls.values()]
        [t.start() for t in threads]
        [t.join() for t in threads]
        for name, call in calls.items():
            if name in ERRORS:
                check(call.status == ERRORS[name] or ERRORS[name] == 0 and call.status < 200, f"{mode} {name}: status", call.status)
                continue
            check(call.status == 200, f"{mode} {name}: 200", call.status)
            payloads = call.payloads()
            if name in NO_MEDIA or name in ("tcp_no_connect", "setup_conflict") and mode != "udp":
                check(not call.got, f"{mode} {name}: no media")
                continue
            if name == "two_ssrcs":
                check(len(call.ssrcs) == 2, f"{mode} {name}: two sources", call.ssrcs)
                payloads = call.payloads(int(call.y))
            form = RAW.get(name, "mpeg")
            data = depacketize(payloads, form) if name in RAW else b"".join(payloads)
            path = os.path.join(folder, f"{mode}_{name}.{'ps' if form == 'mpeg' else form}")
            with open(path, "wb") as file:
                file.write(data)
            if name in NO_VIDEO:
                check(len(data) > 1000, f"{mode} {name}: data", len(data))
                continue
            frames = 0
            if name in ("pes_length_zero", "bare_pack_start", "psm_wrong", "no_psm"):   # what ffmpeg's PS reader leaves out
                frames = frames_decoded(path, "mpeg") if have else 0
                print(f"      ffmpeg alone decodes {frames} frames of {name}")
                codec = "hevc" if name in ("bare_pack_start", "psm_wrong") else "h264"
                form, path = codec, path[:-2] + codec
                with open(path, "wb") as file:
                    file.write(demux(data)[0])
            if have:
                frames = frames_decoded(path, {"h265": "hevc"}.get(form, form))
                least = 20 if "late_key" in name or "slow" in name or name == "peer_bye_after_media" else 80
                check(frames >= least, f"{mode} {name}: ffmpeg decodes", f"{frames} frames")
        ok = calls
        check(ok["wrong_ssrc"].ssrc != int(ok["wrong_ssrc"].y), f"{mode} wrong_ssrc")
        other = ok["answer_other_y"]
        check(other.answer_field(r"y=(\d+)") != other.y and other.ssrc == int(other.answer_field(r"y=(\d+)")), f"{mode} other y")
        check("y=" not in ok["no_y"].sdp and "m=video 0 " in ok["port_zero"].sdp, f"{mode} no y, port 0")
        check("\r" not in ok["lf_only_sdp"].sdp and ok["no_sdp"].sdp == "", f"{mode} LF only, empty body")
        check(ok["pt_100"].pts == {100} and ok["raw_h264"].pts == {98} and ok["raw_h265"].pts == {99}, f"{mode} payload types")
        check(ok["ringing_180"].progress == [100, 180] and ok["181_then_ok"].progress == [100, 181], f"{mode} progress")
        check(ok["ok_retransmitted"].up.replies[ok["ok_retransmitted"].call_id].qsize() == 2, f"{mode} three 200s")
        check("192.0.2.9" in header(ok["answer_bad_contact"].head, "Contact"), f"{mode} Contact")
        if mode != "active":
            sources = ok["source_address_other"].sources
            check({s[0] for s in sources} == {"127.0.0.2"}, f"{mode} source address", sources)
            port = int(ok["source_port_other"].answer_field(r"m=video (\d+)"))
            check(port not in {s[1] for s in ok["source_port_other"].sources}, f"{mode} source port")
            port = int(ok["ok"].answer_field(r"m=video (\d+)"))
            check({s[1] for s in ok["ok"].sources} == {port}, f"{mode} announced port is the source port")
        sequence = [struct.unpack(">H", p[2:4])[0] for p in ok["reordered"].got]
        check(sum((b - a) & 0xFFFF > 0x8000 for a, b in zip(sequence, sequence[1:])) > 20, f"{mode} order changed")
        check(len(ok["duplicated"].got) > 1.15 * len(ok["duplicated"].payloads()), f"{mode} duplicates")
        check(any(p[1] == 200 for p in ok["ok_with_rtcp"].got), f"{mode} RTCP present")
        check("BYE" in {h.split()[0] for h, _ in list(up.requests.queue)}, f"{mode} BYE from the platform")
        again = Dialed(up, channel(names.index("busy_once_486")))
        check(again.wait_final() == 200, f"{mode} second INVITE after 486")
        again.ack()
        check(again.bye() == 200, f"{mode} BYE at once")
        auth = calls["challenge_invite_407"]
        nonce = re.search(r'nonce="(\w+)"', auth.head).group(1)
        auth.ack()
        ha1, ha2 = md5(f"{PLATFORM}:{PLATFORM[:10]}:{PASSWORD}"), md5("INVITE:sip:x")
        auth.invite([f'Proxy-Authorization: Digest username="{PLATFORM}", realm="{PLATFORM[:10]}", nonce="{nonce}", uri="sip:x", '
                     f'response="{md5(f"{ha1}:{nonce}:{ha2}")}", algorithm=MD5'])
        auth.up.replies[auth.call_id] = queue.Queue()
        check(auth.wait_final() == 200, f"{mode} INVITE with credentials", auth.status)
        auth.ack()
        auth.bye()
        calls["not_found_404"].ack()
        check(calls["no_bye_answer"].bye() == 0, f"{mode} BYE without answer")
        end = peer.stop()
        lost = [d for d in end["dialogs"] if d["behaviour"] == "challenge_invite_407"][0]
        check(lost["invites"] == 2 and lost["ended_by"] == "bye", f"{mode} challenge counted", lost)
    test_load()
    test_big_catalogue()
    if not have:
        print("ffmpeg is not installed: streams were only taken apart here")


if __name__ == "__main__":
    test_signalling(False)
    test_signalling(True)
    test_registration_variants()
    test_calls(False)
    test_calls(True)
    test_details()
    test_superior_role()
    if len(sys.argv) > 2 and sys.argv[1] == "--all":
        test_all(sys.argv[2])
    print(f"{len(failures)} failed" if failures else "all passed")
    sys.exit(1 if failures else 0)
