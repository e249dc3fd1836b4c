// From what a person filled in to the call that does it.
import type { Clients } from '../../api/clients';
import { faultOfStatus, RefusedError } from '../../api/fault';
import { signFor } from '../../api/signing';
import { type Assignment, ExtensionAnswer_Verdict, Review_Verdict } from '../../gen/duban/v1/assignment_pb';
import type { Status } from '../../gen/google/rpc/status_pb';
import type { Act } from './acts';
import type { FileItem } from './fileItems';
import { openExtension, waitingSubmission } from './facts';

/** Longest title of a piece of evidence. */
const MOST_TITLE = 200;

/** What forms hold; an act takes what it asks for. */
export interface ActForm {
  text?: string;
  percent?: number;
  evidence?: string;
  files?: FileItem[];
  period?: string;
  due?: string;
  unit?: string;
  reportId?: string;
}

export interface ActInput {
  act: Act;
  form: ActForm;
  /** Of the assignment as it was seen. */
  name: string;
  etag: string;
  unit: string;
  submissionId: string;
  extensionId: string;
}

export function actInput(act: Act, assignment: Assignment, form: ActForm): ActInput {
  return {
    act,
    form,
    name: assignment.name,
    etag: assignment.etag,
    unit: assignment.unit,
    submissionId: waitingSubmission(assignment)?.submissionId ?? '',
    extensionId: openExtension(assignment)?.extensionId ?? '',
  };
}

/** What is named: files that were put in, and what lies elsewhere. */
function evidenceIn(form: ActForm): { title: string; reference?: string; sha256?: string }[] {
  const files = (form.files ?? []).filter((file) => file.state === 'done');
  return [...files.map(({ name, sha256 }) => ({ title: name.slice(-MOST_TITLE), sha256 })), ...evidenceOf(form.evidence)];
}

/** A line each: `title` or `title | where it lies`. */
export function evidenceOf(text: string | undefined): { title: string; reference: string }[] {
  return (text ?? '')
    .split('\n')
    .map((line) => line.split(/[|｜]/))
    .map(([title = '', ...rest]) => ({ title: title.trim(), reference: rest.join('|').trim() }))
    .filter((one) => one.title !== '');
}

/** One item of a call on several was refused: thrown as the call on one would have failed. */
function throwRefused(error: Status | undefined): void {
  if (error !== undefined) throw new RefusedError(faultOfStatus(error));
}

type Call = (clients: Clients, input: ActInput, requestId: string) => Promise<unknown>;

const review =
  (verdict: Review_Verdict): Call =>
  ({ assignments }, { name, etag, submissionId, form }, requestId) =>
    assignments.reviewSubmission({ requestId, name, etag, submissionId, verdict, comment: form.text ?? '' });

const answer =
  (verdict: ExtensionAnswer_Verdict): Call =>
  ({ assignments }, { name, etag, extensionId, form }, requestId) =>
    assignments.answerExtension({
      requestId,
      name,
      etag,
      extensionId,
      verdict,
      due: form.due ?? '',
      comment: form.text ?? '',
    });

const CALLS: Record<Act, Call> = {
  sign: async (clients, { unit, name }, requestId) => {
    const outcome = await signFor(clients, unit, [name], requestId);
    const refused = outcome.refused[0];
    if (refused !== undefined) throw new RefusedError(refused.fault);
  },
  report: ({ assignments }, { name, etag, form }, requestId) =>
    assignments.reportProgress({
      requestId,
      name,
      etag,
      report: { text: form.text ?? '', percent: form.percent ?? 0, evidence: evidenceIn(form) },
    }),
  submit: ({ assignments }, { name, etag, form }, requestId) =>
    assignments.submitResult({
      requestId,
      name,
      etag,
      submission: { text: form.text ?? '', period: form.period ?? '', evidence: evidenceIn(form) },
    }),
  extend: ({ assignments }, { name, etag, form }, requestId) =>
    assignments.requestExtension({
      requestId,
      name,
      etag,
      extension: { reason: form.text ?? '', proposedDue: form.due ?? '' },
    }),
  decline: ({ assignments }, { name, etag, form }, requestId) =>
    assignments.declineAssignment({ requestId, name, etag, decline: { reason: form.text ?? '' } }),
  retract: ({ assignments }, { name, etag, form }, requestId) =>
    assignments.retractReport({ requestId, name, etag, reportId: form.reportId ?? '' }),
  accept: review(Review_Verdict.ACCEPTED),
  return: review(Review_Verdict.RETURNED),
  grant: answer(ExtensionAnswer_Verdict.GRANTED),
  refuse: answer(ExtensionAnswer_Verdict.REFUSED),
  readdress: ({ assignments }, { name, etag, form }, requestId) =>
    assignments.readdressAssignment({ requestId, name, etag, unit: form.unit ?? '', comment: form.text ?? '' }),
  bind: ({ assignments }, { name, etag, form }, requestId) =>
    assignments.bindAssignment({ requestId, name, etag, due: form.due ?? '', comment: form.text ?? '' }),
  markRead: ({ assignments }, { name, etag }, requestId) => assignments.markReportsRead({ requestId, name, etag }),
  remark: ({ assignments }, { name, etag, form }, requestId) =>
    assignments.addRemark({ requestId, name, etag, text: form.text ?? '' }),
  urge: async ({ assignments }, { name, etag, form }, requestId) => {
    const urged = await assignments.urgeAssignments({ requestId, items: [{ name, etag }], text: form.text ?? '' });
    throwRefused(urged.results[0]?.error);
  },
};

export async function callFor(clients: Clients, input: ActInput, requestId: string): Promise<void> {
  await CALLS[input.act](clients, input, requestId);
}
