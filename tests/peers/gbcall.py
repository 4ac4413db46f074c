"""One call: answers an INVITE according to its behaviour and sends the media."""
import asyncio
import random
import re
import secrets
import socket
import struct
import time

import gbmedia as media
import gbsip as sip


# ---------------------------------------------------------------- SDP
def parse_offer(body):
    """Fields of an SDP offer, or None without a usable video line."""
    offer = {"proto": "", "port": 0, "ip": "", "setup": "", "y": "", "s": "", "pts": [], "rtpmap": {}}
    for line in body.decode("utf-8", "replace").replace("\r", "\n").split("\n"):
        kind, _, value = line.strip().partition("=")
        value = value.strip()
        if kind == "m" and not offer["port"]:
            found = re.match(r"video (\d+) (\S+) (.*)", value)
            if found:
                offer["port"], offer["pts"] = int(found[1]), found[3].split()
                offer["proto"] = "tcp" if "TCP" in found[2].upper() else "udp"
        elif kind == "c" and len(value.split()) == 3:
            offer["ip"] = value.split()[2]
        elif kind in ("y", "s"):
            offer[kind] = value
        elif kind == "a" and value.startswith("setup:"):
            offer["setup"] = value[6:].strip().lower()
        elif kind == "a" and value.startswith("rtpmap:"):
            pt, _, name = value[7:].partition(" ")
            offer["rtpmap"][pt] = name.split("/")[0].strip().upper()
    return offer if offer["port"] else None


def make_answer(call, port):
    opt, offer = call.opt, call.offer
    if opt["sdp"] == "empty":
        return b""
    if opt["sdp"] == "garbage":
        return b"\x16\x03\x01 this is not SDP = = \xff\xfe m=?? 99999 \r\n\0\0"
    tcp = offer["proto"] == "tcp" and not opt["answer_proto"]
    pt = call.pt if opt["answer_pt"] is None else opt["answer_pt"]
    name = opt["rtpmap"] or {"h264": "H264", "h265": "H265"}.get(opt["payload"], "PS")
    lines = ["v=0", f"o={call.channel} 0 0 IN IP4 {call.app.stack.host}", f"s={offer['s'] or 'Play'}",
             f"c=IN IP4 {call.app.stack.host}", "t=0 0",
             f"m=video {0 if opt['port_zero'] else port} {'TCP/RTP/AVP' if tcp else 'RTP/AVP'} {pt}",
             "a=sendonly", f"a=rtpmap:{pt} {name}/90000"]
    if tcp:
        role = {"passive": "active", "active": "passive"}.get(offer["setup"], "active")
        role = offer["setup"] if opt["answer_setup"] == "conflict" else opt["answer_setup"] or role
        lines += [f"a=setup:{role}", "a=connection:new"]
    if call.y:
        lines.append(f"y={call.y}")
    eol = "\n" if opt["sdp_lf"] else "\r\n"
    return (eol.join(lines) + eol).encode()


