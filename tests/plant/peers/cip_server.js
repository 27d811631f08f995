// A small EtherNet/IP adapter in the manner of a Logix controller, since no package has a server side: encapsulation after CIP Vol. 2,
// chapter 2 (RegisterSession, ListIdentity, SendRRData, SendUnitData), and of CIP the identity object, Forward Open and Close,
// Unconnected Send, Read Tag (0x4C) and Write Tag (0x4D). Everything else is refused with status 8.
//
//   cip_server.js ADDRESS
'use strict';
const net = require('net');
const dgram = require('dgram');

const types = {
  BOOL: [0xc1, 1, 'readUInt8', 'writeUInt8'], SINT: [0xc2, 1, 'readInt8', 'writeInt8'], INT: [0xc3, 2, 'readInt16LE', 'writeInt16LE'],
  DINT: [0xc4, 4, 'readInt32LE', 'writeInt32LE'], REAL: [0xca, 4, 'readFloatLE', 'writeFloatLE'],
};
const tags = {
  Line_Speed: { type: 'REAL', values: [12.5] }, Motor_Run: { type: 'BOOL', values: [1] }, Batch_Count: { type: 'DINT', values: [1000] },
  Recipe: { type: 'INT', values: [10, 20, 30, 40, 50, 60, 70, 80] }, Temperature: { type: 'REAL', values: [71.25] },
};
const okay = 0, pathUnknown = 5, notSupported = 8, notEnoughData = 0x13;

const name = '1756-L71/B LOGIX5571';
function identity() {
  const out = Buffer.alloc(15 + name.length);
  out.writeUInt16LE(1, 0); // Rockwell Automation
  out.writeUInt16LE(14, 2); // programmable logic controller
  out.writeUInt16LE(93, 4);
  out.writeUInt8(20, 6);
  out.writeUInt8(11, 7);
  out.writeUInt16LE(0x3060, 8); // run, key in remote
  out.writeUInt32LE(0x00c0ffee, 10);
  out.writeUInt8(name.length, 14);
  out.write(name, 15, 'latin1');
  return out;
}

// The segments of a padded path that this server knows.
function parsePath(path) {
  const out = { tag: '', index: 0 };
  for (let at = 0; at < path.length;) {
    const segment = path[at];
    if (segment === 0x91) {
      const length = path[at + 1];
      out.tag += (out.tag && '.') + path.toString('latin1', at + 2, at + 2 + length);
      at += 2 + length + (length & 1);
    } else if (segment === 0x20) { out.class = path[at + 1]; at += 2; }
    else if (segment === 0x24) { out.instance = path[at + 1]; at += 2; }
    else if (segment === 0x28) { out.index = path[at + 1]; at += 2; }
    else if (segment === 0x29) { out.index = path.readUInt16LE(at + 2); at += 4; }
    else return out;
  }
  return out;
}

const reply = (service, status, data = Buffer.alloc(0)) => Buffer.concat([Buffer.from([service | 0x80, 0, status, 0]), data]);

function tagService(service, path, data) {
  const tag = tags[path.tag];
  if (!tag) return reply(service, pathUnknown);
  const [code, size, read, write] = types[tag.type];
  if (service === 0x4c) {
    const count = data.readUInt16LE(0);
    if (path.index + count > tag.values.length) return reply(service, pathUnknown);
    const out = Buffer.alloc(2 + count * size);
    out.writeUInt16LE(code, 0);
    for (let i = 0; i < count; i++) out[write](tag.values[path.index + i], 2 + i * size);
    return reply(service, okay, out);
  }
  const count = data.readUInt16LE(2);
  if (path.index + count > tag.values.length || data.length < 4 + count * size) return reply(service, notEnoughData);
  for (let i = 0; i < count; i++) tag.values[path.index + i] = data[read](4 + i * size);
  return reply(service, okay);
}

