#!/usr/bin/env python3
"""Simulated GB/T 28181 platform, a test peer. Usage: platform.py SCENE.json (see README.md)."""
import os
import sys

# This file shares its name with a module of the standard library: that one must win every import.
HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path[:] = [p for p in sys.path if os.path.abspath(p or ".") != HERE] + [HERE]

import asyncio  # noqa: E402
import datetime  # noqa: E402
import json  # noqa: E402
import random  # noqa: E402
import re  # noqa: E402
import secrets  # noqa: E402
import signal  # noqa: E402
import threading  # noqa: E402
import time  # noqa: E402
import traceback  # noqa: E402

import gbbehaviours  # noqa: E402
import gbcatalog as xml  # noqa: E402
import gbsip as sip  # noqa: E402
from gbcall import Call, parse_offer  # noqa: E402
from gblint import Lint  # noqa: E402

ALLOW = ("Allow", "INVITE, ACK, INFO, CANCEL, BYE, OPTIONS, MESSAGE")
MANSCDP = ("Content-Type", "Application/MANSCDP+xml")
SCENE_KEYS = set("""role id domain realm local superior_id superior_domain superior username password expires
    keepalive_seconds charset declared_charset user_agent x_gb_ver qop wrong_password register no_register
    register_retry_seconds reuse_authorization authorization_upper_hex unregister_at_exit no_cookie compact_headers lf_only
    content_length_missing fragmenting exit_on_stdin_close run_seconds catalog channels default_behaviour media_dir name
    device_answers device_info clock_skew_seconds query_auditor refuse_status max_expires""".split())
CATALOG_KEYS = set("""items per_message shuffle repeat retransmit sum_num sum_num_changes num_wrong sn drop drop_always
    trailing_empty stray_before stray_after wait_for_200 gap_ms delay_seconds escape pretty on_query device_id_in_answer
    subtree fragmenting join lf_only compact_headers content_length_missing""".split())
STYLES = {"compact_headers": "compact", "lf_only": "lf", "content_length_missing": "no_length"}


def endpoint(text):
    proto, host, port = text.split(":")
    return proto.lower(), host, int(port)


def beijing(skew=0.0):
    zone = datetime.timezone(datetime.timedelta(hours=8))
    return datetime.datetime.now(zone) + datetime.timedelta(seconds=skew)


