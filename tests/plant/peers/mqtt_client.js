// An MQTT client on mqtt.js: reads commands from standard input, one a line, and logs what it sent.
//
//   mqtt_client.js ADDRESS CLIENT_ID
//     publish TOPIC PAYLOAD      subscribe TOPIC      sleep SECONDS
'use strict';
const mqtt = require('mqtt');
const { now, logOperation, commands } = require('./oplog.js');

const [address, clientId] = process.argv.slice(2);
const server = `${address}:1883`;
let client = null;

const log = (time, action, code, objects, values, outcome, more = {}) =>
  logOperation(time, { protocol: 'mqtt', server, unit: clientId, action, function: code, objects, values, outcome, ...more });

async function connect() {
  if (client) return;
  const time = now();
  client = await mqtt.connectAsync(`mqtt://${server}`, { clientId, keepalive: 30, reconnectPeriod: 0 });
  log(time, 'session', '1', null, null, 'ok', { tolerance: 0.5 });  // time: when the library began to connect
}

commands({
  async publish(topic, ...payload) {
    await connect();
    const time = now();
    await client.publishAsync(topic, payload.join(' '), { qos: 1 });
    log(time, 'report', '3', [{ space: 'topic', address: topic }], [payload.join(' ')], null);
  },
  async subscribe(topic) {
    await connect();
    const time = now();
    await client.subscribeAsync(topic, { qos: 0 });
    log(time, 'subscribe', '8', [{ space: 'topic', address: topic }], null, null);
  },
}).then(async () => {
  if (client) await client.endAsync();
  process.exit(0);
});
