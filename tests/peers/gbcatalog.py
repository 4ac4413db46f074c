"""MANSCDP bodies: encoding, reading of queries, and the packets of a catalogue answer."""
import random
import re
from xml.sax.saxutils import escape as xml_escape

CHARSETS = {"gb18030": "GB2312", "gbk": "GB2312", "gb2312": "GB2312", "utf-8": "UTF-8"}   # -> declared by default


def encode(text, charset):
    """Text to bytes. A lone surrogate U+DC80..U+DCFF stands for the raw byte 80..FF (to send broken text)."""
    parts = re.split("([\udc80-\udcff]+)", text)
    return b"".join(bytes(ord(c) - 0xDC00 for c in part) if at % 2 else part.encode(charset, "replace")
                    for at, part in enumerate(parts))


def decode(data):
    for charset in ("utf-8", "gb18030"):
        try:
            return data.decode(charset)
        except UnicodeDecodeError:
            pass
    return data.decode("gb18030", "replace")


def field(text, name):
    found = re.search(rf"<{name}>\s*(.*?)\s*</{name}>", text, re.S)
    return found.group(1) if found else ""


def root_of(text):
    found = re.search(r"<(Query|Control|Notify|Response)\b", text)
    return found.group(1) if found else ""


def elements(pairs, escape=True, depth=1):
    """Nested dict to a list of (depth, xml text)."""
    out = []
    for name, value in pairs.items():
        if isinstance(value, dict):
            out += [(depth, f"<{name}>"), *elements(value, escape, depth + 1), (depth, f"</{name}>")]
        else:
            text = "" if value is None else str(value)
            out.append((depth, f"<{name}>{xml_escape(text) if escape else text}</{name}>"))
    return out


def layout(lines, pretty=True):
    return "\n".join("  " * depth + text for depth, text in lines) if pretty else "".join(t for _, t in lines)


def document(root, pairs, charset, declared=None, escape=True, pretty=True, tail=()):
    """Whole body as bytes; tail is a list of (depth, xml) lines behind the elements."""
    declared = CHARSETS.get(charset.lower(), charset) if declared is None else declared
    head = f'<?xml version="1.0" encoding="{declared}"?>\n' if declared else ""
    lines = [(0, f"<{root}>"), *elements(pairs, escape), *tail, (0, f"</{root}>")]
    return encode(head + layout(lines, pretty) + "\n", charset)


def item_lines(item, escape):
    if "_raw" in item:
        raw = item["_raw"]
        return [(2, raw if "<Item" in raw else f"<Item>{raw}</Item>")]
    return [(2, "<Item>"), *elements(item, escape, 3), (2, "</Item>")]


def subtree(items, root):
    """Items at or below root, by region prefix, CivilCode, ParentID and BusinessGroupID."""
    chosen = {root}
    while True:
        size = len(chosen)
        for item in items:
            links = re.split("[/,;|]", str(item.get("ParentID", ""))) + [str(item.get("BusinessGroupID", ""))]
            links.append(str(item.get("CivilCode", "")))
            own = str(item.get("DeviceID", ""))
            region = len(own) <= 8 and len(root) <= 8 and own.startswith(root)
            if region or chosen.intersection(link for link in links if link):
                chosen.add(own)
        if len(chosen) == size:
            return [item for item in items if str(item.get("DeviceID", "")) in chosen]


def packet(cfg, chunk, sn, device_id, total, encoding):
    count = len(chunk) + (1 if cfg.get("num_wrong") else 0)
    tail = []
    if chunk or total or cfg.get("trailing_empty"):
        lines = [line for item in chunk for line in item_lines(item, cfg.get("escape", True))]
        tail = [(1, f'<DeviceList Num="{count}">'), *lines, (1, "</DeviceList>")]
    pairs = {"CmdType": "Catalog", "SN": sn, "DeviceID": device_id, "SumNum": total}
    return document("Response", pairs, *encoding, pretty=cfg.get("pretty", True), tail=tail)


def packets(cfg, items, sn, device_id, encoding):
    """All bodies of one answer. encoding is (charset, declared charset or None)."""
    items = list(items)
    if cfg.get("shuffle") is not None:
        random.Random(cfg["shuffle"]).shuffle(items)
    step = max(1, cfg.get("per_message", 3))
    chunks = [items[at:at + step] for at in range(0, len(items), step)] or [[]]
    if cfg.get("trailing_empty") and items:
        chunks.append([])
    total = cfg.get("sum_num", len(items))
    cycle = cfg.get("sum_num_changes") or [total]
    device_id = cfg.get("device_id_in_answer") or device_id
    out = []
    for at, chunk in enumerate(chunks):
        number = {"wrong": sn + 1000, "increment": sn + at}.get(cfg.get("sn", "same"), sn)
        out.append(packet(cfg, chunk, number, device_id, cycle[at % len(cycle)], encoding))
    return out


def stray(cfg, own_id, encoding):
    """Unsolicited answer with one item that belongs to no query."""
    item = {"DeviceID": own_id[:8] + "001320999999", "Name": "stray", "Manufacturer": "Stray", "Model": "S-1",
            "CivilCode": own_id[:6], "Address": "stray", "Parental": 0, "ParentID": own_id, "RegisterWay": 1,
            "Secrecy": 0, "Status": "ON"}
    return packet({"pretty": cfg.get("pretty", True)}, [item], 999999, own_id, 1, encoding)
