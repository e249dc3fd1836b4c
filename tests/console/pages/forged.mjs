// Calls that no page offers, made with the cookie of whoever is signed in: what a role may not do is refused by the
// services, and changes nothing. Whoever may is not refused for it, so that a mistake here does not pass for a refusal.
import assert from 'node:assert/strict';

import { scene, sessionOf } from './browser.mjs';

const ID = 'forged-0123456789abcdef';
const TASK = `plans/${scene.plan}/tasks/body-1/assignments/housing`;
const HASH = '00'.repeat(32);
// Nothing has this etag, so that those who may change nothing either.
const STALE = { requestId: ID, etag: 'forged' };

const PEOPLE = [scene.clerk, scene.newcomer, scene.reviewer, scene.planner, scene.officer];

// Method, request, and who may.
const CALLS = [
  ['AssignmentService/ReportProgress', { ...STALE, name: TASK, report: { text: 'x' } }, [scene.clerk]],
  ['AssignmentService/SubmitResult', { ...STALE, name: TASK, submission: { text: 'x' } }, [scene.clerk]],
  ['AssignmentService/DeclineAssignment', { ...STALE, name: TASK, decline: { reason: 'x' } }, [scene.clerk]],
  ['AssignmentService/RequestExtension', { ...STALE, name: TASK, extension: { reason: 'x', proposedDue: '2026-12-01' } }, [scene.clerk]],
  ['EvidenceService/UploadEvidence', { unit: 'units/housing', piece: { sha256: HASH, sizeBytes: 2, content: 'AA==' } }, [scene.clerk]],
  ['AssignmentService/ReviewSubmission', { ...STALE, name: TASK, submissionId: 's-0000000000000000', verdict: 'ACCEPTED' }, [scene.reviewer]],
  ['AssignmentService/AnswerExtension', { ...STALE, name: TASK, extensionId: 'x-1', verdict: 'REFUSED', comment: 'x' }, [scene.reviewer, scene.planner]],
  ['AssignmentService/AddRemark', { ...STALE, name: TASK, text: 'x' }, [scene.reviewer, scene.planner]],
  ['AssignmentService/BindAssignment', { ...STALE, name: TASK, comment: 'x' }, [scene.reviewer, scene.planner]],
  ['PlanService/RevisePlan', { requestId: ID, name: 'plans/nothing-here' }, []],
  ['PlanService/WithdrawPlan', { ...STALE, name: `plans/${scene.plan}`, reason: 'x' }, [scene.planner]],
  ['PlanService/UpdatePlan', { requestId: ID, plan: { name: `plans/${scene.plan}`, title: 'x', etag: 'forged' }, updateMask: 'title' }, [scene.planner]],
  ['DirectoryService/CreateUnit', { requestId: ID, unit: { displayName: 'x', kind: 'DEPARTMENT' } }, []],
  ['DirectoryService/DeleteUnit', { ...STALE, name: 'units/housing' }, []],
  ['AccessService/CreatePerson', { requestId: ID, personId: 'forged', person: { displayName: 'x' } }, []],
  ['AccessService/GrantRole', { requestId: ID, person: `people/${scene.clerk}`, grant: { role: 'REVIEWER', unit: 'units/qinghe-gov' } }, []],
  ['NodeService/StartBackup', { requestId: ID }, []],
  ['AuditService/ListAuditEntries', { service: 'plan' }, []],
];

async function cookieOf(person) {
  const { cookies } = await sessionOf(person);
  return cookies.map((cookie) => `${cookie.name}=${cookie.value}`).join('; ');
}

async function call(method, request, headers) {
  const response = await fetch(`${scene.address}/duban.v1.${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'connect-protocol-version': '1', ...headers },
    body: JSON.stringify(request),
  });
  return { status: response.status, answer: await response.json() };
}

async function whatIsThere() {
  const cookie = await cookieOf(scene.reviewer);
  const assignment = await call('AssignmentService/GetAssignment', { name: TASK }, { cookie });
  const plan = await call('PlanService/GetPlan', { name: `plans/${scene.plan}` }, { cookie });
  assert.deepEqual([assignment.status, plan.status], [200, 200]);
  return [assignment.answer, plan.answer];
}

/** What was answered otherwise than it should, in words; empty where all is well. */
async function wrongAnswers(method, request, may) {
  const wrong = [];
  const expect = (who, { status, answer }, isRight) => {
    if (!isRight(status, answer.code)) wrong.push(`${who} calls ${method}: ${status} ${answer.code} ${answer.message ?? ''}`.slice(0, 300));
  };
  const isRefused = (status, code) => status === 403 && code === 'permission_denied';
  const mayCall = (_, code) => !['permission_denied', 'unauthenticated', 'unimplemented', 'internal', 'unknown'].includes(code);
  for (const person of PEOPLE) {
    const answered = await call(method, request, { cookie: await cookieOf(person) });
    expect(person, answered, may.includes(person) ? mayCall : isRefused);
  }
  expect('nobody', await call(method, request, {}), (status, code) => status === 401 && code === 'unauthenticated');
  const cookie = await cookieOf(may[0] ?? scene.officer);
  expect('a page of another origin', await call(method, request, { cookie, origin: 'https://evil.example' }), isRefused);
  return wrong;
}

export async function forged() {
  const before = await whatIsThere();
  const wrong = [];
  for (const [method, request, may] of CALLS) wrong.push(...(await wrongAnswers(method, request, may)));
  assert.deepEqual(wrong, []);
  assert.deepEqual(await whatIsThere(), before, 'a forged call changed something');
}
