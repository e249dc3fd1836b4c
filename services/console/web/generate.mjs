// Makes src/gen of the contracts in proto/: messages and service descriptors, by protoc and protoc-gen-es; and the styles
// of the first pages, of the theme. What is made is not kept in git, so that it cannot differ from what it is made of; it
// is made anew when that is another than last time.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { firstStyles } from './firstStyles.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const protos = resolve(here, '../../../proto');
const out = join(here, 'src/gen');
const stamp = join(out, 'made-of');

const contracts = [
  ...readdirSync(join(protos, 'duban/v1'))
    .filter((name) => name.endsWith('.proto'))
    .sort()
    .map((name) => `duban/v1/${name}`),
  'google/rpc/error_details.proto',
  'google/rpc/status.proto',
];
const theme = readFileSync(join(here, 'src/app/theme.json'), 'utf8');
const digest = createHash('sha256').update(theme);
for (const name of ['package-lock.json', 'firstStyles.mjs']) digest.update(readFileSync(join(here, name)));
for (const contract of contracts) digest.update(contract).update(readFileSync(join(protos, contract)));
const made = digest.digest('hex');

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== made) {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const plugin = join(here, 'node_modules/.bin/protoc-gen-es');
  execFileSync(
    'protoc',
    [`--plugin=protoc-gen-es=${plugin}`, `--proto_path=${protos}`, `--es_out=${out}`, '--es_opt=target=ts', ...contracts],
    { stdio: 'inherit' },
  );
  writeFileSync(join(out, 'first.css'), firstStyles(JSON.parse(theme)));
  writeFileSync(stamp, made);
}
