"""Checks on what the auditor sends. Every finding is logged once as protocol_warning."""
import re

from gbsip import tag_of, uri_parts


class Lint:
    def __init__(self, log):
        self.log, self.found, self.subjects, self.serials = log, [], set(), set()

    def warn(self, what, msg=None, **extra):
        call_id = msg.call_id if msg else ""
        if (what, call_id) not in [(w["what"], w["call_id"]) for w in self.found]:
            self.found.append({"what": what, "call_id": call_id, "method": msg.cseq[1] if msg else "", **extra})
            self.log("protocol_warning", **self.found[-1])

    def request(self, msg):
        sent_by, via = msg.via()
        for name in ("Via", "From", "To", "Call-ID", "CSeq", "Max-Forwards"):
            if not msg.get(name):
                self.warn(f"no {name} header", msg)
        if not via.get("branch", "").startswith("z9hG4bK"):
            self.warn("Via branch without z9hG4bK", msg)
        if "rport" not in via:
            self.warn("Via without rport", msg)
        if not tag_of(msg.get("From")):
            self.warn("From without tag", msg)
        if msg.cseq[1] != msg.method:
            self.warn("CSeq method differs from the request", msg)
        length = msg.get("Content-Length")
        if not length.isdigit() or int(length) != len(msg.body):
            self.warn("Content-Length missing or wrong", msg, length=length, body=len(msg.body))
        if getattr(msg, "datagram", False) and len(msg.render()) > 1300:
            self.warn("request over 1300 bytes on UDP", msg)
        if msg.method in ("MESSAGE", "REGISTER") and tag_of(msg.get("To")):
            self.warn("To with tag outside a dialog", msg)

    def query(self, msg, sn):
        if msg.get("Content-Type").lower().replace(" ", "") != "application/manscdp+xml":
            self.warn("Content-Type is not Application/MANSCDP+xml", msg, value=msg.get("Content-Type"))
        if not sn.isdigit() or int(sn) < 1:
            self.warn("SN is not an integer >= 1", msg, sn=sn)
        elif sn in self.serials:
            self.warn("SN used twice", msg, sn=sn)
        self.serials.add(sn)

    def invite(self, msg, offer, others):
        if not msg.get("Contact"):
            self.warn("INVITE without Contact", msg)
        found = re.match(r"(\d{20}):([^,]{1,20}),(\d{20}):(\S+)$", msg.get("Subject"))
        if not found:
            self.warn("Subject missing or malformed", msg, value=msg.get("Subject"))
        elif found[1] + ":" + found[2] in self.subjects:
            self.warn("Subject sender sequence used twice", msg, value=msg.get("Subject"))
        else:
            self.subjects.add(found[1] + ":" + found[2])
        if not offer:
            self.warn("INVITE without usable SDP", msg)
            return
        if offer["y"] and not re.fullmatch(r"[01]\d{9}", offer["y"]):
            self.warn("y is not ten digits", msg, value=offer["y"])
        if offer["s"] == "Play" and offer["y"].startswith("1"):
            self.warn("y of a live call starts with 1", msg, value=offer["y"])
        if "96" not in offer["pts"]:
            self.warn("offer without payload type 96", msg)
        if offer["proto"] == "tcp" and offer["setup"] not in ("active", "passive"):
            self.warn("TCP offer without a=setup", msg)
        for other in others:
            if offer["y"] and offer["y"] == other["y"]:
                self.warn("y in use by another call", msg, value=offer["y"])
            if offer["port"] == other["port"] and (offer["proto"], offer["setup"]) != ("tcp", "active"):
                self.warn("media port in use by another call", msg, port=offer["port"])

    def in_dialog(self, msg, call):
        """ACK to a 200, or BYE."""
        number = call.invite.msg.cseq[0]
        if msg.method == "ACK" and msg.cseq[0] != number:
            self.warn("ACK with another CSeq than the INVITE", msg)
        if msg.method == "BYE" and msg.cseq[0] <= number:
            self.warn("BYE with a CSeq not above the INVITE", msg)
        if msg.method == "BYE" and not call.acked:
            self.warn("BYE without ACK before", msg)
        if tag_of(msg.get("To")) != call.to_tag:
            self.warn("To tag differs from the answer", msg)
        if tag_of(msg.get("From")) != tag_of(call.invite.msg.get("From")):
            self.warn("From tag differs from the INVITE", msg)
        if msg.via()[1].get("branch") == call.invite.msg.via()[1].get("branch"):
            self.warn("branch of the INVITE used again", msg)

    def of_invite(self, msg, call):
        """CANCEL, or ACK to an error answer: belong to the transaction of the INVITE."""
        if msg.via()[1].get("branch") != call.invite.msg.via()[1].get("branch"):
            self.warn("branch differs from the INVITE", msg)
        if msg.cseq[0] != call.invite.msg.cseq[0]:
            self.warn("CSeq number differs from the INVITE", msg)
        if uri_parts(msg.uri) != uri_parts(call.invite.msg.uri):
            self.warn("Request-URI differs from the INVITE", msg)
