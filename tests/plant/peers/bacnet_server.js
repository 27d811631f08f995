// A BACnet/IP device on node-bacnet: device 260001 with two analog values and a binary output.
//
//   bacnet_server.js ADDRESS BROADCAST
'use strict';
const Bacnet = require('node-bacnet');

const [address, broadcastAddress] = process.argv.slice(2);
const device = 260001;
const { ObjectType: kind, PropertyIdentifier: property, ApplicationTag: tag, ErrorClass, ErrorCode, Segmentation } = Bacnet.enum;
const text = (value) => [{ type: tag.CHARACTER_STRING, value }];
const store = {
  [`${kind.DEVICE}:${device}`]: {
    [property.OBJECT_NAME]: text('AHU-1'), [property.VENDOR_NAME]: text('Reliable Controls'), [property.MODEL_NAME]: text('MACH-ProZone'),
    [property.FIRMWARE_REVISION]: text('8.10.2'), [property.DESCRIPTION]: text('air handling unit 1'),
  },
  [`${kind.ANALOG_VALUE}:1`]: { [property.PRESENT_VALUE]: [{ type: tag.REAL, value: 21.5 }], [property.OBJECT_NAME]: text('Setpoint') },
  [`${kind.ANALOG_VALUE}:2`]: { [property.PRESENT_VALUE]: [{ type: tag.REAL, value: 19.75 }], [property.OBJECT_NAME]: text('Supply') },
  [`${kind.BINARY_OUTPUT}:1`]: { [property.PRESENT_VALUE]: [{ type: tag.ENUMERATED, value: 1 }], [property.OBJECT_NAME]: text('Fan') },
};

const server = new Bacnet({ port: 47808, interface: '0.0.0.0', broadcastAddress, apduTimeout: 2000 });
const find = (object, id) => (store[`${object.type}:${object.instance}`] || {})[id];

server.on('whoIs', ({ header, payload }) => {
  if (payload && payload.lowLimit !== undefined && (device < payload.lowLimit || device > payload.highLimit)) return;
  server.iAmResponse({ address: header.sender.address }, device, Segmentation.NO_SEGMENTATION, 35);
});
server.on('readProperty', ({ header, invokeId, service, payload }) => {
  const value = find(payload.objectId, payload.property.id);
  if (value) server.readPropertyResponse(header.sender, invokeId, payload.objectId, payload.property, value);
  else server.errorResponse(header.sender, service, invokeId, ErrorClass.PROPERTY, ErrorCode.UNKNOWN_PROPERTY);
});
server.on('writeProperty', ({ header, invokeId, service, payload }) => {
  const { value } = payload;
  const value0 = find(payload.objectId, value.property.id);
  if (!value0) return server.errorResponse(header.sender, service, invokeId, ErrorClass.PROPERTY, ErrorCode.UNKNOWN_PROPERTY);
  value0[0].value = value.value[0].value;
  server.simpleAckResponse(header.sender, service, invokeId);
});
server.on('reinitializeDevice', ({ header, invokeId, service }) => server.simpleAckResponse(header.sender, service, invokeId));
server.on('error', (fault) => console.error('bacnet_server', address, fault.message));
