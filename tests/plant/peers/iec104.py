#!/usr/bin/python3
"""An IEC 60870-5-104 outstation and a control station. The messages are made and read by scapy's IEC 104 layer; the state machine
around it (STARTDT, sequence numbers, confirmations) is small and written here after IEC 60870-5-104, since no package has one.

    iec104.py outstation ADDRESS
    iec104.py control ADDRESS COMMON_ADDRESS      commands from standard input, one a line:
        interrogate      switch IOA 0|1      setpoint IOA VALUE      read IOA      stop      sleep SECONDS
"""
import json
import logging
import os
import select
import socket
import sys
import threading
import time

logging.getLogger("scapy").setLevel(logging.ERROR)
import scapy.contrib.scada.iec104 as layer  # noqa: E402

ACT, ACTCON, ACTTERM, SPONTANEOUS, REQUESTED, INTERROGATED = 6, 7, 10, 3, 5, 20
UNKNOWN_ADDRESS = 47


class connection:
    """One TCP connection: sequence numbers, and whole APDUs out of the stream."""

    def __init__(self, sock):
        self.sock, self.sent, self.received, self.buffer = sock, 0, 0, b""
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.lock = threading.Lock()

    def u_frame(self, **bits):
        self.sock.sendall(bytes(layer.IEC104_U_Message(**bits)))

    def s_frame(self):
        self.sock.sendall(bytes(layer.IEC104_S_Message(rx_seq_num=self.received)))

    def asdu(self, type_id, cause, common, objects, negative=0):
        with self.lock:
            message = layer.IEC104_I_Message_SingleIOA(
                tx_seq_num=self.sent, rx_seq_num=self.received, type_id=type_id, num_io=len(objects), cot=cause, ack=negative,
                common_asdu_address=common, io=objects)
            self.sent = (self.sent + 1) % 32768
            self.sock.sendall(bytes(message))

    def next(self, timeout):
        """The next APDU as scapy reads it, None after the timeout, "" at the end."""
        deadline = time.time() + timeout
        while len(self.buffer) < 2 or len(self.buffer) < 2 + self.buffer[1]:
            left = deadline - time.time()
            if left <= 0 or not select.select([self.sock], [], [], left)[0]:
                return None
            more = self.sock.recv(4096)
            if not more:
                return ""
            self.buffer += more
        size = 2 + self.buffer[1]
        raw, self.buffer = self.buffer[:size], self.buffer[size:]
        if raw[2] & 1 == 0:
            self.received = (self.received + 1) % 32768
            return layer.IEC104_I_Message_SingleIOA(raw)
        return layer.IEC104_U_Message(raw) if raw[2] & 3 == 3 else layer.IEC104_S_Message(raw)


def outstation(address):
    common = 7
    points = {1001: True, 1002: False, 1003: False}  # single points; 5001.. switch them
    measured = {2001: 49.98, 2002: 230.5, 2003: 12.25}

    def status():
        return [layer.IEC104_IO_M_SP_NA_1_IOA(information_object_address=a, spi_value=int(v)) for a, v in points.items()]

    def values(only=None):
        return [layer.IEC104_IO_M_ME_NC_1_IOA(information_object_address=a, scaled_value=v)
                for a, v in measured.items() if only in (None, a)]

    def serve(sock):
        link, started, last = connection(sock), False, time.time()
        while True:
            message = link.next(0.25)
            if message == "":
                return
            if message is None:
                if started and time.time() - last >= 2:
                    measured[2001] = round(49.9 + time.time() % 0.2, 3)
                    link.asdu(13, SPONTANEOUS, common, values(2001))
                    last = time.time()
            elif isinstance(message, layer.IEC104_U_Message):
                if message.startdt_act:
                    started = True
                    link.u_frame(startdt_con=1)
                elif message.stopdt_act:
                    started = False
                    link.u_frame(stopdt_con=1)
                elif message.testfr_act:
                    link.u_frame(testfr_con=1)
            elif isinstance(message, layer.IEC104_I_Message_SingleIOA):
                request, io = message.type_id, message.io[0]
                at = io.information_object_address
                if request == 100:
                    link.asdu(100, ACTCON, common, [io])
                    link.asdu(1, INTERROGATED, common, status())
                    link.asdu(13, INTERROGATED, common, values())
                    link.asdu(100, ACTTERM, common, [io])
                elif request == 102 and at in measured:
                    link.asdu(13, REQUESTED, common, values(at))
                elif request == 45 and at - 4000 in points:
                    points[at - 4000] = bool(io.scs)
                    link.asdu(45, ACTCON, common, [io])
                    link.asdu(45, ACTTERM, common, [io])
                    link.asdu(1, SPONTANEOUS, common, [p for p in status() if p.information_object_address == at - 4000])
                elif request == 50 and at - 4000 in measured:
                    measured[at - 4000] = io.scaled_value
                    link.asdu(50, ACTCON, common, [io])
                else:
                    link.asdu(request, UNKNOWN_ADDRESS, common, [io], negative=1)

    door = socket.create_server((address, 2404))
    while True:
        threading.Thread(target=serve, args=(door.accept()[0],), daemon=True).start()


