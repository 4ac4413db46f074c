"""SIP for the simulated platform: messages, digest, transports, transactions.

Only what a GB/T 28181 platform needs: it is never an INVITE client.
"""
import asyncio
import hashlib
import re
import secrets
import socket
import time

T1, T2, TIMER_F, TIMER_J = 0.5, 4.0, 32.0, 32.0

COMPACT = {"v": "Via", "f": "From", "t": "To", "i": "Call-ID", "m": "Contact", "c": "Content-Type",
           "l": "Content-Length", "s": "Subject", "k": "Supported", "e": "Content-Encoding", "o": "Event"}
TO_COMPACT = {long.lower(): short for short, long in COMPACT.items()}

REASONS = {100: "Trying", 180: "Ringing", 181: "Call Is Being Forwarded", 183: "Session Progress", 200: "OK",
           400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
           407: "Proxy Authentication Required", 408: "Request Timeout", 415: "Unsupported Media Type",
           480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist", 486: "Busy Here",
           487: "Request Terminated", 488: "Not Acceptable Here", 500: "Server Internal Error",
           503: "Service Unavailable"}


# ---------------------------------------------------------------- messages
class Msg:
    """One SIP message: start line, ordered headers, body bytes."""

    def __init__(self, start, headers=None, body=b""):
        self.start, self.headers, self.body = start, list(headers or []), body

    @property
    def is_response(self):
        return self.start.upper().startswith("SIP/2.0 ")

    @property
    def method(self):
        return self.start.split(" ", 1)[0]

    @property
    def uri(self):
        return self.start.split(" ")[1]

    @property
    def status(self):
        return int(self.start.split(" ")[1])

    def all(self, name):
        return [v for n, v in self.headers if n.lower() == name.lower()]

    def get(self, name, default=""):
        return next(iter(self.all(name)), default)

    @property
    def call_id(self):
        return self.get("Call-ID")

    @property
    def cseq(self):
        number, _, method = self.get("CSeq", "0").strip().partition(" ")
        return (int(number) if number.isdigit() else 0), method.strip()

    def via(self):
        """Top Via as (sent-by, {parameter: value})."""
        first = self.get("Via").split(",")[0]
        head, *params = first.split(";")
        pairs = [p.strip().partition("=") for p in params]
        return head.split()[-1] if head.split() else "", {k.lower(): v for k, _, v in pairs}

    def render(self, style=None):
        """style: compact (header names), lf (line ends), no_length (leave Content-Length out)."""
        style = style or {}
        headers = [h for h in self.headers if h[0].lower() != "content-length"]
        if not style.get("no_length"):
            headers.append(("Content-Length", str(len(self.body))))
        lines = [self.start]
        for name, value in headers:
            lines.append(f"{TO_COMPACT.get(name.lower(), name) if style.get('compact') else name}: {value}")
        eol = "\n" if style.get("lf") else "\r\n"
        return (eol.join(lines) + eol + eol).encode("utf-8", "surrogateescape") + self.body


def parse_head(raw):
    """Bytes of start line and headers -> Msg without body, or None when this is not SIP."""
    lines = raw.decode("utf-8", "surrogateescape").replace("\r\n", "\n").split("\n")
    start = lines[0].strip()
    if not re.match(r"SIP/2\.0 \d{3}|[A-Z]+ \S+ SIP/2\.0$", start):
        return None
    headers = []
    for line in lines[1:]:
        if line[:1] in (" ", "\t") and headers:
            headers[-1] = (headers[-1][0], headers[-1][1] + " " + line.strip())
        elif ":" in line:
            name, _, value = line.partition(":")
            name = name.strip()
            headers.append((COMPACT.get(name.lower(), name), value.strip()))
    return Msg(start, headers)


def head_end(data):
    """(end of headers, start of body) of the first message in data, or None."""
    found = re.search(rb"\r?\n\r?\n", data)
    return (found.start(), found.end()) if found else None