# ---------------------------------------------------------------- media
class Media:
    """Sockets and sending loop of one call."""

    def __init__(self, call):
        self.call, self.opt, self.offer, self.log = call, call.opt, call.offer, call.log
        self.host = call.app.stack.host
        self.want_key, self.task, self.sock, self.listener, self.reserve = False, None, None, None, None
        self.packets = self.octets = 0
        tcp = self.offer["proto"] == "tcp" and not self.opt["answer_proto"]
        self.mode = "udp" if not tcp else "tcp-listen" if self.offer["setup"] == "active" else "tcp-connect"
        source = self.opt["source_address"] or self.host
        if self.mode == "udp":
            self.sock = self.bound(socket.SOCK_DGRAM, self.host)
            self.port = self.sock.getsockname()[1]
            if self.opt["source_port_other"] or source != self.host:
                self.reserve = self.sock                      # keeps the announced port taken
                self.sock = self.bound(socket.SOCK_DGRAM, source, 0 if self.opt["source_port_other"] else self.port)
        elif self.mode == "tcp-listen":
            self.listener = self.bound(socket.SOCK_STREAM, self.host)
            self.port = self.listener.getsockname()[1]
            if self.opt["connect"]:
                self.listener.listen(1)
        else:
            self.sock = self.bound(socket.SOCK_STREAM, source)
            self.port = self.sock.getsockname()[1]
            if self.opt["source_port_other"]:
                self.reserve, self.sock = self.sock, self.bound(socket.SOCK_STREAM, source)

    @staticmethod
    def bound(kind, host, port=0):
        sock = socket.socket(socket.AF_INET, kind)
        if kind == socket.SOCK_STREAM:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setblocking(False)
        sock.bind((host, port))
        return sock

    def start(self):
        self.task = asyncio.ensure_future(self.run())
        self.task.add_done_callback(lambda _: self.close())

    def stop(self):
        if self.task:
            self.task.cancel()                                # closes the sockets when it is done
        else:
            self.close()

    def close(self):
        for sock in (self.sock, self.listener, self.reserve):
            if sock:
                sock.close()

    async def open(self):
        """TCP connection, in the direction the offer asked for."""
        loop, peer = asyncio.get_running_loop(), (self.offer["ip"], self.offer["port"])
        if self.mode == "tcp-listen":
            self.sock, _ = await asyncio.wait_for(loop.sock_accept(self.listener), 20)
            self.sock.setblocking(False)
            self.listener.close()
        else:
            for attempt in range(4):
                try:
                    await loop.sock_connect(self.sock, peer)
                    break
                except OSError as error:
                    self.log("media_connect_failed", attempt=attempt + 1, error=str(error))
                    if attempt == 3:
                        raise
                    host, port = self.sock.getsockname()
                    self.sock.close()
                    await asyncio.sleep(1)
                    self.sock = self.bound(socket.SOCK_STREAM, self.opt["source_address"] or self.host, port)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.log("media_connected", mode=self.mode, remote="%s:%d" % self.sock.getpeername()[:2])

    async def watch(self):
        """Reads and drops what the auditor sends; ends the stream when it closes the connection."""
        loop = asyncio.get_running_loop()
        try:
            while await loop.sock_recv(self.sock, 4096):
                pass
        except OSError:
            pass
        self.log("media_closed_by_peer")
        self.task.cancel()

    async def out(self, packet):
        loop = asyncio.get_running_loop()
        self.packets += 1
        self.octets += len(packet)
        if self.mode == "udp":
            while True:
                try:
                    self.sock.sendto(packet, (self.offer["ip"], self.offer["port"]))
                    return
                except BlockingIOError:
                    await asyncio.sleep(0.001)
        size = struct.pack(">H", len(packet))
        data = (b"$\0" + size if self.opt["framing"] == "dollar" else size) + packet
        step = self.opt["tcp_chunk"] or len(data)
        for at in range(0, len(data), step):
            await loop.sock_sendall(self.sock, data[at:at + step])

    async def run(self):
        watcher, started = None, time.monotonic()
        try:
            if not self.opt["connect"] and self.mode != "udp":
                return
            if self.mode != "udp":
                await self.open()
                watcher = asyncio.ensure_future(self.watch())
            if self.opt["payload"] == "none":
                await asyncio.sleep(1e9)
            await asyncio.sleep(self.opt["media_after"])
            started = time.monotonic()
            await self.stream()
        except asyncio.CancelledError:
            pass
        except (OSError, asyncio.TimeoutError) as error:
            self.log("media_error", error=str(error) or type(error).__name__)
        finally:
            if watcher:
                watcher.cancel()
            if self.packets:
                self.log("media_stop", packets=self.packets, bytes=self.octets,
                         seconds=round(time.monotonic() - started, 2))

    async def stream(self):
        loop, maker = asyncio.get_running_loop(), PacketMaker(self.call)
        begin, index = loop.time(), 0
        while True:
            for at, packet in enumerate(maker.frame(index, loop.time() - begin, self.want_key)):
                if not self.packets:
                    self.log("media_start", mode=self.mode, ssrc=self.call.ssrc,
                             remote=f"{self.offer['ip']}:{self.offer['port']}")
                await self.out(packet)
                if at % 16 == 15:
                    await asyncio.sleep(0.001)                # large frames: do not overrun the receive buffer
            self.want_key = False
            index += 1
            late = loop.time() - (begin + index / media.FPS)
            if late > 1:
                begin += late                                 # sender was blocked: go on from here
            await asyncio.sleep(max(0.0, -late))


