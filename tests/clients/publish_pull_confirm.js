#!/usr/bin/env node
// A client in Node.js that knows Duban by its .proto files alone. @grpc/grpc-js is a gRPC of its own: it shares no code
// with the servers', so what both understand is in the contracts. The walk is that of publish_pull_confirm.py.
//
//     publish_pull_confirm.js NODE_PROGRAM PROTO_FOLDER SCRATCH_FOLDER
//
// NODE_PATH has to lead to tools/npm/node_modules. Exits 0 if every claim held.
'use strict';

const assert = require('node:assert');
const childProcess = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');
const protobuf = require('protobufjs');

const GRPC_PROTOS = '/usr/share/grpc-proto';                    // Debian's package grpc-proto: health and reflection
const SLOWNESS = Number(process.env.DUBAN_TEST_SLOWNESS || 1);  // of programs with sanitizers
const PATIENCE_MS = 20000 * SLOWNESS;                           // for anything that happens by itself
const CALL_MS = 20000 * SLOWNESS;
const ISSUE_DAY = '2024-03-01';  // two Fridays, with a plain working week between them
const DUE_DAY = '2024-03-08';

const [program, protos, scratch] = process.argv.slice(2);

function expect(actual, wanted, claim) {
  assert.deepStrictEqual(actual, wanted, `NOT SO: ${claim}`);
  console.log(`ok: ${claim}`);
}

// Calls `attempt` until it returns something, for a bounded time.
async function eventually(claim, attempt) {
  const end = Date.now() + PATIENCE_MS;
  while (Date.now() < end) {
    const result = await attempt();
    if (result) return result;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`NOT SO within ${PATIENCE_MS} ms: ${claim}`);
}

const requestId = () => crypto.randomUUID();

const api = grpc.loadPackageDefinition(protoLoader.loadSync(
    [
      'duban/v1/assignment_service.proto', 'duban/v1/directory_service.proto', 'duban/v1/notification_service.proto',
      'duban/v1/plan_service.proto', 'grpc/health/v1/health.proto', 'grpc/reflection/v1alpha/reflection.proto'
    ],
    {includeDirs: [protos, GRPC_PROTOS], keepCase: true, enums: String, longs: String, defaults: true}));

const details = new protobuf.Root();
details.resolvePath = (_, target) => fs.existsSync(target) ? target : path.join(protos, target);
details.loadSync(['google/rpc/status.proto', 'google/rpc/error_details.proto']);

// A client whose methods return promises.
function client(Service, address) {
  const raw = new Service(address, grpc.credentials.createInsecure());
  const methods = {close: () => raw.close(), raw};
  for (const name of Object.keys(Service.service)) {
    methods[name] = (request) => new Promise((resolve, reject) => {
      raw[name](request, {deadline: Date.now() + CALL_MS}, (error, answer) => error ? reject(error) : resolve(answer));
    });
  }
  return methods;
}

// Returns {code, ErrorInfo, BadRequest, ...} of a call that has to fail.
async function errorOf(calling) {
  let error;
  try {
    await calling;
  } catch (caught) {
    error = caught;
  }
  assert(error && error.metadata, 'NOT SO: a wrong request is refused');
  const found = {code: grpc.status[error.code]};
  const [packed] = error.metadata.get('grpc-status-details-bin');
  for (const any of details.lookupType('google.rpc.Status').decode(packed).details) {
    const type = details.lookupType(any.type_url.split('/').pop());
    found[type.name] = type.toObject(type.decode(any.value));
  }
  return found;
}

