// An EtherNet/IP client on st-ethernet-ip: reads commands from standard input, one a line, and logs what it asked and was told.
//
//   cip_client.js ADDRESS SLOT connected|unconnected
//     read TAG COUNT      write TAG TYPE VALUE      identify      list_identity      get CLASS INSTANCE ATTRIBUTE      sleep SECONDS
'use strict';
const dgram = require('dgram');
const { Controller, Tag } = require('st-ethernet-ip');
const { now, logOperation, commands } = require('./oplog.js');

const [address, slot, mode] = process.argv.slice(2);
const server = `${address}:44818`;
const codes = { BOOL: 0xc1, SINT: 0xc2, INT: 0xc3, DINT: 0xc4, REAL: 0xca };
let plc = null;

async function connection() {
  if (plc) return plc;
  plc = new Controller(mode === 'connected');
  const began = {};
  plc.once('connect', () => { began.session = now(); }); // the library registers its session as soon as TCP stands
  const open = plc.forwardOpen.bind(plc);
  plc.forwardOpen = () => { began.connection = now(); return open(); };
  await plc.connect(address, Number(slot), false);
  const opened = { server, unit: '', action: 'session', values: null, outcome: 'ok' };
  logOperation(began.session, { protocol: 'enip', ...opened, function: '101', objects: null });
  if (mode === 'connected') {
    logOperation(began.connection, { protocol: 'cip', ...opened, function: '84', objects: [{ space: 'class/6', address: '1' }] });
  }
  return plc;
}

async function operation(what, call, valuesOf) {
  const controller = await connection();
  const time = now();
  const line = { protocol: 'cip', server, unit: `1/${slot}`, ...what };
  try {
    const result = await call(controller);
    logOperation(time, { ...line, values: valuesOf(result), outcome: 'ok' });
  } catch (fault) {
    const code = fault.generalStatusCode;
    logOperation(time, { ...line, values: what.action === 'write' ? valuesOf() : [], outcome: code === undefined ? 'timeout' : 'refused',
      ...(code !== undefined && { code: String(code) }) });
  }
}

const listed = (value) => (Array.isArray(value) ? value : [value]).map((one) => (typeof one === 'bigint' ? Number(one) : one));

commands({
  read(name, count = '1') {
    const tag = new Tag(name, null, null, 0, 0, Number(count));
    return operation({ action: 'read', function: '76', objects: [{ space: 'tag', address: name, count: Number(count) }] },
      (controller) => controller.readTag(tag, Number(count)), () => listed(tag.value));
  },
  write(name, type, value) {
    const tag = new Tag(name, null, codes[type]);
    const sent = type === 'BOOL' ? value === 'true' : Number(value);
    tag.value = sent;
    return operation({ action: 'write', function: '77', objects: [{ space: 'tag', address: name, count: 1 }] },
      (controller) => controller.writeTag(tag), () => [sent]);
  },
  identify: () => operation({ action: 'identify', function: '1', objects: [{ space: 'class/1', address: '1' }] },
    (controller) => controller.readControllerProps(), () => null),
  get: (cls, instance, attribute) => operation(
    { unit: mode === 'connected' ? `1/${slot}` : '', action: 'read', function: '14',
      objects: [{ space: `class/${cls}`, address: `${instance}/${attribute}` }] },
    (controller) => controller.getAttributeSingle(Number(cls), Number(instance), Number(attribute)), () => null),
  async list_identity() { // a datagram of 24 bytes; the library has no call for it
    const request = Buffer.alloc(24);
    request.writeUInt16LE(0x63, 0);
    const socket = dgram.createSocket('udp4');
    const time = now();
    const heard = await new Promise((done) => {
      socket.on('message', () => done(true)).send(request, 44818, address);
      setTimeout(done, 500, false);
    });
    socket.close();
    logOperation(time, { protocol: 'enip', server, unit: '', action: 'identify', function: '99', objects: null, values: null,
      outcome: heard ? 'ok' : 'timeout' });
  },
}).then(() => process.exit(0));
