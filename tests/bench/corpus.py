#!/usr/bin/env python3
"""corpus.py CAPTURE COPIES OUT: an industrial mix, the same every time.

A recorded plant is repeated COPIES times as if so many plants of the same kind ran side by side: in copy N the second octet of each
IPv4 address and the fourth octet of each card is N, packets of all copies are interleaved by time (copies begin 7 ms apart).
CAPTURE: classic pcap of Ethernet frames in microseconds or nanoseconds. IP and TCP checksums are mended."""
import heapq
import struct
import sys

capture, copies, out = sys.argv[1], int(sys.argv[2]), sys.argv[3]
data = open(capture, "rb").read()
order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
per_second = 10**9 if data[:4] in (b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d") else 10**6
frames, at = [], 24
while at + 16 <= len(data):
    seconds, part, kept, length = struct.unpack_from(order + "IIII", data, at)
    frames.append((seconds * per_second + part, data[at + 16 : at + 16 + kept], length))
    at += 16 + kept


def changed(sum16, old, new):  # RFC 1624, equation 3
    total = (~sum16 & 0xFFFF) + (~old & 0xFFFF) + new
    total = (total & 0xFFFF) + (total >> 16)
    return ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF


def put(frame, at, sums):
    """Writes `number` into the octet at `at`, and mends the sums that cover it."""
    start = at & ~1
    old = struct.unpack_from(">H", frame, start)[0]
    frame[at] = number
    new = struct.unpack_from(">H", frame, start)[0]
    for s in sums:
        if s + 2 <= len(frame):
            struct.pack_into(">H", frame, s, changed(struct.unpack_from(">H", frame, s)[0], old, new))


def moved(frame):
    frame = bytearray(frame)
    for card in (0, 6):
        if not frame[card] & 1:
            frame[card + 3] = number
    kind = struct.unpack_from(">H", frame, 12)[0]
    if kind == 0x0806:
        for card in (22, 32):
            frame[card + 3] = number
        frame[29] = frame[39] = number
    elif kind == 0x0800:
        header = (frame[14] & 15) * 4
        above = {6: 16, 17: 6}.get(frame[23])
        for address in (26, 30):
            if frame[address] == 10:
                put(frame, address + 1, [24] + ([14 + header + above] if above else []))
    return bytes(frame)


def copy(n):
    global number
    for time, frame, length in frames:
        yield time + n * 7 * per_second // 1000, n, frame, length


with open(out, "wb") as to:
    to.write(data[:24])
    for time, number, frame, length in heapq.merge(*(copy(n) for n in range(copies))):
        frame = moved(frame)
        to.write(struct.pack(order + "IIII", time // per_second, time % per_second, len(frame), length) + frame)
print(f"{copies * len(frames)} packets")