// Starts a node on a pretended day and waits until it serves.
async function startNode(day) {
  const portFile = path.join(scratch, `port-${day}`);
  const log = fs.openSync(path.join(scratch, `log-${day}`), 'w');
  const child = childProcess.spawn(
      program,
      [
        '--node=district', `--data-dir=${path.join(scratch, 'data')}`, '--listen=127.0.0.1:0',
        `--port-file=${portFile}`, '--development', `--pretend-date=${day}`
      ],
      {stdio: ['ignore', log, log]});
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)));
  const killed = () => child.kill('SIGKILL');
  process.once('exit', killed);
  const port = await eventually('the node serves', () => {
    if (child.exitCode !== null) throw new Error(`the node ended with ${child.exitCode}; see ${scratch}/log-${day}`);
    if (!fs.existsSync(portFile)) return null;
    return /^(\d+)\n$/.exec(fs.readFileSync(portFile, 'utf8'))?.[1];
  });
  const stop = async () => {
    child.kill('SIGTERM');
    expect(await ended, 0, 'the node drains and ends with 0');
    process.off('exit', killed);
  };
  return {address: `127.0.0.1:${port}`, stop};
}

// Health and reflection, as tools use them.
async function checkInfrastructure(address) {
  const health = client(api.grpc.health.v1.Health, address);
  for (const service of ['', 'duban.v1.PlanService', 'duban.v1.AssignmentService', 'duban.v1.NotificationService']) {
    expect((await health.Check({service})).status, 'SERVING', `health of '${service}' is SERVING`);
  }
  health.close();
  const reflection = client(api.grpc.reflection.v1alpha.ServerReflection, address);
  const stream = reflection.raw.ServerReflectionInfo({deadline: Date.now() + CALL_MS});
  const answer = new Promise((resolve, reject) => stream.on('data', resolve).on('error', reject));
  stream.write({list_services: '*'});
  const names = (await answer).list_services_response.service.map((service) => service.name);
  stream.on('error', () => {});
  stream.end();
  expect(names.includes('duban.v1.PlanService'), true, 'reflection v1alpha lists PlanService');
  reflection.close();
}

// A district's government and one department under it.
async function makeDirectory(address) {
  const directory = client(api.duban.v1.DirectoryService, address);
  const error = await errorOf(directory.GetUnit({}));
  expect(error.code, 'INVALID_ARGUMENT', 'a request without a name is INVALID_ARGUMENT');
  expect([error.ErrorInfo.reason, error.ErrorInfo.domain], ['INVALID_FIELD', 'duban'], 'with its reason');
  expect(error.BadRequest.fieldViolations.map((violation) => violation.field), ['name'], 'and names the field');
  expect(error.LocalizedMessage.locale, 'zh-CN', 'and has a message for people');
  await directory.CreateUnit(
      {request_id: requestId(), unit_id: 'government', unit: {display_name: '区人民政府', kind: 'GOVERNMENT'}});
  const request = {
    request_id: requestId(),
    unit_id: 'education',
    unit: {
      display_name: '区教育局',
      aliases: ['教育局'],
      kind: 'DEPARTMENT',
      superiors: [{unit: 'units/government'}],
    },
  };
  const unit = await directory.CreateUnit(request);
  expect(await directory.CreateUnit(request), unit, 'the same request id gives the first answer again');
  const reused = await errorOf(directory.CreateUnit({...request, unit: {...request.unit, display_name: '区民政局'}}));
  expect(
      [reused.code, reused.ErrorInfo.reason], ['ALREADY_EXISTS', 'REQUEST_ID_REUSED'],
      'the same request id with another body is refused');
  directory.close();
}

function task(number, unit) {
  return {
    task_id: `body-${number}`,
    table: 'body',
    number,
    headings: ['一、校园开放'],
    text: `开放第${number}批学校操场`,
    printed_units: unit,
    responsibilities: [{printed: unit, unit, role: 'LEAD'}],
    deadline: {printed: '3月8日前', kind: 'BY_DATE', due: DUE_DAY},
  };
}

