// Makes src/gen of the contracts in proto/: messages and service descriptors, by protoc and protoc-gen-es. What is made
// is not kept in git, so that it cannot differ from the contracts; it is made anew when they are others than last time.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

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
const digest = createHash('sha256').update(readFileSync(join(here, 'package-lock.json')));
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
  writeFileSync(stamp, made);
}
