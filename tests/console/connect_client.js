#!/usr/bin/env node
// A client in Node.js that knows the Connect protocol by @connectrpc/connect-node, and Duban by its .proto files alone.
//
//     connect_client.js NODE_PROGRAM PROTO_FOLDER SCRATCH_FOLDER
//
// It starts a node with a console, without TLS and callers, and calls it: JSON and binary, compressed, streams,
// cancelled, late, oversize, malformed; reads by GET; watches. NODE_PATH has to lead to tools/npm/node_modules. Exits 0
// if every claim held.
'use strict';

const assert = require('node:assert');
const childProcess = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const {createFileRegistry, fromBinary} = require('@bufbuild/protobuf');
const {FileDescriptorSetSchema} = require('@bufbuild/protobuf/wkt');
const {Code, ConnectError, createClient} = require('@connectrpc/connect');
const {compressionGzip, createConnectTransport} = require('@connectrpc/connect-node');

const GRPC_PROTOS = '/usr/share/grpc-proto';                    // Debian's package grpc-proto: the health protocol
const SLOWNESS = Number(process.env.DUBAN_TEST_SLOWNESS || 1);  // of programs with sanitizers
const PATIENCE_MS = 20000 * SLOWNESS;                           // for anything that happens by itself

const [program, protos, scratch] = process.argv.slice(2);

function expect(actual, wanted, claim) {
  assert.deepStrictEqual(actual, wanted, `NOT SO: ${claim}`);
  console.log(`ok: ${claim}`);
}

async function eventually(claim, attempt) {
  const end = Date.now() + PATIENCE_MS;
  while (Date.now() < end) {
    const result = await attempt();
    if (result) return result;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`NOT SO within ${PATIENCE_MS} ms: ${claim}`);
}

// The contracts, as protoc reads them.
function readContracts() {
  const image = path.join(scratch, 'image.binpb');
  childProcess.execFileSync('protoc', [
    `-I${protos}`, `-I${GRPC_PROTOS}`, '--include_imports', `--descriptor_set_out=${image}`,
    'duban/v1/directory_service.proto', 'duban/v1/plan_service.proto', 'duban/v1/feed_service.proto',
    'duban/v1/watch_service.proto', 'google/rpc/error_details.proto', 'grpc/health/v1/health.proto'
  ]);
  return createFileRegistry(fromBinary(FileDescriptorSetSchema, fs.readFileSync(image)));
}

