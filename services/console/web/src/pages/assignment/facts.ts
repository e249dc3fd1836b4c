// What follows from an assignment as it was read: which result, decline or request is open, what was said about each.
import type {
  Assignment,
  Decline,
  ExtensionAnswer,
  ExtensionRequest,
  Report,
  Review,
  Ruling,
  Submission,
} from '../../gen/duban/v1/assignment_pb';
import { type Deadline, Deadline_Frequency, Deadline_Kind } from '../../gen/duban/v1/deadline_pb';

export function reviewOf(assignment: Assignment, submission: Submission): Review | undefined {
  return assignment.oversight?.reviews.find((review) => review.submissionId === submission.submissionId);
}

/** The last result without a verdict. */
export function waitingSubmission(assignment: Assignment): Submission | undefined {
  return assignment.execution?.submissions.filter((one) => reviewOf(assignment, one) === undefined).at(-1);
}

export function rulingOf(assignment: Assignment, decline: Decline): Ruling | undefined {
  return assignment.oversight?.rulings.find((ruling) => ruling.declineId === decline.declineId);
}

export function openDecline(assignment: Assignment): Decline | undefined {
  return assignment.execution?.declines.filter((one) => rulingOf(assignment, one) === undefined).at(-1);
}

export function answerOf(assignment: Assignment, request: ExtensionRequest): ExtensionAnswer | undefined {
  return assignment.oversight?.extensionAnswers.find((answer) => answer.extensionId === request.extensionId);
}

export function openExtension(assignment: Assignment): ExtensionRequest | undefined {
  return assignment.execution?.extensionRequests.filter((one) => answerOf(assignment, one) === undefined).at(-1);
}

export function isRead(assignment: Assignment, report: Report): boolean {
  return assignment.oversight?.readings.some((reading) => reading.reportIds.includes(report.reportId)) ?? false;
}

export function unreadReports(assignment: Assignment): Report[] {
  return (assignment.execution?.reports ?? []).filter((one) => one.retractTime === undefined && !isRead(assignment, one));
}

/** Whether it never finishes and is judged by its periods. */
export function isByPeriods(deadline: Deadline | undefined): boolean {
  if (deadline === undefined) return false;
  return [Deadline_Kind.STANDING, Deadline_Kind.WHOLE_PERIOD, Deadline_Kind.PERIODIC].includes(deadline.kind);
}

function numbered(count: number, name: (n: number) => string): string[] {
  return Array.from({ length: count }, (_, i) => name(i + 1));
}

/** The periods that a result can be about, by their keys; none where the node fills it in, or there are too many. */
export function periodsOf(deadline: Deadline | undefined, year: number): string[] {
  if (deadline?.kind !== Deadline_Kind.PERIODIC) return [];
  const of = String(year);
  switch (deadline.frequency) {
    case Deadline_Frequency.MONTHLY:
      return numbered(12, (n) => `${of}-${String(n).padStart(2, '0')}`);
    case Deadline_Frequency.QUARTERLY:
      return numbered(4, (n) => `${of}-Q${String(n)}`);
    case Deadline_Frequency.HALF_YEARLY:
      return numbered(2, (n) => `${of}-H${String(n)}`);
    default:
      return [];
  }
}

/** Whether the person has to write the key of the period by hand: weeks and days. */
export function periodIsTyped(deadline: Deadline | undefined): boolean {
  return (
    deadline?.kind === Deadline_Kind.PERIODIC &&
    [Deadline_Frequency.WEEKLY, Deadline_Frequency.DAILY].includes(deadline.frequency)
  );
}