def parse_datagram(data):
    data = data.lstrip(b"\r\n")
    end = head_end(data) or (len(data), len(data))
    msg = parse_head(data[:end[0]])
    if msg:
        length = msg.get("Content-Length")
        body = data[end[1]:]
        msg.body = body[:int(length)] if length.isdigit() else body
    return msg


def uri_parts(value):
    """(user, host[:port]) of a URI or name-addr."""
    found = re.search(r"sips?:(?:([^@;>\s]+)@)?([^;>\s?]+)", value)
    return (found.group(1) or "", found.group(2)) if found else ("", "")


def tag_of(value):
    found = re.search(r";\s*tag=([^;>\s]+)", value)
    return found.group(1) if found else ""


# ---------------------------------------------------------------- digest
def parse_auth(value):
    return {k.lower(): v.strip('"') for k, v in re.findall(r'(\w+)\s*=\s*("[^"]*"|[^,\s]+)', value)}


def digest(auth, password, method):
    """Response value for the parameters in auth (username, realm, nonce, uri, and qop, nc, cnonce if used)."""
    algorithm = hashlib.sha256 if auth.get("algorithm", "").upper() == "SHA-256" else hashlib.md5

    def h(text):
        return algorithm(text.encode()).hexdigest()
    ha1 = h(f"{auth['username']}:{auth['realm']}:{password}")
    ha2 = h(f"{method}:{auth['uri']}")
    if auth.get("qop"):
        return h(":".join((ha1, auth["nonce"], auth["nc"], auth["cnonce"], auth["qop"], ha2)))
    return h(f"{ha1}:{auth['nonce']}:{ha2}")


def authorization(challenge, username, password, method, uri, use_qop=True, nc=1, upper=False):
    """Value of an Authorization header that answers a challenge (parsed)."""
    auth = {"username": username, "realm": challenge.get("realm", ""), "nonce": challenge.get("nonce", ""), "uri": uri}
    if challenge.get("algorithm"):
        auth["algorithm"] = challenge["algorithm"]
    if use_qop and "auth" in re.split(r"[,\s]+", challenge.get("qop", "")):
        auth.update(qop="auth", nc=f"{nc:08x}", cnonce=secrets.token_hex(8))
    response = digest(auth, password, method)
    auth["response"] = response.upper() if upper else response
    if "opaque" in challenge:
        auth["opaque"] = challenge["opaque"]
    bare = ("algorithm", "qop", "nc")
    return "Digest " + ", ".join(f"{k}={v}" if k in bare else f'{k}="{v}"' for k, v in auth.items())


def verify(auth, password, method):
    try:
        return digest(auth, password, method) == auth.get("response", "").lower()
    except KeyError:
        return False


# ---------------------------------------------------------------- transports
class UdpFlow:
    reliable, proto = False, "UDP"

    def __init__(self, stack, addr):
        self.stack, self.addr, self.closed = stack, addr, False

    def send(self, data):
        self.stack.udp.sendto(data, self.addr)


class UdpProtocol(asyncio.DatagramProtocol):
    def __init__(self, stack):
        self.stack = stack

    def datagram_received(self, data, addr):
        msg = parse_datagram(data)
        if msg:
            msg.datagram = True
            self.stack.receive(msg, UdpFlow(self.stack, addr))
        elif data.strip(b"\r\n\0"):
            self.stack.log("junk_datagram", source=f"{addr[0]}:{addr[1]}", size=len(data))

    def error_received(self, exc):
        self.stack.log("send_failed", error=str(exc))


