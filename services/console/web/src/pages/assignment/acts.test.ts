import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';

import type { Who } from '../../app/who';
import { Role } from '../../gen/duban/v1/access_pb';
import {
  type Assignment,
  Assignment_State,
  ExecutionSchema,
  OversightSchema,
  Ruling_Decision,
} from '../../gen/duban/v1/assignment_pb';
import { assignmentOf, GOVERNMENT, HOUSING } from '../../test/world';
import { evidenceOf } from './actCalls';
import { actsFor } from './acts';

function who(unit: string, ...roles: Role[]): Who {
  return { person: 'wang', displayName: '王敏', posts: new Map([[unit, new Set(roles)]]), secondFactorMissing: false };
}

const CLERK = who(HOUSING, Role.CLERK);
const REVIEWER = who(GOVERNMENT, Role.REVIEWER);
const LEADER = who(GOVERNMENT, Role.LEADER);
const { ISSUED, RECEIVED, IN_PROGRESS, UNDER_REVIEW, DONE, DECLINED, CANCELLED } = Assignment_State;

function standing(state: Assignment_State, init: Partial<Assignment> = {}): Assignment {
  return assignmentOf('body-1', { state, ...init });
}

const RESULT = { execution: create(ExecutionSchema, { submissions: [{ submissionId: 's-1' }] }) };
const REPORTED = { execution: create(ExecutionSchema, { reports: [{ reportId: 'r-1', text: '过半' }] }) };
const ASKED = { execution: create(ExecutionSchema, { extensionRequests: [{ extensionId: 'x-1' }] }) };
const REFUSED = { execution: create(ExecutionSchema, { declines: [{ declineId: 'd-1' }] }) };

describe('what is offered', () => {
  it.each([
    ['a clerk of what is issued', CLERK, standing(ISSUED), ['sign', 'decline']],
    ['a clerk of what is signed for', CLERK, standing(RECEIVED), ['report', 'submit', 'extend', 'decline']],
    ['a clerk of what has an unread report', CLERK, standing(IN_PROGRESS, REPORTED), ['report', 'submit', 'extend', 'decline', 'retract']],
    ['a clerk who asked for more time', CLERK, standing(RECEIVED, ASKED), ['report', 'submit', 'decline']],
    ['a clerk of what is under review', CLERK, standing(UNDER_REVIEW, RESULT), []],
    ['a clerk of what is done', CLERK, standing(DONE), []],
    ['a reviewer of a result', REVIEWER, standing(UNDER_REVIEW, RESULT), ['accept', 'return', 'remark']],
    ['a reviewer of a decline', REVIEWER, standing(DECLINED, REFUSED), ['readdress', 'bind', 'remark']],
    ['a reviewer of a request for more time', REVIEWER, standing(RECEIVED, ASKED), ['grant', 'refuse', 'remark', 'urge']],
    ['a reviewer of what was cancelled', REVIEWER, standing(CANCELLED), []],
    ['a leader of a result', LEADER, standing(UNDER_REVIEW, RESULT), ['remark']],
    ['a leader of a report', LEADER, standing(IN_PROGRESS, REPORTED), ['markRead', 'remark', 'urge']],
    ['a clerk of another unit', who(GOVERNMENT, Role.CLERK), standing(ISSUED), []],
    ['a reviewer of the unit that acts', who(HOUSING, Role.REVIEWER), standing(UNDER_REVIEW, RESULT), []],
  ] as const)('to %s', (_, person, assignment, acts) => {
    expect(actsFor(person, assignment)).toEqual(acts);
  });

  it('is no second decline once it was judged binding', () => {
    const oversight = create(OversightSchema, { rulings: [{ declineId: 'd-1', decision: Ruling_Decision.BINDING }] });
    expect(actsFor(CLERK, standing(ISSUED, { ...REFUSED, oversight }))).toEqual(['sign']);
  });
});

describe('evidence', () => {
  it('is a line each, with where it lies behind a bar of either kind', () => {
    expect(evidenceOf(' 核对表 | 档案室/3号\n\n 照片｜附件2 \n纪要')).toEqual([
      { title: '核对表', reference: '档案室/3号' },
      { title: '照片', reference: '附件2' },
      { title: '纪要', reference: '' },
    ]);
    expect(evidenceOf(undefined)).toEqual([]);
  });
});
