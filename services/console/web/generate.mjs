// Makes src/gen of the contracts in proto/: messages and service descriptors, by protoc and protoc-gen-es. What is made
// is not kept in git, so that it cannot differ from the contracts.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const protos = resolve(here, '../../../proto');
const out = join(here, 'src/gen');

const contracts = readdirSync(join(protos, 'duban/v1'))
  .filter((name) => name.endsWith('.proto'))
  .map((name) => `duban/v1/${name}`);
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
execFileSync(
  'protoc',
  [
    `--plugin=protoc-gen-es=${join(here, 'node_modules/.bin/protoc-gen-es')}`,
    `--proto_path=${protos}`,
    `--es_out=${out}`,
    '--es_opt=target=ts',
    ...contracts,
    'google/rpc/status.proto',
    'google/rpc/error_details.proto',
  ],
  { stdio: 'inherit' },
);
