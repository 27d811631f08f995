#!/usr/bin/env python3
"""seeds.py PROGRAMS OUT CAPTURE...: writes where the fuzz targets begin, into OUT/protocol_fuzz, OUT/frame_fuzz and OUT/wire_fuzz.

PROGRAMS is the folder of the built targets. Conversations and frames come from the captures (pcap, Ethernet), messages also from
the hex rows of tests/dissect, batches from wire_fuzz itself. The same input gives the same files.
"""
import pathlib
import re
import struct
import subprocess
import sys

PIECE = 2500  # octets of a seed: small ones are mutated faster
MOST_PIECES = 12  # of one conversation
SERVER = 1


def frames(path):
    data = path.read_bytes()
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    if len(data) < 24 or struct.unpack(order + "I", data[:4])[0] not in (0xA1B2C3D4, 0xA1B23C4D) or struct.unpack(order + "I", data[20:24])[0] != 1:
        return
    at = 24
    while at + 16 <= len(data):
        kept = struct.unpack(order + "I", data[at + 8:at + 12])[0]
        yield data[at + 16:at + 16 + kept]
        at += 16 + kept


def parse(frame):
    """(kind, conversation, source, target port, payload) of a frame; kind is "tcp", "udp" or an EtherType."""
    at, ethertype = 14, struct.unpack(">H", frame[12:14])[0]
    while ethertype in (0x8100, 0x88A8):
        ethertype, at = struct.unpack(">H", frame[at + 2:at + 4])[0], at + 4
    if ethertype != 0x0800 or len(frame) < at + 20 or frame[at + 9] not in (6, 17):
        return ethertype, (ethertype, *sorted((frame[:6], frame[6:12]))), frame[6:12], 0, 0, frame[at:]
    end = at + struct.unpack(">H", frame[at + 2:at + 4])[0]
    source, target, tcp = frame[at + 12:at + 16], frame[at + 16:at + 20], frame[at + 9] == 6
    at += (frame[at] & 15) * 4
    if len(frame) < at + (20 if tcp else 8):
        return ethertype, (ethertype,), source, 0, 0, b""
    from_port, to_port = struct.unpack(">HH", frame[at:at + 4])
    ends = tuple(sorted(((source, from_port), (target, to_port))))
    payload = frame[at + ((frame[at + 12] >> 4) * 4 if tcp else 8):end]
    return ("tcp" if tcp else "udp"), (tcp, *ends), (source, from_port), from_port, to_port, payload


def pieces(items):
    """Lists of (control, data), each with no more than PIECE octets, at most MOST_PIECES of them."""
    out, size = [[]], 0
    for control, data in items:
        if size + len(data) > PIECE and out[-1]:
            if len(out) == MOST_PIECES:
                break
            out.append([])
            size = 0
        out[-1].append((control, data[:0xFFFF]))
        size += len(data)
    return [p for p in out if p]


def packed(head, items):
    return head + b"".join(struct.pack("<BH", control, len(data)) + data for control, data in items)


class Folder:
    def __init__(self, path):
        self.path, self.count = path, 0
        path.mkdir(parents=True, exist_ok=True)

    def write(self, name, data):
        (self.path / f"{name}-{self.count}").write_bytes(data)
        self.count += 1


def main(programs, out, captures):
    programs, out = pathlib.Path(programs), pathlib.Path(out)
    protocols = []  # (name, {"tcp": ports, "udp": ports, "ethernet": types}) in the order of the first octet
    for line in subprocess.run([programs / "protocol_fuzz", "--protocols"], check=True, capture_output=True, text=True).stdout.splitlines():
        name, *ports = line.split()
        protocols.append((name, dict(zip(("tcp", "udp", "ethernet"), ({int(n) for n in p.split(",") if n != "-"} for p in ports)))))
    talks, raw = {}, {}
    for capture in captures:
        for frame in frames(pathlib.Path(capture)):
            if len(frame) < 14:
                continue
            kind, key, source, from_port, to_port, payload = parse(frame)
            raw.setdefault((capture, key), []).append((1, frame))
            if payload:
                talks.setdefault((capture, key), []).append((kind, source, from_port, to_port, payload))

    protocol_seeds, seen = Folder(out / "protocol_fuzz"), set()
    for talk in talks.values():
        kind, _, from_port, to_port, _ = talk[0]
        for i, (name, ports) in enumerate(protocols):
            hints = ports[kind] if kind in ("tcp", "udp") else ports["ethernet"]
            if not hints & ({from_port, to_port} if kind in ("tcp", "udp") else {kind}):
                continue
            items = [(SERVER if p[2] in hints and p[3] not in hints else 0, p[4]) for p in talk]
            for piece in pieces(items):
                seen.add(name)
                protocol_seeds.write(name, packed(bytes([i, {"tcp": 0, "udp": 1}.get(kind, 2)]), piece))
    here = pathlib.Path(__file__).resolve().parent.parent
    for test in sorted((here / "dissect").glob("*_test.cpp")):
        text = test.read_text()
        for i, (name, ports) in enumerate(protocols):
            if test.stem != name + "_test" and f'"{name}"' not in text:
                continue
            rows = [bytes.fromhex("".join(row.split())) for row in re.findall(r'"((?:[0-9a-fA-F]{2}\s*){4,})"', text)]
            for row in rows:
                seen.add(name)
                for flags in {0, 1} if ports["udp"] else {0}:
                    protocol_seeds.write(name, packed(bytes([i, flags]), [(0, row), (SERVER, row)]))
    frame_seeds = Folder(out / "frame_fuzz")
    for items in raw.values():
        for n, piece in enumerate(pieces(items)):
            frame_seeds.write("frames", packed(bytes([n % 2]), piece))
    wire = Folder(out / "wire_fuzz")
    subprocess.run([programs / "wire_fuzz", "--seeds", wire.path], check=True)
    print(f"seeds: {protocol_seeds.count} for protocols, {frame_seeds.count} of frames, {len(list(wire.path.iterdir()))} of batches;",
          "protocols without one: " + (", ".join(n for n, _ in protocols if n not in seen) or "none"))


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