class TcpFlow(asyncio.Protocol):
    """One signalling connection, either direction. Writes can be cut into small pieces."""
    reliable, proto = True, "TCP"

    def __init__(self, stack):
        self.stack, self.buffer, self.closed, self.queue, self.pump = stack, b"", False, [], None

    def connection_made(self, transport):
        self.transport = transport
        self.addr = transport.get_extra_info("peername")[:2]
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stack.tcp_flows.add(self)

    def connection_lost(self, exc):
        self.closed = True
        self.stack.tcp_flows.discard(self)
        self.stack.on_flow_lost(self)

    def data_received(self, data):
        self.buffer += data
        while True:
            self.buffer = self.buffer.lstrip(b"\r\n")
            end = head_end(self.buffer)
            if not end:
                return
            msg = parse_head(self.buffer[:end[0]])
            if msg is None:
                self.stack.log("junk_stream", size=len(self.buffer))
                self.transport.close()
                return
            length = msg.get("Content-Length")
            total = end[1] + (int(length) if length.isdigit() else 0)
            if len(self.buffer) < total:
                return
            msg.body, self.buffer = self.buffer[end[1]:total], self.buffer[total:]
            self.stack.receive(msg, self)

    def send(self, data):
        if self.closed:
            return
        if not self.stack.fragment:
            self.transport.write(data)
            return
        self.queue.append(data)
        if not self.pump or self.pump.done():
            self.pump = asyncio.ensure_future(self.write_pieces())

    async def write_pieces(self):
        step, count = self.stack.fragment, 0
        while self.queue and not self.closed:
            data = self.queue.pop(0)
            for at in range(0, len(data), step):
                self.transport.write(data[at:at + step])
                count += 1
                await asyncio.sleep(0.001 if count % 16 == 0 else 0)


# ---------------------------------------------------------------- transactions
class ServerTxn:
    def __init__(self, msg, flow):
        self.msg, self.flow, self.last, self.hits, self.at = msg, flow, None, 0, time.monotonic()