async function startNode() {
  const log = path.join(scratch, 'log');
  const out = fs.openSync(log, 'w');
  const served = childProcess.spawn(
      program,
      [
        '--node=district', '--insecure', `--data-dir=${path.join(scratch, 'data')}`, '--listen=127.0.0.1:0',
        '--admin-listen=127.0.0.1:0', '--console-listen=127.0.0.1:0'
      ],
      {stdio: ['ignore', out, out]});
  const lines = () => fs.readFileSync(log, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
  const said = (event) => eventually(event, () => lines().find((line) => line.event === event));
  return {served, admin: (await said('server.serving')).admin_port, port: (await said('console.serving')).port};
}

// The error of a call that has to fail: its code as a word.
async function errorOf(calling) {
  try {
    await calling;
  } catch (error) {
    assert(error instanceof ConnectError, `NOT SO: an error of the protocol: ${error}`);
    return error;
  }
  throw new Error('NOT SO: the call is refused');
}

const requestId = () => crypto.randomUUID();

async function callUnary(registry, transport, how) {
  const directory = createClient(registry.getService('duban.v1.DirectoryService'), transport);
  const unitId = `unit-${how}`, displayName = `区教育局 ${how}`;
  const made = await directory.createUnit({requestId: requestId(), unitId, unit: {displayName, kind: 3}});
  expect([made.name, made.displayName], [`units/${unitId}`, displayName], `${how}: a unit is made`);
  expect((await directory.getUnit({name: made.name})).displayName, displayName, `${how}: and read`);
  const listed = await directory.listCalendars({});
  expect(listed.calendars.some((year) => year.days.length > 10), true, `${how}: a large answer is whole`);

  const missing = await errorOf(directory.getUnit({name: 'units/none'}));
  expect(Code[missing.code], 'NotFound', `${how}: what is not there is not found`);
  const [info] = missing.findDetails(registry.getMessage('google.rpc.ErrorInfo'));
  expect([info.reason, info.metadata.name], ['RESOURCE_NOT_FOUND', 'units/none'], `${how}: for a reason`);
  const [words] = missing.findDetails(registry.getMessage('google.rpc.LocalizedMessage'));
  expect(words.locale, 'zh-CN', `${how}: and in words for people`);
  const [bad] = (await errorOf(directory.getUnit({}))).findDetails(registry.getMessage('google.rpc.BadRequest'));
  expect(bad.fieldViolations[0].field, 'name', `${how}: what is wrong is named`);
}

async function callStreams(registry, transport, how, node) {
  const health = createClient(registry.getService('grpc.health.v1.Health'), transport);
  const underWay = async () => {
    const metrics = await (await fetch(`http://127.0.0.1:${node.admin}/metrics`)).text();
    return Number(/^duban_console_calls_under_way (\d+)$/m.exec(metrics)[1]);
  };
  const cancelling = new AbortController();
  const ended = errorOf((async () => {
    for await (const answer of health.watch({service: 'duban.v1.PlanService'}, {signal: cancelling.signal})) {
      expect(answer.status, 1, `${how}: a stream says what it has to say`);
      expect(await underWay(), 1, `${how}: and stays open`);
      cancelling.abort();
    }
  })());
  expect(Code[(await ended).code], 'Canceled', `${how}: until it is cancelled`);
  await eventually('the console has let it go', async () => await underWay() === 0);
  const late = await errorOf((async () => {
    for await (const _ of health.watch({service: ''}, {timeoutMs: 300})) continue;
  })());
  expect(Code[late.code], 'DeadlineExceeded', `${how}: or its time is over`);
  await eventually('the console has let that go, too', async () => await underWay() === 0);
}

// What only reads goes by GET where the client chooses to, and nothing else does.
async function callByGet(registry, base, useBinaryFormat) {
  const how = `GET of ${useBinaryFormat ? 'binary' : 'json'}`;
  const methods = [];
  const request = http.request;
  // The transport decides behind all that it lets others see.
  http.request = (url, options, ...rest) => {
    methods.push(options.method);
    return request(url, options, ...rest);
  };
  const transport = createConnectTransport({baseUrl: base, httpVersion: '1.1', useHttpGet: true, useBinaryFormat});
  const directory = createClient(registry.getService('duban.v1.DirectoryService'), transport);
  const unitId = `unit-get-${useBinaryFormat}`, displayName = `区统计局 ${unitId}`;
  const made = await directory.createUnit({requestId: requestId(), unitId, unit: {displayName, kind: 3}});
  expect((await directory.getUnit({name: made.name})).displayName, displayName, `${how}: a unit is read`);
  const missing = await errorOf(directory.getUnit({name: 'units/none'}));
  expect(Code[missing.code], 'NotFound', `${how}: an error is the same`);
  http.request = request;
  expect(methods, ['POST', 'GET', 'GET'], `${how}: and what changes something is sent`);
  const query = `connect=v1&encoding=json&message=${encodeURIComponent('{}')}`;
  const changing = await fetch(`${base}/duban.v1.DirectoryService/CreateUnit?${query}`);
  expect(changing.status, 405, `${how}: a change does not go by GET, whoever asks`);
}

// Changes show by themselves, and nothing between two calls is missed.
async function callWatch(registry, base) {
  const transport = createConnectTransport({baseUrl: base, httpVersion: '1.1'});
  const watcher = createClient(registry.getService('duban.v1.WatchService'), transport);
  const directory = createClient(registry.getService('duban.v1.DirectoryService'), transport);
  const make = (unitId) =>
      directory.createUnit({requestId: requestId(), unitId, unit: {displayName: `区档案馆 ${unitId}`, kind: 3}});
  // Watches from `positions` on until `name` is told, calling `begun` after the first answer; returns where it stood.
  const watchFor = async (positions, name, begun) => {
    const cancelling = new AbortController();
    let answers = 0, last = null;
    const ended = await errorOf((async () => {
      const options = {signal: cancelling.signal, timeoutMs: PATIENCE_MS};
      for await (const answer of watcher.watch({positions}, options)) {
        if (++answers === 1) await begun();
        if (answer.names.includes(name)) {
          last = answer.positions;
          cancelling.abort();
        }
      }
    })());
    expect(Code[ended.code], 'Canceled', `watching: ${name} is told`);
    return last;
  };
  const stood = await watchFor([], 'units/watched', () => make('watched'));
  await make('meanwhile');
  await watchFor(stood, 'units/meanwhile', async () => {});
}

// The console's own deadline, and not the client's: the header alone, of a call that waits.
async function callLate(base) {
  const fetchPage = async (position, headers) => {
    const response = await fetch(`${base}/duban.v1.FeedService/Fetch`, {
      method: 'POST',
      headers: {'content-type': 'application/json', 'connect-protocol-version': '1', ...headers},
      body: JSON.stringify({feed: 'plan', follower: 'below', downstream: true, position, wait: '15s'})
    });
    return [response.status, await response.json()];
  };
  const [, first] = await fetchPage({}, {});
  const [status, answer] = await fetchPage(first.page.to, {'connect-timeout-ms': '300'});
  expect([status, answer.code], [504, 'deadline_exceeded'], 'a call whose time is over is ended');
}

async function callWrong(registry, base) {
  const send = async (headers, body) => {
    const all = {'content-type': 'application/json', 'connect-protocol-version': '1', ...headers};
    const response = await fetch(`${base}/duban.v1.DirectoryService/GetUnit`, {method: 'POST', headers: all, body});
    const text = await response.text();
    return [response.status, JSON.parse(text).code];
  };
  expect(await send({}, '{'), [400, 'invalid_argument'], 'what is no JSON is refused');
  expect(await send({}, '{"nme": 1}'), [400, 'invalid_argument'], 'and what is no request');
  const binary = {'content-type': 'application/proto'};
  expect(await send(binary, '\x0a\xff'), [400, 'invalid_argument'], 'in binary, too');
  expect(await send({'content-type': 'text/plain'}, '{}'), [415, 'unimplemented'], 'other types are not spoken');
  expect(await send({'content-encoding': 'zstd'}, '{}'), [501, 'unimplemented'], 'another coding is not spoken');
  expect(await send({'content-encoding': 'gzip'}, '{}'), [400, 'invalid_argument'], 'what says gzip is gzip');
  expect(await send({'connect-timeout-ms': 'soon'}, '{}'), [400, 'invalid_argument'], 'a time is a number');
  expect(await send({'connect-protocol-version': '2'}, '{}'), [400, 'invalid_argument'], 'there is one version');
  expect(await send({origin: 'https://evil.example'}, '{}'), [403, 'permission_denied'], 'other pages do not call');
  expect(await send({}, 'a'.repeat(5 << 20)), [413, 'resource_exhausted'], 'a body that is too large is refused');
}

async function main() {
  fs.rmSync(scratch, {recursive: true, force: true});
  fs.mkdirSync(scratch, {recursive: true});
  const registry = readContracts();
  const node = await startNode();
  try {
    const base = `http://127.0.0.1:${node.port}`;
    for (const useBinaryFormat of [false, true]) {
      for (const gzip of [false, true]) {
        const how = `${useBinaryFormat ? 'binary' : 'json'}${gzip ? '-gzip' : ''}`;
        const transport = createConnectTransport({
          baseUrl: base,
          httpVersion: '1.1',
          useBinaryFormat,
          compressMinBytes: 1,
          acceptCompression: gzip ? [compressionGzip] : [],
          sendCompression: gzip ? compressionGzip : null
        });
        await callUnary(registry, transport, how);
        await callStreams(registry, transport, how, node);
        const directory = createClient(registry.getService('duban.v1.DirectoryService'), transport);
        const large = await errorOf(directory.getUnit({name: 'a'.repeat(5 << 20)}));
        expect(Code[large.code], 'ResourceExhausted', `${how}: too large a message is refused, compressed or not`);
      }
    }
    for (const useBinaryFormat of [false, true]) await callByGet(registry, base, useBinaryFormat);
    await callWatch(registry, base);
    await callLate(base);
    await callWrong(registry, base);
    const transport = createConnectTransport({baseUrl: base, httpVersion: '1.1'});
    const health = createClient(registry.getService('grpc.health.v1.Health'), transport);
    const end = errorOf((async () => {
      let told = false;
      for await (const _ of health.watch({service: ''})) {
        // Once: a second signal ends it at once, and it may say that it drains before it ends.
        if (!told) node.served.kill('SIGTERM');
        told = true;
      }
    })());
    expect(Code[(await end).code], 'Unavailable', 'a node that drains says so to whoever waits');
    await eventually('the node ends', () => node.served.exitCode !== null);
    expect(node.served.exitCode, 0, 'the node ends with 0');
  } finally {
    node.served.kill('SIGKILL');
  }
}

main().catch((error) => {
  console.error(error.message || error);
  process.exit(1);
});
