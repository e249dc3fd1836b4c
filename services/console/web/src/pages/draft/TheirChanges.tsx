import { Alert } from 'antd';

import { Finding_Settlement, type Task } from '../../gen/duban/v1/plan_pb';
import { useWords, wordOf } from '../../words';
import { Changed } from '../plan/Differences';
import { taskNumber } from '../plan/taskTree';
import { changedFields, type Changes, type TaskDifference } from './changes';

/** What has become of a task since its form was opened. What is typed stays. */
export function TheirChanges({ before, now }: { before: Task; now: Task | undefined }) {
  const words = useWords();
  if (now === undefined) return <Alert type="warning" showIcon message={words.draft.goneMeanwhile} />;
  const fields = changedFields(before, now);
  if (fields.length === 0) return null;
  return (
    <Alert
      type="warning"
      showIcon
      message={words.draft.changedMeanwhile}
      description={fields.map((field) => <Changed key={field} field={field} before={before} after={now} />)}
    />
  );
}

function Difference({ difference }: { difference: TaskDifference }) {
  const words = useWords();
  const { before, after, fields } = difference;
  const task = after ?? before;
  if (task === undefined) return null;
  const what = before === undefined ? words.draft.someoneAdded : after === undefined ? words.draft.someoneRemoved : words.draft.someoneChanged;
  return (
    <li>
      {what} {words.draft.task(taskNumber(task))}{words.app.colon}{task.text.slice(0, 60)}
      {before !== undefined && after !== undefined &&
        fields.map((field) => <Changed key={field} field={field} before={before} after={after} />)}
    </li>
  );
}

// More than can be looked at once; the draft itself shows them all.
const MOST_SHOWN = 8;

/** Told calmly: somebody was faster, this is what they did, and nothing that was typed is lost. */
export function Overtaken({ changes, onClose }: { changes: Changes; onClose: () => void }) {
  const words = useWords();
  const nothing = changes.tasks.length + changes.findings.length === 0;
  return (
    <Alert
      type="warning"
      showIcon
      closable
      role="alert"
      onClose={onClose}
      message={words.draft.overtaken}
      description={
        <>
          {nothing && <p>{words.draft.nothingOvertaken}</p>}
          <ul>
            {changes.tasks.slice(0, MOST_SHOWN).map((one) => (
              <Difference key={(one.after ?? one.before)?.taskId} difference={one} />
            ))}
            {changes.findings.slice(0, MOST_SHOWN).map((finding) => (
              <li key={finding.findingId}>
                {words.draft.someoneSettled(finding.message, wordOf(words.Finding_Settlement, Finding_Settlement, finding.settlement))}
              </li>
            ))}
          </ul>
        </>
      }
    />
  );
}
