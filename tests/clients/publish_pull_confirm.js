#!/usr/bin/env node
// A client in Node.js that knows Duban by its .proto files alone. @grpc/grpc-js is a gRPC of its own: it shares no code
// with the servers', so what both understand is in the contracts. The walk is that of publish_pull_confirm.py.
//
//     publish_pull_confirm.js DUBAN_PROGRAM NODE_PROGRAM PROTO_FOLDER SCRATCH_FOLDER
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

const DOMAIN = 'duban.example';

const [duban, program, protos, scratch] = process.argv.slice(2);

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
      'duban/v1/access_service.proto', 'duban/v1/assignment_service.proto', 'duban/v1/directory_service.proto',
      'duban/v1/notification_service.proto', 'duban/v1/plan_service.proto', 'grpc/health/v1/health.proto',
      'grpc/reflection/v1alpha/reflection.proto'
    ],
    {includeDirs: [protos, GRPC_PROTOS], keepCase: true, enums: String, longs: String, defaults: true}));

const details = new protobuf.Root();
details.resolvePath = (_, target) => fs.existsSync(target) ? target : path.join(protos, target);
details.loadSync(['google/rpc/status.proto', 'google/rpc/error_details.proto']);

// An office made from nothing; the first officer's password for one time.
function makeOffice() {
  const made = childProcess.execFileSync(duban, [
    'node', 'init', path.join(scratch, 'office'), '--node=district', `--domain=${DOMAIN}`, '--officer=an',
    '--format=json'
  ]);
  return JSON.parse(made).one_time_password;
}

// Certificates for the domain: the folder of a name, issued when it is first asked for.
function keysOf(name) {
  const office = path.join(scratch, 'office');
  if (name === 'node/district') return path.join(office, 'keys');
  const folder = path.join(scratch, name.replaceAll('/', '-'));
  if (!fs.existsSync(folder)) {
    const issue = ['keys', 'issue', name, `--authority=${path.join(office, 'authority')}`, `--out=${folder}`];
    childProcess.execFileSync(duban, issue, {stdio: 'ignore'});
  }
  return folder;
}

// A client whose methods return promises. It calls as the node itself, or with `/unit/education` as somebody at it, and
// with `tokens` as the person to whom they were given.
function client(Service, address, part = '', tokens = null) {
  const [root, key, chain] = ['ca.pem', 'key.pem', 'certificate.pem'].map(
      (file) => fs.readFileSync(path.join(keysOf(`node/district${part}`), 'current', file)));
  // The certificate has the name of the node, not of the machine that it runs on.
  const raw = new Service(
      address, grpc.credentials.createSsl(root, key, chain), {'grpc.ssl_target_name_override': `district.${DOMAIN}`});
  const methods = {close: () => raw.close(), raw};
  for (const name of Object.keys(Service.service)) {
    methods[name] = (request) => new Promise((resolve, reject) => {
      const metadata = new grpc.Metadata();
      if (tokens !== null) metadata.set('authorization', `Bearer ${tokens.access_token}`);
      raw[name](
          request, metadata, {deadline: Date.now() + CALL_MS},
          (error, answer) => error ? reject(error) : resolve(answer));
    });
  }
  return methods;
}

// Returns {code, ErrorInfo, BadRequest, ...} of a google.rpc.Status.
function detailsOf(status) {
  const found = {code: grpc.status[status.code]};
  for (const any of status.details) {
    const type = details.lookupType(any.type_url.split('/').pop());
    found[type.name] = type.toObject(type.decode(any.value));
  }
  return found;
}

// The same of a call that has to fail.
async function errorOf(calling) {
  let error;
  try {
    await calling;
  } catch (caught) {
    error = caught;
  }
  assert(error && error.metadata, 'NOT SO: a wrong request is refused');
  const [packed] = error.metadata.get('grpc-status-details-bin');
  return detailsOf(details.lookupType('google.rpc.Status').decode(packed));
}