class Stack:
    """Sockets, client transactions and the cache of server transactions.

    app must offer on_request(txn), on_ack(msg, flow), on_repeat(txn) and on_flow_lost(flow).
    """

    def __init__(self, app, local, log, style=None, cookie=True, fragment=0, user_agent=""):
        self.app, self.log, self.style, self.fragment = app, log, style or {}, fragment
        self.proto, self.host, self.port = local
        self.cookie, self.user_agent = cookie, user_agent
        self.udp, self.server, self.tcp_flows = None, None, set()
        self.clients, self.servers, self.swept = {}, {}, time.monotonic()

    async def start(self):
        loop = asyncio.get_running_loop()
        if self.proto in ("udp", "both"):
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            sock.bind((self.host, self.port))
            self.port = sock.getsockname()[1]
            self.udp, _ = await loop.create_datagram_endpoint(lambda: UdpProtocol(self), sock=sock)
        if self.proto in ("tcp", "both"):
            self.server = await loop.create_server(lambda: TcpFlow(self), self.host, self.port, reuse_address=True)
            self.port = self.server.sockets[0].getsockname()[1]

    async def connect(self, proto, host, port):
        """Flow towards a peer; opens a connection for TCP."""
        if proto == "udp":
            return UdpFlow(self, (host, port))
        loop = asyncio.get_running_loop()
        _, flow = await loop.create_connection(lambda: TcpFlow(self), host, port, local_addr=(self.host, 0))
        return flow

    def close(self):
        for flow in list(self.tcp_flows):
            flow.transport.close()
        if self.server:
            self.server.close()
        if self.udp:
            self.udp.close()

    def on_flow_lost(self, flow):
        for entry in list(self.clients.values()):
            if entry["flow"] is flow and not entry["future"].done():
                entry["future"].set_result(None)
        self.app.on_flow_lost(flow)

    # ---- client side
    def branch(self):
        return ("z9hG4bK" if self.cookie else "") + secrets.token_hex(9)

    def request(self, method, uri, sender, to, call_id, cseq, flow, headers=(), body=b""):
        via = f"SIP/2.0/{flow.proto} {self.host}:{self.port};rport;branch={self.branch()}"
        base = [("Via", via), ("From", sender), ("To", to), ("Call-ID", call_id), ("CSeq", f"{cseq} {method}"),
                ("Max-Forwards", "70")]
        if self.user_agent:
            base.append(("User-Agent", self.user_agent))
        return Msg(f"{method} {uri} SIP/2.0", base + list(headers), body)

    def begin(self, msg, flow, style=None):
        """Registers a client transaction; the caller sends the returned bytes and awaits finish()."""
        entry = {"raw": msg.render({**self.style, **(style or {})}), "flow": flow, "provisional": False,
                 "future": asyncio.get_running_loop().create_future(), "key": (msg.via()[1]["branch"], msg.method)}
        self.clients[entry["key"]] = entry
        return entry

    async def finish(self, entry, timeout=TIMER_F):
        """Final response or None; retransmits on UDP by Timer E."""
        future, flow, deadline, interval = entry["future"], entry["flow"], time.monotonic() + timeout, T1
        try:
            while not future.done():
                left = deadline - time.monotonic()
                if left <= 0:
                    return None
                await asyncio.wait([future], timeout=left if flow.reliable else min(left, interval))
                if not future.done() and not flow.reliable and deadline - time.monotonic() > 0:
                    flow.send(entry["raw"])
                    interval = T2 if entry["provisional"] else min(interval * 2, T2)
            return future.result()
        finally:
            self.clients.pop(entry["key"], None)

    async def transact(self, msg, flow, copies=1, style=None, timeout=TIMER_F):
        entry = self.begin(msg, flow, style)
        for _ in range(copies):
            flow.send(entry["raw"])
        return await self.finish(entry, timeout)

    # ---- server side
    def receive(self, msg, flow):
        if msg.is_response:
            entry = self.clients.get((msg.via()[1].get("branch", ""), msg.cseq[1]))
            if entry and msg.status < 200:
                entry["provisional"] = True
            elif entry and not entry["future"].done():
                entry["future"].set_result(msg)
            return
        if msg.method == "ACK":
            self.app.on_ack(msg, flow)
            return
        sent_by, params = msg.via()
        key = (params.get("branch", ""), sent_by, msg.call_id, msg.cseq[0], tag_of(msg.get("From")), msg.method)
        txn = self.servers.get(key)
        if txn:
            txn.hits += 1
            self.app.on_repeat(txn)
            if txn.last:
                self.transmit(txn)
            return
        self.sweep()
        self.servers[key] = txn = ServerTxn(msg, flow)
        self.app.on_request(txn)

    def sweep(self):
        now = time.monotonic()
        if now - self.swept > 5:
            self.swept = now
            self.servers = {k: t for k, t in self.servers.items() if now - t.at < TIMER_J}

    def respond(self, txn, status, headers=(), body=b"", to_tag=None, reason=None, send=True):
        msg, flow = txn.msg, txn.flow
        out = [h for h in msg.headers if h[0].lower() in ("via", "from", "to", "call-id", "cseq")]
        for at, (name, value) in enumerate(out):
            if name.lower() == "via":
                first, comma, rest = value.partition(",")
                first = re.sub(r";\s*rport(=\d*)?(?=;|$)", f";rport={flow.addr[1]}", first)
                out[at] = (name, f"{first.rstrip()};received={flow.addr[0]}{comma}{rest}")
                break
        for at, (name, value) in enumerate(out):
            if name.lower() == "to" and not tag_of(value) and status > 100:
                out[at] = (name, f"{value};tag={to_tag or secrets.token_hex(5)}")
        if self.user_agent:
            out.append(("User-Agent", self.user_agent))
        reply = Msg(f"SIP/2.0 {status} {reason or REASONS.get(status, 'Unknown')}", out + list(headers), body)
        txn.last, txn.status = reply.render(self.style), status
        if send:
            self.transmit(txn)

    def transmit(self, txn):
        """Sends the last response where RFC 3261 and RFC 3581 want it."""
        flow = txn.flow
        if not flow.reliable:
            sent_by, params = txn.msg.via()
            if "rport" not in params:
                port = sent_by.rpartition(":")[2] if ":" in sent_by else "5060"
                flow = UdpFlow(self, (flow.addr[0], int(port) if port.isdigit() else 5060))
        flow.send(txn.last)
