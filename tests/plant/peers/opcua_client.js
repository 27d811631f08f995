// An OPC UA client on node-opcua: reads commands from standard input, one a line, and logs what it asked and was told.
//
//   opcua_client.js ADDRESS
//     read NODE...      write NODE TYPE VALUE      browse NODE      call OBJECT METHOD      sleep SECONDS
'use strict';
const fs = require('fs');
const os = require('os');
const path = require('path');
const { OPCUACertificateManager } = require('node-opcua-certificate-manager');
const { OPCUAClient, AttributeIds, DataType, MessageSecurityMode, SecurityPolicy } = require('node-opcua-client');
const { now, logOperation, commands } = require('./oplog.js');

const [address] = process.argv.slice(2);
const server = `${address}:4840`;
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'mwplant-opcua-'));
let client = null;
let session = null;

async function connect() {
  if (session) return;
  await client.connect(`opc.tcp://${server}`);
  const time = now();
  session = await client.createSession();
  logOperation(time, { protocol: 'opcua', server, unit: '', action: 'session', function: '461', objects: null, values: null,
    outcome: 'ok' });
}

async function prepare() { // making a certificate takes a while, so before the first command
  const clientCertificateManager = new OPCUACertificateManager({ rootFolder: home });
  await clientCertificateManager.initialize();
  client = OPCUAClient.create({
    endpointMustExist: false, securityMode: MessageSecurityMode.None, securityPolicy: SecurityPolicy.None, clientCertificateManager,
    keepSessionAlive: false,
    connectionStrategy: { maxRetry: 1 }, applicationName: `Client of ${process.env.PLANT_HOST}`,
  });
  await client.createDefaultCertificate();
}

async function operation(what, call) {
  await connect();
  const time = now();
  const result = await call();
  logOperation(time, { protocol: 'opcua', server, unit: '', ...what, ...result, outcome: 'ok' });
}

const value = (type, text) => (type === 'Boolean' ? text === 'true' : type === 'String' ? text : Number(text));
const object = (nodeId) => ({ space: '13', address: nodeId });
const results = (codes) => (codes.some((one) => one.value) ? { statuses: codes.map((one) => String(one.value)) } : {});

prepare().then(() => commands({
  read: (...nodes) => operation({ action: 'read', function: '631', objects: nodes.map(object) }, async () => {
    const got = await session.read(nodes.map((nodeId) => ({ nodeId, attributeId: AttributeIds.Value })));
    return { values: got.map((one) => (one.statusCode.value ? null : one.value.value)), ...results(got.map((one) => one.statusCode)) };
  }),
  write: (nodeId, type, text) => operation({ action: 'write', function: '673', objects: [object(nodeId)] }, async () => {
    const code = await session.write({ nodeId, attributeId: AttributeIds.Value,
      value: { value: { dataType: DataType[type], value: value(type, text) } } });
    return { values: [value(type, text)], ...results([code]) };
  }),
  browse: (nodeId) => operation({ action: 'identify', function: '527', objects: null, values: null }, async () => {
    await session.browse(nodeId);
    return {};
  }),
  call: (objectId, methodId) => operation({ action: 'control', function: '712', objects: null, values: null }, async () => {
    await session.call({ objectId, methodId, inputArguments: [] });
    return {};
  }),
})).then(async () => {
  if (session) await session.close();
  if (client) await client.disconnect();
  fs.rmSync(home, { recursive: true, force: true });
  process.exit(0);
});
