"""Checks a bundle as docs/EVIDENCE.md describes it, steps 1 to 3, the signature left out. Standard library only; written from the page, not from our code.

python3 gbbundle.py FILE: prints the evidence digest and the seal and ends with 0, or says what is wrong and ends with 1.
"""

import hashlib
import json
import struct
import sys
import zlib

ZEROS = "0" * 64


def sm3(octets):
    return hashlib.new("sm3", octets).hexdigest()


def sha256(octets):
    return hashlib.sha256(octets).hexdigest()


def members_of(whole):
    """Names and contents, by the local headers from octet 0 on."""
    at, members = 0, []
    while whole[at:at + 4] == b"PK\x03\x04":
        size, length = struct.unpack_from("<I", whole, at + 22)[0], struct.unpack_from("<H", whole, at + 26)[0]
        begins = at + 30 + length
        members.append((whole[at + 30:begins].decode(), whole[begins:begins + size]))
        at = begins + size
    return members


def zip_of(members):
    """The file that follows from them."""
    out, entries = bytearray(), bytearray()
    for name, content in members:
        encoded = name.encode()
        sums = struct.pack("<IIIH", zlib.crc32(content), len(content), len(content), len(encoded))
        entries += bytes.fromhex("504b0102 0a00 0a00 0000 0000 0000 2100") + sums + bytes(12)
        entries += struct.pack("<I", len(out)) + encoded
        out += bytes.fromhex("504b0304 0a00 0000 0000 0000 2100") + sums + bytes(2) + encoded + content
    count = len(members)
    end = bytes.fromhex("504b0506") + bytes(4) + struct.pack("<HHII", count, count, len(entries), len(out)) + bytes(2)
    return bytes(out + entries + end)


def chain_of(members):
    """The list, the evidence digest and the seal."""
    text, before, digest = b"", (ZEROS, ZEROS), None
    for number, (name, content) in enumerate(members, 1):
        cells = [str(number), str(len(content)), sm3(content), sha256(content), *before, name]
        line = ("\t".join(cells) + "\n").encode()
        before = (sm3(line), sha256(line))
        text += line
        if name == "FORMAT" or name.startswith("evidence/"):
            digest = before
    return text, digest, before


def pieces_are_right(index, data, key):
    at = 0
    for line in index.splitlines():
        piece = json.loads(line)
        octets = data[at:at + piece["octets"]]
        if piece["offset"] != at or sha256(octets) != piece[key]:
            return False
        at += piece["octets"]
    return at == len(data)


def wrong_with(whole):
    members = members_of(whole)
    signed = bool(members) and members[-1][0] == "SIGNATURE"
    listed = members[:-1] if signed else members
    if zip_of(members) != whole or not listed or listed[-1][0] != "CHAIN":
        return "the zip is not canonical"
    content = dict(members)
    if content["FORMAT"] != b"gbaudit.bundle/1\n":
        return "another layout"
    if chain_of(listed[:-1])[0] != content["CHAIN"]:
        return "the list is not that of the members"
    for name, key in [("evidence/messages", "sha256"), ("evidence/tables", "sha256"), ("pictures/key_frames", "key_frame")]:
        if name + ".jsonl" in content and not pieces_are_right(content[name + ".jsonl"], content[name + ".bin"], key):
            return name + ".bin has other pieces than its index says"
    return None


def main():
    with open(sys.argv[1], "rb") as file:
        whole = file.read()
    wrong = wrong_with(whole)
    if wrong:
        print(wrong)
        return 1
    members = [(name, content) for name, content in members_of(whole) if name not in ("CHAIN", "SIGNATURE")]
    _, digest, seal = chain_of(members)
    print("digest", *digest)
    print("seal", *seal)
    return 0


if __name__ == "__main__":
    sys.exit(main())
