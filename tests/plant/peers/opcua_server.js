// An OPC UA server on node-opcua without security (policy None), with three variables that can be written and a method.
//
//   opcua_server.js ADDRESS
'use strict';
const fs = require('fs');
const os = require('os');
const path = require('path');
const { OPCUACertificateManager } = require('node-opcua-certificate-manager');
const { OPCUAServer } = require('node-opcua-server');
const { DataType, MessageSecurityMode, SecurityPolicy, StatusCodes } = require('node-opcua-client');

(async () => {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'mwplant-opcua-'));
  const server = new OPCUAServer({
    port: 4840, hostname: process.argv[2], alternateHostname: [process.argv[2]], host: process.argv[2],
    serverCertificateManager: new OPCUACertificateManager({ rootFolder: home, automaticallyAcceptUnknownCertificate: true }),
    userCertificateManager: new OPCUACertificateManager({ rootFolder: path.join(home, 'users') }),
    securityModes: [MessageSecurityMode.None], securityPolicies: [SecurityPolicy.None], allowAnonymous: true,
    buildInfo: { manufacturerName: 'Beckhoff Automation', productName: 'CX5140', softwareVersion: '4.3.1', buildNumber: '17' },
    serverInfo: { applicationUri: 'urn:mixer:CX5140', productUri: 'urn:plant:mixer', applicationName: { text: 'Mixer' } },
  });
  await server.initialize();
  const space = server.engine.addressSpace;
  const own = space.getOwnNamespace();
  const mixer = own.addObject({ organizedBy: space.rootFolder.objects, browseName: 'Mixer', nodeId: 's=Mixer' });
  const variable = (name, dataType, value) => own.addVariable({ componentOf: mixer, browseName: name, nodeId: `s=Mixer.${name}`, dataType,
    value: { dataType: DataType[dataType], value } });
  variable('Temperature', 'Double', 71.5);
  variable('Speed', 'Int32', 1450);
  variable('Running', 'Boolean', true);
  const method = own.addMethod(mixer, { nodeId: 's=Mixer.Reset', browseName: 'Reset', inputArguments: [], outputArguments: [] });
  method.bindMethod((inputs, context, done) => done(null, { statusCode: StatusCodes.Good, outputArguments: [] }));
  await server.start();
  process.on('SIGTERM', () => { fs.rmSync(home, { recursive: true, force: true }); process.exit(0); });
})();