class Platform:
    def __init__(self, scene, out=sys.stdout):
        self.scene, self.out, self.begin = scene, out, time.monotonic()
        get = scene.get
        unknown = [key for key in scene if key not in SCENE_KEYS and not key.startswith("_")]
        unknown += [f"catalog.{key}" for key in get("catalog", {}) if key not in CATALOG_KEYS and not key.startswith("_")]
        if unknown:
            raise ValueError("unknown scene keys: " + ", ".join(unknown))
        self.role = get("role", "subordinate")
        self.id = get("id", "34020000002000000001")
        self.domain = get("domain", self.id[:10])
        self.realm = get("realm", self.domain)
        self.superior_id = get("superior_id", "34000000002000000001")
        self.superior_domain = get("superior_domain", self.superior_id[:10])
        self.username, self.password = get("username", self.id), get("password", "")
        self.charset = get("charset", "gb18030")
        self.encoding = (self.charset, get("declared_charset"))
        self.catalog = get("catalog", {})
        self.wrong = "x" if get("wrong_password") else ""
        self.channels = {key: gbbehaviours.options_of(value) for key, value in get("channels", {}).items()}
        self.default = gbbehaviours.options_of(get("default_behaviour", "ok"))
        self.style = {short: True for key, short in STYLES.items() if get(key)}
        self.catalog_style = {short: True for key, short in STYLES.items() if self.catalog.get(key)}
        self.lint = Lint(self.log)
        self.calls, self.refused, self.bindings, self.nonces = {}, {}, {}, {}
        self.flow, self.serial, self.sn, self.cseq = None, random.randrange(5000), random.randrange(1000), 0
        self.counts = {"keepalives_ok": 0, "registrations": 0, "catalog_answers": 0, "queries": 0}
        self.by_type, self.max_parallel, self.max_streams, self.tasks = {}, 0, 0, set()
        self.register_id, self.register_tag = secrets.token_hex(10), secrets.token_hex(5)
        self.challenge, self.nonce_count, self.registered = None, 0, False
        self.stopped, self.again = asyncio.Event(), asyncio.Event()

    # ---- helpers
    def log(self, event, **fields):
        line = {"t": round(time.monotonic() - self.begin, 3), "event": event, **fields}
        try:
            self.out.write(json.dumps(line, ensure_ascii=True) + "\n")
            self.out.flush()
        except BrokenPipeError:                               # nobody reads any more
            self.out = open(os.devnull, "w", encoding="utf-8")
            os.dup2(self.out.fileno(), 1)
            self.stopped.set()

    async def guard(self, coroutine):
        try:
            return await coroutine
        except asyncio.CancelledError:
            raise
        except Exception as error:                            # a fault of this program, shown in the log
            self.log("error", what=repr(error), where=traceback.format_exc(limit=-3))

    def spawn(self, coroutine):
        task = asyncio.ensure_future(self.guard(coroutine))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    def clip_path(self, names):
        folder = self.scene.get("media_dir") or os.path.join(HERE, "..", "..", "fixtures", "media")
        paths = [os.path.join(folder, name) for name in ([names] if isinstance(names, str) else names)]
        return next((p for p in paths if os.path.exists(p)), paths[0])

    def next_sn(self):
        self.sn += 1
        return self.sn

    def contact(self, flow):
        return f"<sip:{self.id}@{self.stack.host}:{self.stack.port}{';transport=tcp' if flow.reliable else ''}>"

    def body(self, root, pairs):
        return xml.document(root, pairs, *self.encoding)

    def message(self, flow, to_uri, body, call_id=None):
        self.cseq += 1
        sender = f"<sip:{self.id}@{self.domain}>;tag={secrets.token_hex(5)}"
        return self.stack.request("MESSAGE", to_uri, sender, f"<{to_uri}>", call_id or secrets.token_hex(10), self.cseq,
                                  flow, [MANSCDP], body)

    # ---- life
    async def run(self):
        scene = self.scene
        loop = asyncio.get_running_loop()
        self.stack = sip.Stack(self, endpoint(scene.get("local", "udp:127.0.0.1:0")), self.log, self.style,
                               not scene.get("no_cookie"), self.catalog.get("fragmenting") or scene.get("fragmenting") or 0,
                               scene.get("user_agent", "gbpeer"))
        for number in (signal.SIGTERM, signal.SIGINT):
            try:
                loop.add_signal_handler(number, self.stopped.set)
            except (NotImplementedError, RuntimeError, ValueError):
                pass                                          # not in the main thread
        if scene.get("exit_on_stdin_close"):
            threading.Thread(target=self.watch_stdin, args=(loop,), daemon=True).start()
        if scene.get("run_seconds"):
            loop.call_later(scene["run_seconds"], self.stopped.set)
        await self.stack.start()
        self.log("listening", local=f"{self.stack.proto}:{self.stack.host}:{self.stack.port}", role=self.role, id=self.id)
        for name, options in [*self.channels.values(), self.default]:
            path = self.clip_path(options["clip"])
            if options["payload"] in ("ps", "h264", "h265") and not options["audio_only"] and not os.path.exists(path):
                self.log("clip_missing", behaviour=name, clip=os.path.basename(path))
        if self.role == "subordinate" and not scene.get("no_register"):
            self.spawn(self.register_loop())
        await self.stopped.wait()
        for call in self.calls.values():
            if call.media:
                call.media.stop()
        if self.registered and scene.get("unregister_at_exit", True):
            await self.unregister()
        for task in list(self.tasks):
            task.cancel()
        self.stack.close()
        await asyncio.sleep(0.05)                             # closed connections and streams still write their lines
        self.log("summary", role=self.role, dialogs=[c.summary() for c in self.calls.values()],
                 queries=self.counts["queries"], queries_by_type=self.by_type, max_parallel=self.max_parallel,
                 max_streams=self.max_streams, catalog_answers=self.counts["catalog_answers"],
                 registrations=self.counts["registrations"], keepalives_ok=self.counts["keepalives_ok"],
                 warnings=self.lint.found)

    def watch_stdin(self, loop):
        while os.read(0, 4096):
            pass
        loop.call_soon_threadsafe(self.stopped.set)

    # ---- registration, as subordinate
    async def superior_flow(self):
        while not self.flow or self.flow.closed:
            try:
                self.flow = await self.stack.connect(*endpoint(self.scene["superior"]))
            except OSError as error:
                self.log("connect_failed", error=str(error))
                await asyncio.sleep(1)
        return self.flow

    async def register(self, expires):
        """Full exchange with challenge: (final response or None, granted seconds)."""
        uri, auth, answered = f"sip:{self.superior_id}@{self.superior_domain}", None, 0
        flow, own = await self.superior_flow(), f"<sip:{self.id}@{self.domain}>"
        if self.challenge and self.scene.get("reuse_authorization"):
            auth = self.credentials(uri)
        while True:
            self.cseq += 1
            headers = [("Contact", self.contact(flow)), ("Expires", str(expires))]
            if self.scene.get("x_gb_ver"):
                headers.append(("X-GB-Ver", self.scene["x_gb_ver"]))
            if auth:
                headers.append(auth)
            msg = self.stack.request("REGISTER", uri, f"{own};tag={self.register_tag}", own, self.register_id, self.cseq,
                                     flow, headers)
            reply = await self.stack.transact(msg, flow)
            if not reply or reply.status not in (401, 407):
                break
            kind = "WWW" if reply.status == 401 else "Proxy"
            self.challenge = {**sip.parse_auth(reply.get(f"{kind}-Authenticate")), "kind": kind}
            self.nonce_count = 0
            if answered >= (2 if self.challenge.get("stale", "").lower() == "true" else 1):
                break                                         # the credentials themselves are refused
            answered += 1
            auth = self.credentials(uri)
        granted = expires
        if reply and reply.status == 200:
            inside = re.search(r";\s*expires=(\d+)", reply.get("Contact"), re.I)
            text = reply.get("Expires") or (inside.group(1) if inside else "")
            granted = int(text) if text.isdigit() else expires
            if not auth:
                self.lint.warn("REGISTER accepted without a challenge", msg)
        return reply, granted

    def credentials(self, uri):
        self.nonce_count += 1
        value = sip.authorization(self.challenge, self.username, self.password + self.wrong, "REGISTER", uri,
                                  self.scene.get("qop", True), self.nonce_count, self.scene.get("authorization_upper_hex"))
        return ("Proxy-" if self.challenge["kind"] == "Proxy" else "") + "Authorization", value

    async def register_loop(self):
        scene, keepalive = self.scene, None
        if not scene.get("register", True):
            await self.superior_flow()
            await self.keepalive_loop(0)
            return
        while True:
            self.again.clear()
            reply, granted = await self.register(scene.get("expires", 3600))
            if reply and reply.status == 200:
                self.registered = True
                self.counts["registrations"] += 1
                self.log("registered", expires=granted, date=reply.get("Date"), x_gb_ver=reply.get("X-GB-Ver"),
                         qop=(self.challenge or {}).get("qop", ""), number=self.counts["registrations"])
                if self.catalog.get("stray_before") == "registered" and self.counts["registrations"] == 1:
                    self.spawn(self.send_stray(self.flow, f"sip:{self.superior_id}@{self.superior_domain}"))
                if not keepalive or keepalive.done():
                    keepalive = self.spawn(self.keepalive_loop(scene.get("keepalive_seconds", 60)))
                pause = granted * 2 / 3
            else:
                self.registered = False
                self.log("register_refused", status=reply.status if reply else None)
                pause = scene.get("register_retry_seconds", 60)
            try:
                await asyncio.wait_for(self.again.wait(), pause)
            except asyncio.TimeoutError:
                pass

    async def unregister(self):
        try:
            reply, _ = await asyncio.wait_for(self.register(0), 3)
        except asyncio.TimeoutError:
            reply = None
        if reply and reply.status == 200:
            self.registered = False
            self.log("unregistered")
        else:
            self.log("unregister_failed", status=reply.status if reply else None)

    async def keepalive_loop(self, first):
        await asyncio.sleep(first)
        to = f"sip:{self.superior_id}@{self.superior_domain}"
        while True:
            sn = self.next_sn()
            pairs = {"CmdType": "Keepalive", "SN": sn, "DeviceID": self.id, "Status": "OK"}
            flow = await self.superior_flow()
            reply = await self.stack.transact(self.message(flow, to, self.body("Notify", pairs)), flow)
            if reply and reply.status == 200:
                self.counts["keepalives_ok"] += 1
                self.log("keepalive_ok", sn=sn)
            else:
                self.log("keepalive_refused" if reply else "keepalive_timeout", sn=sn, status=reply.status if reply else None)
                if reply and reply.status == 403:
                    self.again.set()
            await asyncio.sleep(self.scene.get("keepalive_seconds", 60))

    def on_flow_lost(self, flow):
        self.log("tcp_closed", remote=f"{flow.addr[0]}:{flow.addr[1]}")
        for call in self.calls.values():
            if call.open and call.invite.flow is flow and call.media:
                call.media.stop()
        if flow is self.flow and not self.stopped.is_set():
            asyncio.get_running_loop().call_later(1, self.again.set)

    # ---- registrar, as superior
    def on_register(self, txn):
        if self.role != "superior":
            self.stack.respond(txn, 403)
            return
        msg, version = txn.msg, [("X-GB-Ver", self.scene["x_gb_ver"])] if self.scene.get("x_gb_ver") else []
        user, _ = sip.uri_parts(msg.get("From"))
        auth = sip.parse_auth(msg.get("Authorization"))
        now = time.monotonic()
        self.nonces = {n: at for n, at in self.nonces.items() if now - at < 300}
        names = (self.scene.get("username"), user) if self.scene.get("username") else (user, auth.get("username"))
        known = auth.get("username") in names
        good = bool(auth) and known and sip.verify(auth, self.password + self.wrong, "REGISTER")
        if not auth or auth.get("nonce") not in self.nonces:
            nonce = secrets.token_hex(12)
            self.nonces[nonce] = now
            value = f'Digest realm="{self.realm}", nonce="{nonce}", algorithm=MD5'
            value += ', qop="auth"' if self.scene.get("qop", True) else ""
            value += ", stale=true" if good else ""
            self.stack.respond(txn, 401, [("WWW-Authenticate", value), *version])
            return
        if not good:
            self.log("register_refused", id=user, username=auth.get("username"))
            self.nonces.pop(auth["nonce"])
            self.stack.respond(txn, self.scene.get("refuse_status", 403), version)
            return
        inside = re.search(r";\s*expires=(\d+)", msg.get("Contact"), re.I)
        text = msg.get("Expires") or (inside.group(1) if inside else "3600")
        expires = int(text) if text.isdigit() else 3600
        expires = min(expires, self.scene.get("max_expires", expires))
        headers = [("Contact", msg.get("Contact")), ("Expires", str(expires)), *version,
                   ("Date", beijing().strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3])]
        self.stack.respond(txn, 200, headers)
        where = f"{txn.flow.proto.lower()}:{txn.flow.addr[0]}:{txn.flow.addr[1]}"
        if expires == 0:
            self.bindings.pop(user, None)
            self.log("unregistered", id=user, address=where)
            return
        first = user not in self.bindings
        self.bindings[user] = {"flow": txn.flow, "until": now + expires}
        self.counts["registrations"] += 1
        self.log("registered", id=user, address=where, expires=expires, user_agent=msg.get("User-Agent"),
                 qop=auth.get("qop", ""), x_gb_ver=msg.get("X-GB-Ver"), contact=msg.get("Contact"))
        if first and self.scene.get("query_auditor"):
            self.spawn(self.query_auditor(user, txn.flow))

    def admitted(self, msg):
        binding = self.bindings.get(sip.uri_parts(msg.get("From"))[0])
        return self.role != "superior" or bool(binding and binding["until"] > time.monotonic())

    async def query_auditor(self, user, flow):
        await asyncio.sleep(0.3)
        for kind in ("Catalog", "DeviceInfo"):
            sn = self.next_sn()
            body = self.body("Query", {"CmdType": kind, "SN": sn, "DeviceID": user})
            msg = self.message(flow, f"sip:{user}@{flow.addr[0]}:{flow.addr[1]}", body)
            reply = await self.stack.transact(msg, flow)
            self.log("auditor_queried", cmd=kind, sn=sn, status=reply.status if reply else None)

    # ---- requests
    def on_request(self, txn):
        msg = txn.msg
        self.lint.request(msg)
        call = self.calls.get(msg.call_id)
        if msg.method == "REGISTER":
            self.on_register(txn)
        elif msg.method == "INVITE":
            self.on_invite(txn)
        elif msg.method == "MESSAGE":
            self.on_message(txn)
        elif msg.method in ("BYE", "CANCEL"):
            if call:
                (call.on_bye if msg.method == "BYE" else call.on_cancel)(txn)
            else:
                self.log("unknown_dialog", method=msg.method, call_id=msg.call_id)
                self.stack.respond(txn, 481)
        elif msg.method == "SUBSCRIBE":
            self.log("subscribe", kind=msg.get("Event"))
            headers = [("Expires", msg.get("Expires", "600")), ("Contact", self.contact(txn.flow))]
            self.stack.respond(txn, 200, headers)
        else:
            self.log("request", method=msg.method)
            self.stack.respond(txn, 200, [ALLOW])

    def on_repeat(self, txn):
        call = self.calls.get(txn.msg.call_id)
        if call and txn.msg.method == "INVITE":
            call.repeats += 1
            self.log("invite_repeated", call_id=call.call_id, channel=call.channel)
        elif call and txn.msg.method == "BYE":
            call.byes += 1
            self.log("bye_repeated", call_id=call.call_id, channel=call.channel, number=call.byes)
        elif txn.msg.method == "MESSAGE":
            self.log("message_repeated", call_id=txn.msg.call_id)

    def on_ack(self, msg, flow):
        call = self.calls.get(msg.call_id)
        if call:
            call.on_ack(msg)
        else:
            self.log("unknown_dialog", method="ACK", call_id=msg.call_id)

    def on_invite(self, txn):
        msg = txn.msg
        if not self.admitted(msg):
            self.log("invite_refused", call_id=msg.call_id, why="not registered")
            self.stack.respond(txn, 403)
            return
        call = self.calls.get(msg.call_id)
        active = [c for c in self.calls.values() if c.open]
        if not call:
            channel, _ = sip.uri_parts(msg.uri)
            name, options = self.channels.get(channel, self.default)
            self.lint.invite(msg, parse_offer(msg.body), [c.offer for c in active if c.offer])
            call = self.calls[msg.call_id] = Call(self, channel, msg.call_id, name, options)
        call.on_invite(txn)
        self.count_open()

    def count_open(self):
        active = [c for c in self.calls.values() if c.open]
        self.max_parallel = max(self.max_parallel, len(active))
        self.max_streams = max(self.max_streams, len([c for c in active if c.acked]))

    # ---- MESSAGE
    def on_message(self, txn):
        msg, text = txn.msg, xml.decode(txn.msg.body)
        root, cmd, sn, device = xml.root_of(text), *(xml.field(text, n) for n in ("CmdType", "SN", "DeviceID"))
        if not self.admitted(msg):
            self.log("message_refused", cmd=cmd, why="not registered")
            self.stack.respond(txn, 403)
            return
        status, task = 200, None
        if root == "Query":
            self.lint.query(msg, sn)
            self.counts["queries"] += 1
            self.by_type[cmd] = self.by_type.get(cmd, 0) + 1
            if cmd == "Catalog":
                status, task = self.on_catalog_query(txn, sn, device, text)
            else:
                self.log("query", cmd=cmd, sn=sn, device_id=device)
                scope = self.scene.get("device_answers", "own")
                if cmd in ("DeviceInfo", "DeviceStatus") and (scope == "all" or scope == "own" and device == self.id):
                    task = self.answer_device(txn, cmd, sn, device)
        elif root == "Notify" and cmd == "Keepalive":
            self.log("keepalive", id=device, sn=sn, status=xml.field(text, "Status"))
        elif root == "Response":
            item = re.search(r"<Item>\s*<DeviceID>\s*(\d+)", text)
            self.log("auditor_answer", cmd=cmd, sn=sn, device_id=device, sum_num=xml.field(text, "SumNum"),
                     items=len(re.findall(r"<Item[\s>]", text)), result=xml.field(text, "Result"),
                     first_item=item.group(1) if item else "", body=text)
        else:
            key = bool(re.search("<IF(r)?ameCmd>", text))
            self.log("iframe_cmd" if key else "message", root=root, cmd=cmd, sn=sn, device_id=device)
            for call in self.calls.values():
                if key and call.open and call.channel == device and call.media:
                    call.media.want_key = True
        if status:
            self.stack.respond(txn, status)
        if task:
            self.spawn(task)

    def reply_uri(self, msg):
        user, host = sip.uri_parts(msg.get("From"))
        return f"sip:{user}@{host}"

    async def answer_device(self, txn, cmd, sn, device):
        if cmd == "DeviceInfo":
            pairs = {"DeviceName": self.scene.get("name", "模拟平台"), "Result": "OK", "Manufacturer": "GbPeer",
                     "Model": "Simulated", "Firmware": "1.0", "Channel": len(self.catalog.get("items", []))}
        else:
            now = beijing(self.scene.get("clock_skew_seconds", 0))
            pairs = {"Result": "OK", "Online": "ONLINE", "Status": "OK", "Encode": "ON", "Record": "OFF",
                     "DeviceTime": now.strftime("%Y-%m-%dT%H:%M:%S")}
        pairs = {"CmdType": cmd, "SN": sn, "DeviceID": device, **pairs, **self.scene.get("device_info", {}).get(cmd, {})}
        reply = await self.stack.transact(self.message(txn.flow, self.reply_uri(txn.msg), self.body("Response", pairs)),
                                          txn.flow)
        self.log("answer_sent", cmd=cmd, sn=sn, status=reply.status if reply else None)

    # ---- catalogue
    def on_catalog_query(self, txn, sn, device, text):
        """(status of the immediate answer or None, coroutine of the business answer or None)."""
        modes = self.catalog.get("on_query", "answer")
        number = self.by_type["Catalog"] - 1
        mode = modes if isinstance(modes, str) else modes[min(number, len(modes) - 1)]
        self.log("catalog_query", sn=sn, device_id=device, mode=mode, from_id=sip.uri_parts(txn.msg.get("From"))[0],
                 start_time=xml.field(text, "StartTime"), end_time=xml.field(text, "EndTime"))
        if mode == "answer":
            return 200, self.answer_catalog(txn, int(sn) if sn.isdigit() else 0, device, number)
        return {"refuse_403": 403, "silent": 200, "dead": None}[mode], None

    async def send_stray(self, flow, to):
        msg = self.message(flow, to, xml.stray(self.catalog, self.id, self.encoding))
        reply = await self.stack.transact(msg, flow, style=self.catalog_style)
        self.log("stray_sent", status=reply.status if reply else None)

    async def answer_catalog(self, txn, sn, device, number):
        cfg, flow, to, stack = self.catalog, txn.flow, self.reply_uri(txn.msg), self.stack
        items = cfg.get("items", [])
        if cfg.get("subtree") and device != self.id:
            items = xml.subtree(items, device)
        bodies = xml.packets(cfg, items, sn, device, self.encoding)
        first = self.counts["catalog_answers"] == 0
        self.counts["catalog_answers"] += 1
        dropped = set(cfg.get("drop_always", [])) | (set(cfg.get("drop", [])) if first else set())
        begin, wanted = time.monotonic(), []
        for at, body in enumerate(bodies):
            if at not in dropped:
                wanted += [(body, 2 if at < cfg.get("retransmit", 0) else 1)] * (2 if at < cfg.get("repeat", 0) else 1)
        await asyncio.sleep(cfg.get("delay_seconds", 0))
        if cfg.get("stray_before") is True:
            await self.send_stray(flow, to)
        style, results = self.catalog_style, []
        if cfg.get("join") and flow.reliable:
            entries = [stack.begin(self.message(flow, to, body), flow, style) for body, _ in wanted]
            flow.send(b"".join(entry["raw"] for entry in entries))
            results = await asyncio.gather(*(stack.finish(entry) for entry in entries))
        else:
            running = []
            for body, copies in wanted:
                task = asyncio.ensure_future(stack.transact(self.message(flow, to, body), flow, copies, style))
                running.append(task)
                if cfg.get("wait_for_200", True):
                    await task
                if cfg.get("gap_ms"):
                    await asyncio.sleep(cfg["gap_ms"] / 1000)
            results = await asyncio.gather(*running)
        accepted = sum(1 for reply in results if reply and reply.status == 200)
        self.log("catalog_sent", sn=sn, items=len(items), packets=len(bodies), messages=len(wanted), accepted=accepted,
                 seconds=round(time.monotonic() - begin, 3))
        if cfg.get("stray_after"):
            await asyncio.sleep(0 if cfg["stray_after"] is True else cfg["stray_after"])
            await self.send_stray(flow, to)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: platform.py SCENE.json")
    with open(sys.argv[1], encoding="utf-8") as file:
        scene = json.load(file)
    try:
        platform = Platform(scene)
    except (ValueError, KeyError) as error:
        print(json.dumps({"t": 0, "event": "error", "what": str(error)}), flush=True)
        sys.exit(2)                                           # the scene itself is wrong
    try:
        asyncio.run(platform.run())
    except OSError as error:
        platform.log("error", what=str(error))
        sys.exit(1)


if __name__ == "__main__":
    main()