// From a draft through its findings to a published plan.
async function publishPlan(address) {
  const plans = client(api.duban.v1.PlanService, address);
  const name = 'plans/p2024';
  const draft = await plans.CreatePlan({
    request_id: requestId(),
    plan_id: 'p2024',
    plan: {title: '2024年校园开放工作要点', year: 2024, tasks: [task(1, '区教育局'), task(2, '区教育体育局')]},
  });
  const open = draft.findings.filter((finding) => finding.blocking);
  expect(
      open.map((finding) => [finding.code, finding.task]), [['UNKNOWN_UNIT', 'body-2']],
      'a unit that the directory does not know is a finding that blocks');
  const publishing = () => plans.PublishPlan({request_id: requestId(), name, issuer: 'units/government'});
  const early = await errorOf(publishing());
  expect(
      [early.code, early.ErrorInfo.reason], ['FAILED_PRECONDITION', 'FINDINGS_OPEN'],
      'a plan with open findings is not published');
  await plans.SettleFindings({
    request_id: requestId(),
    name,
    answers: [{finding_id: open[0].finding_id, settlement: 'ANSWERED', answer: '区教育局'}],
    settled_by: '林晓',
  });
  const plan = await publishing();
  expect([plan.state, plan.revision], ['PUBLISHED', 1], 'the settled plan is published as revision 1');
  expect(
      plan.tasks.map((one) => one.responsibilities[0].resolved), ['units/education', 'units/education'],
      'with its units resolved');
  plans.close();
}

// Both assignments reach the unit, which signs. Returns the signed one's name.
async function pullAndSign(address) {
  const assignments = client(api.duban.v1.AssignmentService, address);
  await eventually(
      'both assignments are issued', async () => (await assignments.ListAssignments({})).assignments.length === 2);
  const pulling = {request_id: requestId(), unit: 'units/education'};
  const lease = await assignments.PullAssignments(pulling);
  expect(
      lease.assignments.map((one) => [one.number, one.state]), [[1, 'ISSUED'], [2, 'ISSUED']],
      'the unit pulls both assignments');
  const again = await assignments.PullAssignments(pulling);
  expect(again.lease_token, lease.lease_token, 'the same request id gives the same lease');
  const signing = (token) => assignments.ReceiveAssignment(
      {request_id: requestId(), name: lease.assignments[0].name, lease_token: token, signer: '王敏'});
  const refused = await errorOf(signing('not-the-token'));
  expect(
      [refused.code, refused.ErrorInfo.reason], ['FAILED_PRECONDITION', 'LEASE_NOT_HELD'],
      'another token does not sign');
  const signed = await signing(lease.lease_token);
  expect([signed.state, signed.execution.receipt.signer], ['RECEIVED', '王敏'], 'the token signs');
  assignments.close();
  return signed.name;
}

// On the due day a reminder about the signed assignment goes out.
async function leaseAndConfirm(address, assignment) {
  const notifications = client(api.duban.v1.NotificationService, address);
  const [token, reminder] = await eventually('a reminder falls due', async () => {
    const lease = await notifications.LeaseReminders({request_id: requestId(), max_reminders: 500});
    const found = lease.reminders.find((one) => one.assignment === assignment);
    return found && [lease.lease_token, found];
  });
  expect([reminder.recipient, reminder.due], ['units/education', DUE_DAY], 'it is to the unit and about the due day');
  const confirming = () =>
      notifications.ConfirmReminder({request_id: requestId(), name: reminder.name, lease_token: token});
  expect((await confirming()).state, 'CONFIRMED', 'the job confirms it');
  const twice = await errorOf(confirming());
  expect(
      [twice.code, twice.ErrorInfo.reason], ['FAILED_PRECONDITION', 'WRONG_STATE'],
      'a confirmed reminder is not confirmed again');
  notifications.close();
}

async function main() {
  fs.rmSync(scratch, {recursive: true, force: true});
  fs.mkdirSync(scratch, {recursive: true});
  let node = await startNode(ISSUE_DAY);
  await checkInfrastructure(node.address);
  await makeDirectory(node.address);
  await publishPlan(node.address);
  const assignment = await pullAndSign(node.address);
  await node.stop();
  node = await startNode(DUE_DAY);
  await leaseAndConfirm(node.address, assignment);
  await node.stop();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