function route(message, connections) {
  const service = message[0];
  const size = message[1] * 2;
  const path = parsePath(message.subarray(2, 2 + size));
  const data = message.subarray(2 + size);
  if (path.class === 6 && service === 0x52) return route(data.subarray(4, 4 + data.readUInt16LE(2)), connections);
  if (path.class === 6 && service === 0x54) {
    const opened = { ours: 0x20000000 + connections.length + 1, theirs: data.readUInt32LE(6) };
    connections.push(opened);
    const out = Buffer.alloc(26);
    out.writeUInt32LE(opened.ours, 0);
    out.writeUInt32LE(opened.theirs, 4);
    data.copy(out, 8, 10, 18); // serial number, vendor and serial number of the originator
    out.writeUInt32LE(data.readUInt32LE(22), 16); // the packet intervals asked for are the ones granted
    out.writeUInt32LE(data.readUInt32LE(28), 20);
    return reply(service, okay, out);
  }
  if (path.class === 6 && service === 0x4e) return reply(service, okay, Buffer.concat([data.subarray(2, 10), Buffer.from([0, 0])]));
  if (path.class === 1 && service === 0x01) return reply(service, okay, identity());
  if (path.tag && (service === 0x4c || service === 0x4d)) return tagService(service, path, data);
  return reply(service, notSupported);
}

function listIdentity() {
  const about = identity();
  const item = Buffer.alloc(24);
  item.writeUInt16LE(1, 0); // items
  item.writeUInt16LE(0x0c, 2);
  item.writeUInt16LE(2 + 16 + about.length + 1, 4);
  item.writeUInt16LE(1, 6); // protocol version
  item.writeUInt16BE(2, 8); // socket address: family, port, address
  item.writeUInt16BE(44818, 10);
  Buffer.from(process.argv[2].split('.').map(Number)).copy(item, 12);
  return Buffer.concat([item, about, Buffer.from([3])]);
}

function encapsulated(request, session, data) {
  const out = Buffer.from(request.subarray(0, 24));
  out.writeUInt16LE(data.length, 2);
  out.writeUInt32LE(session, 4);
  out.writeUInt32LE(0, 8);
  return Buffer.concat([out, data]);
}

function itemsOf(data) { // of the common packet format
  const out = [];
  for (let at = 8, left = data.readUInt16LE(6); left-- > 0;) {
    const size = data.readUInt16LE(at + 2);
    out.push(data.subarray(at + 4, at + 4 + size));
    at += 4 + size;
  }
  return out;
}

function packet(addressType, address, dataType, data) {
  const head = Buffer.alloc(12);
  head.writeUInt16LE(2, 6);
  head.writeUInt16LE(addressType, 8);
  head.writeUInt16LE(address.length, 10);
  const item = Buffer.alloc(4);
  item.writeUInt16LE(dataType, 0);
  item.writeUInt16LE(data.length, 2);
  return Buffer.concat([head, address, item, data]);
}

let sessions = 0;
function answer(request, state) {
  const data = request.subarray(24);
  switch (request.readUInt16LE(0)) {
    case 0x63: return encapsulated(request, 0, listIdentity());
    case 0x65: return encapsulated(request, state.session = 0x1000 + ++sessions, data);
    case 0x6f: return encapsulated(request, state.session, packet(0, Buffer.alloc(0), 0xb2, route(itemsOf(data)[1], state.connections)));
    case 0x70: {
      const [address, content] = itemsOf(data);
      const connection = state.connections.find((one) => one.ours === address.readUInt32LE(0));
      if (!connection) return null;
      const back = Buffer.alloc(4);
      back.writeUInt32LE(connection.theirs, 0);
      const body = Buffer.concat([content.subarray(0, 2), route(content.subarray(2), state.connections)]);
      return encapsulated(request, state.session, packet(0xa1, back, 0xb1, body));
    }
    default: return null;
  }
}

net.createServer((socket) => {
  const state = { session: 0, connections: [] };
  let pending = Buffer.alloc(0);
  socket.setNoDelay(true).on('error', () => {}).on('data', (more) => {
    pending = Buffer.concat([pending, more]);
    while (pending.length >= 24 && pending.length >= 24 + pending.readUInt16LE(2)) {
      const size = 24 + pending.readUInt16LE(2);
      const out = answer(pending.subarray(0, size), state);
      if (out) socket.write(out);
      pending = pending.subarray(size);
    }
  });
}).listen(44818, process.argv[2]);
const udp = dgram.createSocket('udp4');
udp.on('message', (request, from) => {
  if (request.length >= 24 && request.readUInt16LE(0) === 0x63) udp.send(encapsulated(request, 0, listIdentity()), from.port, from.address);
}).bind(44818, process.argv[2]);
setInterval(() => { tags.Batch_Count.values[0]++; }, 2000);
