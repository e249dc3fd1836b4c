// Open questions of a draft: in which order they are asked, which are alike, and what can be answered.
import { Finding_Settlement, type Finding, type Plan } from '../../gen/duban/v1/plan_pb';

export const DOCUMENT = '';

export function isOpen(finding: Finding): boolean {
  return finding.settlement === Finding_Settlement.SETTLEMENT_UNSPECIFIED;
}

/** The open ones in the order of the document: of the whole of it first, then task by task. */
export function openInOrder(plan: Plan): Finding[] {
  const places = new Map(plan.tasks.map((task, i) => [task.taskId, i]));
  const placeOf = (finding: Finding): number => (finding.task === DOCUMENT ? -1 : (places.get(finding.task) ?? -1));
  return plan.findings.filter(isOpen).sort((a, b) => placeOf(a) - placeOf(b));
}

/** The one after (1) or before (-1) `current`, around the end; undefined where there is none. */
export function neighbourOf(open: readonly Finding[], current: string, by: -1 | 1): Finding | undefined {
  const place = open.findIndex((finding) => finding.findingId === current);
  if (place < 0) return by > 0 ? open[0] : open.at(-1);
  return open[(place + by + open.length) % open.length];
}

/** The open ones that ask the same about the same words. */
export function alike(plan: Plan, finding: Finding): Finding[] {
  return plan.findings.filter((one) => isOpen(one) && one.code === finding.code && one.subject === finding.subject);
}

export interface Group {
  code: string;
  subject: string;
  /** What is proposed to all of them; empty where that differs, or nothing is. */
  proposal: string;
  findings: Finding[];
  blocking: boolean;
}

/** The open ones by what they ask; most first, those that block before the others. */
export function groupsOf(plan: Plan): Group[] {
  const groups = new Map<string, Group>();
  for (const finding of openInOrder(plan)) {
    // A name means the same everywhere; what is asked of other words is asked task by task, and told together.
    const subject = isAboutAName(finding.code) ? finding.subject : '';
    const key = `${finding.code}/${subject}`;
    const group = groups.get(key);
    if (group === undefined) {
      groups.set(key, { code: finding.code, subject, proposal: finding.proposal, findings: [finding], blocking: finding.blocking });
      continue;
    }
    group.findings.push(finding);
    group.blocking ||= finding.blocking;
    if (group.proposal !== finding.proposal) group.proposal = '';
  }
  return [...groups.values()].sort((a, b) => Number(b.blocking) - Number(a.blocking) || b.findings.length - a.findings.length);
}

const NAMES = new Set(['BROKEN_UNIT', 'UNKNOWN_UNIT', 'EMPTY_GROUP', 'UNIT_NOT_UNDERSTOOD', 'OPEN_UNIT', 'INHERITED_PREFIX']);
const REMEMBERED = new Set(['BROKEN_UNIT', 'UNKNOWN_UNIT', 'UNIT_NOT_UNDERSTOOD']);

export function isAboutAName(code: string): boolean {
  return NAMES.has(code);
}

/** Names of which one is meant, where several are near to what is printed; taken together they would be wrong. */
export function choicesOf(finding: Pick<Finding, 'code' | 'proposal'>): string[] {
  const names = finding.code === 'UNKNOWN_UNIT' ? finding.proposal.split('、') : [];
  return names.length > 1 ? names : [];
}

/** Whether there is one proposal to be taken as it is. */
export function canAccept(finding: Pick<Finding, 'code' | 'proposal'>): boolean {
  return finding.proposal !== '' && choicesOf(finding).length === 0;
}

/** Whether `answer` is the one thing that a printed name means, which will be printed again. */
export function canBeRemembered(finding: Finding, answer: string): boolean {
  return REMEMBERED.has(finding.code) && finding.subject !== '' && answer !== '' && !answer.includes('、');
}

export type AnswerKind = 'units' | 'name' | 'deadline' | 'number' | 'year' | 'note';

const KINDS: Record<string, AnswerKind> = {
  NO_YEAR: 'year',
  NO_UNIT: 'units',
  SHARED_CELL: 'units',
  LOST_PARENTHESIS: 'units',
  READING_UNSURE: 'units',
  UNIT_BOUNDARY_UNCLEAR: 'units',
  ROLE_UNCLEAR: 'units',
  COLUMN_UNCLEAR: 'units',
  OPEN_LIST: 'units',
  NUMBER_REPAIRED: 'number',
  NUMBER_OUT_OF_ORDER: 'number',
  DEADLINE_NOT_UNDERSTOOD: 'deadline',
  DEADLINE_PAST_AT_ISSUE: 'deadline',
  DEADLINE_CONTRADICTION: 'deadline',
  DEADLINE_AMBIGUOUS: 'deadline',
  DEADLINE_WITHOUT_DAY: 'deadline',
  DEADLINE_IN_TEXT: 'deadline',
  DEADLINE_PASSED: 'deadline',
  NO_DEADLINES: 'deadline',
};

/** The document was read by what was said of earlier ones of its office. */
export const HINTS_APPLIED = 'HINTS_APPLIED';

/** What leaving it as printed does: nobody answers for the task, the unit gets none, or all stays as it is. */
export function dismissal(code: string): 'nobody' | 'noUnit' | 'asIs' {
  if (code === 'NO_UNIT') return 'nobody';
  const kind = answerKind(code);
  return kind === 'units' || kind === 'name' ? 'noUnit' : 'asIs';
}

/** What an answer to it is. */
export function answerKind(code: string): AnswerKind {
  return isAboutAName(code) ? 'name' : (KINDS[code] ?? 'note');
}