class control_station:
    def __init__(self, address, common):
        self.server, self.common, self.link = f"{address}:2404", common, None
        self.address = address

    def log(self, when, action, function, objects, values, outcome, unit=None):
        line = {"type": "operation", "time": round(when, 6), "host": os.environ.get("PLANT_HOST", "?"), "protocol": "iec104",
                "client": os.environ.get("PLANT_ADDRESS", "?"), "server": self.server, "unit": str(self.common) if unit is None else unit,
                "action": action, "function": function, "objects": objects, "values": values, "outcome": outcome}
        with open(os.environ.get("PLANT_LOG", "/dev/stdout"), "a") as out:
            out.write(json.dumps(line) + "\n")

    def connect(self):
        if self.link:
            return
        self.link = connection(socket.create_connection((self.address, 2404)))
        when = time.time()
        self.link.u_frame(startdt_act=1)
        started = self.link.next(2)
        self.log(when, "session", "U7", [], [], "ok" if started else "timeout", unit="")

    def drain(self, until=None, wait=0.0):
        """Takes what came in, acknowledges it, and tells what `until` first found in it."""
        found, deadline, heard = None, time.time() + wait, 0
        while found is None:
            message = self.link.next(max(0.0, deadline - time.time()) if until else 0.01)
            if not message:
                break
            if isinstance(message, layer.IEC104_I_Message_SingleIOA):
                heard += 1
                found = until(message) if until else None
        if heard:
            self.link.s_frame()
        return found

    def command(self, action, type_id, name, cause, io, values):
        """Sends an activation (or a read) and logs it with the answer's verdict."""
        self.connect()
        self.drain()
        at = io.information_object_address

        def verdict(message):
            same = message.type_id == type_id or (type_id == 102 and message.cot == REQUESTED)
            last = message.cot == ACTTERM if type_id == 100 else message.cot in (ACTCON, REQUESTED, UNKNOWN_ADDRESS)
            return ("refused" if message.ack else "ok") if same and last else None

        when = time.time()
        self.link.asdu(type_id, cause, self.common, [io])
        outcome = self.drain(verdict, 2) or "timeout"
        self.log(when, action, str(type_id), [{"space": name, "address": str(at)}], values, outcome)

    def run(self, word, *rest):
        if word == "sleep":
            time.sleep(float(rest[0]))
        elif word == "interrogate":
            self.command("read", 100, "C_IC_NA_1", ACT, layer.IEC104_IO_C_IC_NA_1_IOA(qoi=20), None)
        elif word == "read":
            self.command("read", 102, "C_RD_NA_1", REQUESTED, layer.IEC104_IO_C_RD_NA_1_IOA(information_object_address=int(rest[0])), None)
        elif word == "switch":
            io = layer.IEC104_IO_C_SC_NA_1_IOA(information_object_address=int(rest[0]), scs=int(rest[1]))
            self.command("control", 45, "C_SC_NA_1", ACT, io, [rest[1] == "1"])
        elif word == "setpoint":
            io = layer.IEC104_IO_C_SE_NC_1_IOA(information_object_address=int(rest[0]), scaled_value=float(rest[1]))
            self.command("control", 50, "C_SE_NC_1", ACT, io, [float(rest[1])])
        elif word == "stop":
            self.connect()
            self.drain()
            when = time.time()
            self.link.u_frame(stopdt_act=1)
            self.log(when, "session", "U19", [], [], "ok" if self.link.next(2) else "timeout", unit="")
        else:
            print("no such command:", word, file=sys.stderr)


if __name__ == "__main__":
    if sys.argv[1] == "outstation":
        outstation(sys.argv[2])
    station = control_station(sys.argv[2], int(sys.argv[3]))
    for line in sys.stdin:
        if line.split():
            station.run(*line.split())
