// What a person is offered to do about an assignment. Only what may well succeed is offered; whether it does is decided
// by the node.
import { holdsFor, type Who } from '../../app/who';
import { Role } from '../../gen/duban/v1/access_pb';
import { type Assignment, Assignment_State, Ruling_Decision } from '../../gen/duban/v1/assignment_pb';
import { openDecline, openExtension, unreadReports, waitingSubmission } from './facts';

export const ACTS = [
  'sign',
  'report',
  'submit',
  'extend',
  'decline',
  'retract',
  'accept',
  'return',
  'grant',
  'refuse',
  'readdress',
  'bind',
  'markRead',
  'remark',
  'urge',
] as const;
export type Act = (typeof ACTS)[number];

interface Rule {
  /** Of the unit that acts, or of the issuer. */
  side: 'unit' | 'issuer';
  roles: readonly Role[];
  when: (assignment: Assignment) => boolean;
}

function stands(assignment: Assignment, ...states: Assignment_State[]): boolean {
  return states.includes(assignment.state);
}

const { ISSUED, RECEIVED, IN_PROGRESS, UNDER_REVIEW, DONE, DECLINED, CANCELLED } = Assignment_State;
const ARBITERS = [Role.PLANNER, Role.REVIEWER];
const ISSUERS = [Role.PLANNER, Role.REVIEWER, Role.LEADER];

function isAtWork(assignment: Assignment): boolean {
  return stands(assignment, RECEIVED, IN_PROGRESS);
}

function mayDecline(assignment: Assignment): boolean {
  const bound = assignment.oversight?.rulings.some((ruling) => ruling.decision === Ruling_Decision.BINDING) ?? false;
  return stands(assignment, ISSUED, RECEIVED, IN_PROGRESS) && !bound;
}

function mayExtend(assignment: Assignment): boolean {
  return isAtWork(assignment) && (assignment.deadline?.due ?? '') !== '' && openExtension(assignment) === undefined;
}

const RULES: Record<Act, Rule> = {
  sign: { side: 'unit', roles: [Role.CLERK], when: (one) => stands(one, ISSUED) },
  report: { side: 'unit', roles: [Role.CLERK], when: isAtWork },
  submit: { side: 'unit', roles: [Role.CLERK], when: isAtWork },
  extend: { side: 'unit', roles: [Role.CLERK], when: mayExtend },
  decline: { side: 'unit', roles: [Role.CLERK], when: mayDecline },
  retract: { side: 'unit', roles: [Role.CLERK], when: (one) => isAtWork(one) && unreadReports(one).length > 0 },
  accept: {
    side: 'issuer',
    roles: [Role.REVIEWER],
    when: (one) => stands(one, UNDER_REVIEW) && waitingSubmission(one) !== undefined,
  },
  return: {
    side: 'issuer',
    roles: [Role.REVIEWER],
    when: (one) => stands(one, UNDER_REVIEW) && waitingSubmission(one) !== undefined,
  },
  grant: { side: 'issuer', roles: ARBITERS, when: (one) => !stands(one, DONE, DECLINED, CANCELLED) && openExtension(one) !== undefined },
  refuse: { side: 'issuer', roles: ARBITERS, when: (one) => !stands(one, DONE, DECLINED, CANCELLED) && openExtension(one) !== undefined },
  readdress: { side: 'issuer', roles: ARBITERS, when: (one) => stands(one, DECLINED) && openDecline(one) !== undefined },
  bind: { side: 'issuer', roles: ARBITERS, when: (one) => stands(one, DECLINED) && openDecline(one) !== undefined },
  markRead: { side: 'issuer', roles: ISSUERS, when: (one) => unreadReports(one).length > 0 },
  remark: { side: 'issuer', roles: ISSUERS, when: (one) => !stands(one, CANCELLED) },
  urge: { side: 'issuer', roles: ISSUERS, when: (one) => stands(one, ISSUED, RECEIVED, IN_PROGRESS) },
};

export function mayAct(who: Who, assignment: Assignment, act: Act): boolean {
  const rule = RULES[act];
  const unit = rule.side === 'unit' ? assignment.unit : assignment.issuer;
  return holdsFor(who, unit, ...rule.roles) && rule.when(assignment);
}

export function actsFor(who: Who, assignment: Assignment): Act[] {
  return ACTS.filter((act) => mayAct(who, assignment, act));
}