class PacketMaker:
    """Frames of the clip to the RTP (and RTCP) packets of one frame period."""

    def __init__(self, call):
        self.call, self.opt = call, call.opt
        self.rtp = media.Rtp(call.ssrc, call.pt)
        self.other = media.Rtp(call.ssrc + 4242 + random.randrange(1000), 8)
        self.rng, self.lost, self.count = random.Random(call.ssrc), False, 0
        self.disorder = media.Disorder() if self.opt["reorder"] else None
        self.reader = self.muxer = None
        clip = None
        if self.opt["payload"] != "random" and not self.opt["audio_only"]:
            clip = media.Clip.load(call.app.clip_path(self.opt["clip"]))
            self.reader = media.ClipReader(clip, self.opt["key_delay"], self.opt["drop_keys"], self.opt["random_start"])
        self.codec = clip.codec if clip else "h264"
        if self.opt["payload"] == "ps":
            self.muxer = media.PsMuxer(self.codec, self.opt)

    def frame(self, index, elapsed, want_key=False):
        opt, ticks = self.opt, index * media.TICKS
        frame = self.reader.next(elapsed, want_key and opt["key_frame_on_request"]) if self.reader else None
        if opt["payload"] == "random":
            payloads = [self.rng.randbytes(self.rng.randrange(200, media.MTU)) for _ in range(4)]
        elif self.muxer:
            payloads = media.ps_payloads(self.muxer.pack(frame, index))
        else:
            payloads, ticks = media.nal_payloads(frame, self.codec), ticks + frame.cts * media.TICKS
        out = self.rtp.packets_of(payloads, ticks)
        if opt["lose_first_key"] and not self.lost and frame and frame.key:
            self.lost = True
            self.call.log("packet_lost_on_purpose", packet=len(out) // 2, of=len(out))
            del out[len(out) // 2]
        if opt["duplicate"]:
            doubled = []
            for packet in out:
                self.count += 1
                doubled += [packet] * (2 if self.count % 5 == 0 else 1)
            out = doubled
        if self.disorder:
            out = [p for packet in out for p in self.disorder.push(packet)]
        if opt["second_ssrc"]:                                # another source on the port, and it speaks first
            out.insert(0, self.other.packet(media.TONE, ticks))
            out.insert(len(out) // 2 + 1, self.other.packet(self.rng.randbytes(300), ticks, pt=96))
        if opt["rtcp"] and index % media.FPS in (0, 10):
            out.insert(min(index % media.FPS, len(out) // 2), self.rtp.rtcp(ticks, time.time()))
        return out


# ---------------------------------------------------------------- call
class Call:
    def __init__(self, app, channel, call_id, name, opt):
        self.app, self.channel, self.call_id, self.name, self.opt = app, channel, call_id, name, opt
        self.to_tag, self.invite, self.offer, self.media, self.task = secrets.token_hex(5), None, None, None, None
        self.invites = self.repeats = self.byes = self.acks = self.own_cseq = 0
        self.open = self.answered = self.acked = False
        self.status, self.ended_by, self.bye_from, self.y, self.ssrc, self.pt = 0, "none", "", "", 0, 96
        self.nonce, self.answer, self.bye_timer = secrets.token_hex(12), (), None

    def log(self, event, **fields):
        self.app.log(event, call_id=self.call_id, channel=self.channel, **fields)

    def transport(self):
        if not self.offer:
            return "none"
        return "udp" if self.offer["proto"] == "udp" else "tcp-" + (self.offer["setup"] or "unknown")

    def summary(self):
        packets = self.media.packets if self.media else 0
        return {"channel": self.channel, "call_id": self.call_id, "behaviour": self.name, "transport": self.transport(),
                "invites": self.invites, "invite_retransmissions": self.repeats, "status": self.status,
                "answered": self.answered, "acked": self.acked, "acks": self.acks, "byes": self.byes,
                "ended_by": self.ended_by, "bye_from": self.bye_from, "media_packets": packets}

    def end(self, by, bye_from=""):
        """by is bye, cancel or error_response; the stream stops at once."""
        self.open, self.ended_by, self.bye_from = False, by, bye_from
        if self.media:
            self.media.stop()
        if self.bye_timer:
            self.bye_timer.cancel()

    # ---- INVITE
    def on_invite(self, txn):
        if self.open and self.answered:                       # re-INVITE: the same answer
            self.log("reinvite")
            self.app.stack.respond(txn, 200, *self.answer, to_tag=self.to_tag)
            return
        self.invite, self.open, self.ended_by, self.answered, self.acked = txn, True, "none", False, False
        self.invites += 1
        self.offer = parse_offer(txn.msg.body)
        offer = self.offer or {}
        self.log("invite", behaviour=self.name, transport=self.transport(), number=self.invites, cseq=txn.msg.cseq[0],
                 y=offer.get("y", ""), port=offer.get("port", 0), pts=offer.get("pts", []),
                 subject=txn.msg.get("Subject"))
        self.task = self.app.spawn(self.run())

    def respond(self, status, headers=(), body=b""):
        self.status = status
        self.app.stack.respond(self.invite, status, headers, body, to_tag=self.to_tag)

    async def fail(self, status, headers=(), body=b"", by="error_response"):
        """Error answer, repeated on UDP until the ACK (Timer G)."""
        self.respond(status, headers, body)
        self.log("invite_answered", status=status)
        self.end(by)
        await self.repeat_answer(not self.invite.flow.reliable)

    async def repeat_answer(self, wanted=True):
        interval, acks, txn, until = sip.T1, self.acks, self.invite, time.monotonic() + 64 * sip.T1
        while wanted and time.monotonic() < until and not txn.flow.closed:
            await asyncio.sleep(interval)
            if self.acks != acks or txn is not self.invite or self.byes:
                return True
            self.app.stack.transmit(txn)
            interval = min(interval * 2, sip.T2)
        return False

    def authorized(self):
        auth = sip.parse_auth(self.invite.msg.get("Proxy-Authorization") or self.invite.msg.get("Authorization"))
        return auth.get("nonce") == self.nonce and sip.verify(auth, self.app.password, "INVITE")

    async def run(self):
        opt, begin = self.opt, time.monotonic()
        if not opt["respond"]:
            return
        for delay, status in opt["provisional"]:
            await asyncio.sleep(max(0, begin + delay - time.monotonic()))
            self.respond(status)
        if not opt["final"]:
            return
        await asyncio.sleep(max(0, begin + opt["answer_after"] - time.monotonic()))
        if opt["challenge"] and not self.authorized():
            value = f'Digest realm="{self.app.realm}", nonce="{self.nonce}", algorithm=MD5'
            value += ', qop="auth"' if self.app.scene.get("qop", True) else ""
            await self.fail(407, [("Proxy-Authenticate", value)])
            return
        refused = self.app.refused.get(self.channel, 0)
        if opt["status"] >= 300 and (not opt["status_times"] or refused < opt["status_times"]):
            self.app.refused[self.channel] = refused + 1
            headers = [("Retry-After", str(opt["retry_after"]))] if opt["retry_after"] else []
            if opt["error_body"]:
                headers.append(("Content-Type", "Application/SDP"))
            await self.fail(opt["status"], headers, opt["error_body"].encode())
            return
        if not self.offer or not re.fullmatch(r"[\d.]+", self.offer["ip"]):
            await self.fail(488)
            return
        try:
            self.choose()
            self.media = Media(self)
        except OSError as error:
            self.log("error", what="media socket", error=str(error))
            await self.fail(500)
            return
        contact = opt["contact_host"] or f"{self.app.stack.host}:{self.app.stack.port}"
        transport = ";transport=tcp" if self.invite.flow.reliable else ""
        headers = [("Contact", f"<sip:{self.channel}@{contact}{transport}>")]
        body = make_answer(self, self.media.port)
        if opt["sdp"] != "empty":
            headers.append(("Content-Type", "Application/SDP"))
        self.answer = (headers, body)
        self.answered = True
        for _ in range(max(1, opt["copies"])):
            self.respond(200, *self.answer)
        self.log("invite_answered", status=200, y=self.y, ssrc=self.ssrc, port=self.media.port)
        if not await self.repeat_answer() and self.open:
            self.log("no_ack")
            await self.send_bye()

    def choose(self):
        """y of the answer, SSRC and payload type of the stream."""
        opt, offered = self.opt, self.offer["y"]
        usable = bool(re.fullmatch(r"\d{10}", offered)) and int(offered) > 0
        own = offered
        while own == offered:
            self.app.serial += 1
            own = f"{1 if self.offer['s'] in ('Playback', 'Download') else 0}{self.app.id[3:8]}{self.app.serial % 10000:04d}"
        self.y = {"same": offered if usable else own, "other": own, "none": ""}.get(opt["y"], opt["y"])
        numbers = [int(y) for y in (self.y, offered) if y.isdigit() and int(y)]
        if isinstance(opt["ssrc"], int):
            self.ssrc = opt["ssrc"]
        elif opt["ssrc"] == "wrong" or not numbers:
            self.ssrc = next(n for n in iter(lambda: random.randrange(1 << 31, 1 << 32), None) if n not in numbers)
        else:
            self.ssrc = numbers[0] & 0xFFFFFFFF
        pt = opt["pt"]
        if pt == "offer":                                     # H.265: the number the offer gives it, else the standard one
            pt = int(next((p for p, name in self.offer["rtpmap"].items() if name == "H265"), 100))
        self.pt = pt

    # ---- rest of the dialog
    def on_ack(self, msg):
        self.acks += 1
        lint = self.app.lint.in_dialog if self.answered else self.app.lint.of_invite
        lint(msg, self)
        if self.acks == 1 or not self.acked:
            self.log("ack", status=self.status, cseq=msg.cseq[0])
        if self.answered and not self.acked:
            self.acked = True
            if self.open:
                self.media.start()
                self.app.count_open()
                if self.opt["bye_after"]:
                    loop = asyncio.get_running_loop()
                    self.bye_timer = loop.call_later(self.opt["bye_after"], lambda: self.app.spawn(self.send_bye()))

    async def send_bye(self):
        if not self.open:
            return
        self.end("bye", "platform")
        invite, flow, stack = self.invite.msg, self.invite.flow, self.app.stack
        target = re.search(r"sips?:[^>\s]+", invite.get("Contact") or invite.get("From"))
        to_value = invite.get("To") + ("" if sip.tag_of(invite.get("To")) else f";tag={self.to_tag}")
        self.own_cseq += 1
        msg = stack.request("BYE", target.group(0) if target else invite.uri, to_value, invite.get("From"),
                            self.call_id, self.own_cseq, flow)
        reply = await stack.transact(msg, flow)
        self.log("bye_sent", status=reply.status if reply else None)

    def on_bye(self, txn):
        self.byes += 1
        self.app.lint.in_dialog(txn.msg, self)
        self.log("bye", number=self.byes, cseq=txn.msg.cseq[0])
        if self.open:
            self.end("bye", "auditor")
        if self.opt["answer_bye"]:
            self.app.stack.respond(txn, 200, to_tag=self.to_tag)

    def on_cancel(self, txn):
        self.app.lint.of_invite(txn.msg, self)
        pending = self.open and not self.answered
        self.log("cancel", pending=pending)
        self.app.stack.respond(txn, 200, to_tag=self.to_tag)
        if pending:
            self.task.cancel()
            if self.opt["respond"]:
                self.app.spawn(self.fail(487, by="cancel"))
            else:
                self.end("cancel")
