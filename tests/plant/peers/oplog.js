// What a client of the plant writes down about each request that it sends: one JSON line, in the form in which the sensor writes
// operations, made from the arguments and the result of the library call, never from a recording.
'use strict';
const fs = require('fs');
const readline = require('readline');

const now = () => (performance.timeOrigin + performance.now()) / 1000;

function logOperation(time, operation) {
  const { PLANT_LOG = '/dev/stdout', PLANT_HOST: host = '?', PLANT_ADDRESS: client = '?' } = process.env;
  const line = { type: 'operation', time: Math.round(time * 1e6) / 1e6, host, client, ...operation };
  fs.appendFileSync(PLANT_LOG, JSON.stringify(line) + '\n');
}

// Runs one handler per line of standard input, one after the other; `handlers[word](...words)` does it.
async function commands(handlers) {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [word, ...rest] = line.trim().split(/\s+/);
    if (!word) continue;
    if (word === 'sleep') await new Promise((done) => setTimeout(done, 1000 * Number(rest[0])));
    else if (!handlers[word]) console.error(`no such command: ${word}`);
    else await Promise.resolve(handlers[word](...rest)).catch((fault) => console.error(`${line}: ${fault.message || fault}`));
  }
}

module.exports = { now, logOperation, commands };
