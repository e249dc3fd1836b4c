// What keys do at the desk of a draft, while the focus is in it and nothing is being typed.
import { Finding_Settlement } from '../../gen/duban/v1/plan_pb';
import { joinedUp, moved } from './edits';
import { alike, canAccept, choicesOf, isOpen } from './findings';
import { focusLater } from './focus';
import { answerId, currentFinding, type Desk } from './useDesk';

function answerByKey(desk: Desk, key: string): boolean {
  const finding = currentFinding(desk.plan, desk.place);
  if (finding === undefined) return false;
  const { settle, setRemember } = desk.actions;
  const { ACCEPTED, ANSWERED, DISMISSED } = Finding_Settlement;
  const choice = choicesOf(finding)[Number(key) - 1];
  if (choice !== undefined) {
    void settle([finding], ANSWERED, choice, true);
    return true;
  }
  const same = desk.plan.findings.filter((one) => isOpen(one) && one.code === finding.code);
  switch (key) {
    case 'a':
      if (canAccept(finding)) void settle([finding], ACCEPTED, '', true);
      return true;
    case 'A':
      if (same.some(canAccept)) void settle(same.filter(canAccept), ACCEPTED, '', true);
      return true;
    case 'd':
      void settle([finding], DISMISSED, '', true);
      return true;
    case 'D':
      void settle(alike(desk.plan, finding), DISMISSED, '', true);
      return true;
    case 'm':
      setRemember(finding.findingId, !desk.remembered.has(finding.findingId));
      return true;
    case 'r':
      focusLater(answerId(finding.findingId));
      return true;
    default:
      return false;
  }
}

function changeByKey(desk: Desk, task: string, key: string): boolean {
  const { plan, actions } = desk;
  switch (key) {
    case 'e':
      actions.start('edit', task);
      return true;
    case 's':
      actions.start('split', task);
      return true;
    case 'i':
      actions.start('add', task);
      return true;
    case 'g': {
      const above = plan.tasks[plan.tasks.findIndex((one) => one.taskId === task) - 1];
      actions.edit((latest) => joinedUp(latest, task), above?.taskId);
      return true;
    }
    case '[':
    case ']':
      actions.edit((latest) => moved(latest, task, key === '[' ? -1 : 1), task);
      return true;
    case 'x':
      actions.askRemove(task);
      return true;
    default:
      return false;
  }
}

const STEPS = ['n', 'p', 'j', 'k', 'ArrowDown', 'ArrowUp'];

/**
 * What a key does at the desk; false: nothing, it is the browser's. `isHeld`: it says itself again, which goes on to
 * the next and the next, and decides about nothing that was not seen.
 */
export function onDeskKey(desk: Desk, key: string, isHeld: boolean): boolean {
  const { actions, place } = desk;
  if (isHeld && !STEPS.includes(key)) return false;
  switch (key) {
    case 'n':
    case 'p':
      actions.next(key === 'n' ? 1 : -1);
      return true;
    case 'j':
    case 'ArrowDown':
      actions.step(1);
      return true;
    case 'k':
    case 'ArrowUp':
      actions.step(-1);
      return true;
    default:
      if (answerByKey(desk, key)) return true;
      return place !== null && place.task !== '' && changeByKey(desk, place.task, key);
  }
}

