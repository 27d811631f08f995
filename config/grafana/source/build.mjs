// Writes the dashboards as JSON: build.mjs DIRECTORY -> DIRECTORY/{zh,en}/{overview,operations,sensors}.json, the same bytes every time.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dashboard } from './parts.mjs';
import overview from './overview.mjs';
import operations from './operations.mjs';
import sensors from './sensors.mjs';

const out = process.argv[2];
if (!out) throw new Error('usage: node build.mjs DIRECTORY');
for (const lang of ['zh', 'en']) {
  mkdirSync(join(out, lang), { recursive: true });
  for (const about of [overview, operations, sensors])
    writeFileSync(join(out, lang, `${about.name}.json`), `${JSON.stringify(dashboard(about, lang), null, 2)}\n`);
}
