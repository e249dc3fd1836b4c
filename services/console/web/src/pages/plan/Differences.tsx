import { useQuery } from '@tanstack/react-query';
import { Tag } from 'antd';

import { useClients } from '../../api/clients';
import { Answered } from '../../components/Answered';
import { Nothing } from '../../components/Nothing';
import type { Responsibility, Task } from '../../gen/duban/v1/plan_pb';
import {
  type ComparePlanRevisionsResponse_TaskDifference,
  ComparePlanRevisionsResponse_TaskDifference_Kind as Kind,
} from '../../gen/duban/v1/plan_service_pb';
import { liveOf } from '../../live/kinds';
import { deadlineWords, useLanguage, useWords } from '../../words';
import { taskNumber } from './taskTree';

interface Props {
  name: string;
  /** 0, 0: of a draft against what it was made from. */
  from: number;
  to: number;
}

const COLOURS: Partial<Record<Kind, string>> = { [Kind.ADDED]: 'green', [Kind.CHANGED]: 'gold', [Kind.REMOVED]: 'red' };

function unitsOf(responsibilities: readonly Responsibility[]): string {
  return responsibilities.map((one) => one.unit).join('、');
}

/** A field before and after; fields whose values are long or many are named alone. */
export function Changed({ field, before, after }: { field: string; before: Task; after: Task }) {
  const words = useWords();
  const language = useLanguage();
  const fields: Record<string, string> = words.Field;
  const shown = (task: Task): string | undefined => {
    switch (field) {
      case 'text':
        return task.text;
      case 'title':
        return task.title;
      case 'deadline':
        return deadlineWords(task.deadline, words, language);
      case 'responsibilities':
        return unitsOf(task.responsibilities);
      case 'headings':
        return task.headings.join(' › ');
      default:
        return undefined;
    }
  };
  const [was, is] = [shown(before), shown(after)];
  return (
    <div>
      <span className="quiet">{fields[field] ?? field}</span>
      {was !== undefined && <> <del>{was}</del> <ins>{is}</ins></>}
    </div>
  );
}

function Difference({ difference }: { difference: ComparePlanRevisionsResponse_TaskDifference }) {
  const words = useWords();
  const { kind, before, after, fields } = difference;
  const task = after ?? before;
  const kinds: Partial<Record<Kind, string>> = {
    [Kind.ADDED]: words.plan.added,
    [Kind.CHANGED]: words.plan.changed,
    [Kind.REMOVED]: words.plan.removed,
  };
  return (
    <div className="entry">
      <div className="row">
        <Tag color={COLOURS[kind] ?? 'default'}>{kinds[kind] ?? '?'}</Tag>
        {difference.dutyChanged && <Tag color="volcano">{words.plan.signAgain}</Tag>}
        {difference.unsure && <span className="quiet">{words.plan.unsure}</span>}
      </div>
      <div className="lines">{task && taskNumber(task)} {task?.text}</div>
      {before !== undefined && after !== undefined &&
        fields.map((field) => <Changed key={field} field={field} before={before} after={after} />)}
    </div>
  );
}

/** What differs between two revisions, task by task. */
export function Differences({ name, from, to }: Props) {
  const words = useWords();
  const { plans } = useClients();
  const asked = useQuery({
    queryKey: ['differences', name, from, to],
    meta: liveOf(name),
    queryFn: () => plans.comparePlanRevisions({ name, fromRevision: from, toRevision: to }),
  });
  return (
    <Answered asked={asked}>
      {({ differences, unchanged, planFields }) => (
        <>
          {differences.length + planFields.length === 0 && <Nothing what={words.plan.noDifference} />}
          {planFields.length > 0 && (
            <p>{words.plan.planItself}{words.app.colon}{planFields.map((field) => (words.Field as Record<string, string>)[field] ?? field).join('、')}</p>
          )}
          {differences.map((one) => <Difference key={`${String(one.kind)}/${one.taskId}`} difference={one} />)}
          <p className="quiet">{words.plan.unchanged(unchanged)}</p>
        </>
      )}
    </Answered>
  );
}