// Starts a node on a pretended day and waits until it serves.
async function startNode(day) {
  const portFile = path.join(scratch, `port-${day}`);
  const log = fs.openSync(path.join(scratch, `log-${day}`), 'w');
  const child = childProcess.spawn(
      program,
      [
        '--node=district', `--data-dir=${path.join(scratch, 'data')}`, '--listen=127.0.0.1:0',
        `--keys=${keysOf('node/district')}`, `--port-file=${portFile}`, '--development', `--pretend-date=${day}`
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
  const plans = client(api.duban.v1.PlanService, address, '/unit/government');
  const name = 'plans/p2024';
  const draft = await plans.CreatePlan({
    request_id: requestId(),
    plan_id: 'p2024',
    unit: 'units/government',
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

// Both assignments reach the unit, which signs. Returns their names.
async function pullAndSign(address) {
  const assignments = client(api.duban.v1.AssignmentService, address, '/unit/education');
  const mine = {filter: {unit: 'units/education'}};
  await eventually(
      'both assignments are issued', async () => (await assignments.ListAssignments(mine)).assignments.length === 2);
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
  const names = lease.assignments.map((one) => one.name);
  const {results} = await assignments.ReceiveAssignments(
      {request_id: requestId(), names, lease_token: lease.lease_token, signer: '王敏'});
  expect(detailsOf(results[0].error).ErrorInfo.reason, 'WRONG_STATE', 'of several, one that is signed for is refused');
  expect([results[1].error, results[1].state], [null, 'RECEIVED'], 'and the other is signed');
  const rest = await assignments.PullAssignments({request_id: requestId(), unit: 'units/education'});
  expect(rest.assignments, [], 'and nothing is left');
  assignments.close();
  return names;
}

// The result of one assignment is sent back, handed in again and accepted.
async function handInAndReview(address, name) {
  const assignments = client(api.duban.v1.AssignmentService, address, '/unit/education');
  const issuer = client(api.duban.v1.AssignmentService, address, '/unit/government');
  const submit = async (text) => (await assignments.SubmitResults({
                                   request_id: requestId(),
                                   items: [{name, submission: {text, submitter: '王敏'}}]
                                 })).results[0];
  const review = async (verdict, comment) => {
    const {execution} = await assignments.GetAssignment({name});
    const submissionId = execution.submissions[execution.submissions.length - 1].submission_id;
    const items = [{name, submission_id: submissionId, verdict, comment}];
    return (await issuer.ReviewSubmissions({request_id: requestId(), items, reviewer: '李强'})).results[0];
  };
  expect((await submit('操场已开放')).state, 'UNDER_REVIEW', 'a result is handed in');
  const own = await errorOf(assignments.ReviewSubmissions(
      {request_id: requestId(), items: [{name, submission_id: 's1', verdict: 'ACCEPTED'}], reviewer: '王敏'}));
  expect(
      [own.code, own.ErrorInfo.reason], ['PERMISSION_DENIED', 'NOT_ALLOWED'],
      'nobody judges a result but who issued the task');
  expect(own.LocalizedMessage.message.includes('下发单位的审核'), true, 'and it is said who may');
  expect((await review('RETURNED', '缺少照片')).state, 'RECEIVED', 'and sent back');
  const twice = await review('ACCEPTED');
  expect(detailsOf(twice.error).ErrorInfo.reason, 'WRONG_STATE', 'judged once only');
  await submit('操场已开放，照片已附');
  expect((await review('ACCEPTED')).state, 'DONE', 'handed in again, and accepted');
  const {entries} = await assignments.GetTimeline({name});
  expect(
      entries.map((entry) => entry.kind),
      ['ISSUED', 'DELIVERED', 'RECEIVED', 'SUBMITTED', 'RETURNED', 'SUBMITTED', 'ACCEPTED'],
      'the timeline tells all of it');
  assignments.close();
  issuer.close();
}

// Signs in with a password for one time, which has to be changed first; returns the tokens.
async function signIn(people, person, once) {
  const own = 'Correct-Horse-7';
  const first = await people.SignIn({person, password: once});
  expect([first.needs_password_change, first.tokens], [true, null], `${person} has to change the password`);
  await people.ChangePassword({person, password: once, new_password: own});
  const again = await errorOf(people.SignIn({person, password: once}));
  expect([again.code, again.ErrorInfo.metadata.cause], ['UNAUTHENTICATED', 'SIGN_IN'], 'which counts no more');
  return (await people.SignIn({person, password: own})).tokens;
}

// The first officer, over their own certificate, takes in a clerk of the department, who works with a token.
async function workAsAPerson(address, once) {
  const Access = api.duban.v1.AccessService;
  const closing = [];
  const as = (Service, part, tokens = null) => {
    closing.push(client(Service, address, part, tokens));
    return closing[closing.length - 1];
  };
  const officer = await signIn(as (Access, '/person/an'), 'people/an', once);
  expect(officer.needs_second_factor, false, 'the certificate of the officer is the second factor');
  const people = as (Access, '/person/an', officer);
  const created =
      await people.CreatePerson({request_id: requestId(), person_id: 'wang', person: {display_name: '王敏'}});
  await people.GrantRole(
      {request_id: requestId(), person: 'people/wang', grant: {role: 'CLERK', unit: 'units/education'}});

  const clerk = await signIn(as (Access, '/unit/education'), 'people/wang', created.one_time_password);
  const who = await as (Access, '/unit/education', clerk).WhoAmI({});
  expect(
      [who.caller, who.carrier, who.display_name], ['people/wang', 'node/district/unit/education', '王敏'],
      'the clerk is known over the connection of the department');
  const {assignments} = await as (api.duban.v1.AssignmentService, '/unit/education', clerk).ListAssignments({
    filter: {unit: 'units/education'}
  });
  expect(assignments.length, 2, 'and sees its assignments');
  const denied = await errorOf(as (api.duban.v1.PlanService, '/unit/education', clerk).ParsePlan({
    content: Buffer.from('一、校园开放'),
    source_name: 'a.txt'
  }));
  expect(denied.code, 'PERMISSION_DENIED', 'but may not what only the certificate of the department may');

  const fresh = await as (Access, '/unit/education').RefreshSession({refresh_token: clerk.refresh_token});
  await as (Access, '/unit/education', fresh).WhoAmI({});
  for (const [tokens, claim] of [
           [{access_token: `${fresh.access_token.slice(0, -4)}AAAA`}, 'a token that was altered is refused'],
           [{access_token: 'no-token'}, 'and what is none']]) {
    expect((await errorOf(as (Access, '/unit/education', tokens).WhoAmI({}))).code, 'UNAUTHENTICATED', claim);
  }
  await as (Access, '/unit/education', fresh).SignOut({});
  const ended = await errorOf(as (Access, '/unit/education', fresh).WhoAmI({}));
  expect(ended.code, 'UNAUTHENTICATED', 'and whoever signed out is out');
  for (const one of closing) one.close();
}

// On the due day a reminder about the assignment that is not done goes out.
async function leaseAndConfirm(address, assignment) {
  const notifications = client(api.duban.v1.NotificationService, address, '/job/reminders');
  const [token, reminder] = await eventually('a reminder falls due', async () => {
    const lease = await notifications.LeaseReminders({request_id: requestId(), max_reminders: 500});
    const found = lease.reminders.find((one) => one.assignment === assignment);
    return found && [lease.lease_token, found];
  });
  expect([reminder.recipient, reminder.due], ['units/education', DUE_DAY], 'it is to the unit and about the due day');
  const {results} = await notifications.ConfirmReminders(
      {request_id: requestId(), lease_token: token, items: [{name: reminder.name}, {name: 'reminders/none'}]});
  expect(results[0].state, 'CONFIRMED', 'the job confirms it');
  expect(detailsOf(results[1].error).ErrorInfo.reason, 'RESOURCE_NOT_FOUND', 'and not one that is not there');
  const twice =
      await errorOf(notifications.ConfirmReminder({request_id: requestId(), name: reminder.name, lease_token: token}));
  expect(
      [twice.code, twice.ErrorInfo.reason], ['FAILED_PRECONDITION', 'WRONG_STATE'],
      'a confirmed reminder is not confirmed again');
  notifications.close();
}

async function main() {
  fs.rmSync(scratch, {recursive: true, force: true});
  fs.mkdirSync(scratch, {recursive: true});
  const once = makeOffice();
  let node = await startNode(ISSUE_DAY);
  await checkInfrastructure(node.address);
  await makeDirectory(node.address);
  await publishPlan(node.address);
  const [done, left] = await pullAndSign(node.address);
  await handInAndReview(node.address, done);
  await workAsAPerson(node.address, once);
  await node.stop();
  node = await startNode(DUE_DAY);
  await leaseAndConfirm(node.address, left);
  await node.stop();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
