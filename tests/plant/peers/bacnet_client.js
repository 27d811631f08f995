// A BACnet/IP client on node-bacnet: reads commands from standard input, one a line, and logs what it asked and was told.
//
//   bacnet_client.js ADDRESS DEVICE BROADCAST
//     who_is      read TYPE INSTANCE PROPERTY      write_real TYPE INSTANCE PROPERTY VALUE PRIORITY      restart      sleep SECONDS
'use strict';
const Bacnet = require('node-bacnet');
const { now, logOperation, commands } = require('./oplog.js');

const [address, device, broadcastAddress] = process.argv.slice(2);
const client = new Bacnet({ port: 47808, interface: '0.0.0.0', broadcastAddress, apduTimeout: 1000 });
client.on('error', (fault) => console.error('bacnet_client', fault.message));

function operation(what, start) {
  return new Promise((done) => {
    const time = now();
    start((fault, answer) => {
      const outcome = !fault ? 'ok' : /TIMEOUT/.test(fault.message) ? 'timeout' : 'refused';
      logOperation(time, { protocol: 'bacnet', server: `${address}:47808`, unit: null, ...what,
        values: what.values !== undefined ? what.values : answer ? answer.values.map((one) => one.value) : [], outcome });
      done();
    });
  });
}

const object = (type, instance, property) => [{ space: type, address: instance, property: Number(property) }];

client.on('listening', () => commands({
  who_is() {
    const time = now();
    client.whoIs();
    logOperation(time, { protocol: 'bacnet', server: `${broadcastAddress}:47808`, unit: null, action: 'identify', function: 'unconfirmed/8',
      objects: null, values: null, outcome: 'none' });
    return new Promise((done) => setTimeout(done, 300));
  },
  read: (type, instance, property) => operation({ action: 'read', function: 'confirmed/12', objects: object(type, instance, property) },
    (next) => client.readProperty({ address }, { type: Number(type), instance: Number(instance) }, Number(property), next)),
  write_real: (type, instance, property, value, priority) => operation(
    { action: 'write', function: 'confirmed/15', objects: object(type, instance, property), values: [Number(value)] },
    (next) => client.writeProperty({ address }, { type: Number(type), instance: Number(instance) }, Number(property),
      [{ type: Bacnet.enum.ApplicationTag.REAL, value: Number(value) }], { priority: Number(priority) }, next)),
  restart: () => operation({ action: 'restart', function: 'confirmed/20', objects: null, values: null },
    (next) => client.reinitializeDevice({ address }, Bacnet.enum.ReinitializedState.WARMSTART, {}, next)),
}).then(() => { client.close(); process.exit(0); }));
