import { useQuery } from '@tanstack/react-query';
import { Alert } from 'antd';

import { useClients } from '../../api/clients';
import { Answered } from '../../components/Answered';
import type { Plan, Task } from '../../gen/duban/v1/plan_pb';
import type { PublicationPreview } from '../../gen/duban/v1/plan_service_pb';
import { live } from '../../live/kinds';
import { useWords } from '../../words';
import { PublishForm } from './PublishForm';
import { taskNumber } from './taskTree';

function TaskList({ title, ids, tasks }: { title: string; ids: string[]; tasks: Map<string, Task> }) {
  if (ids.length === 0) return null;
  return (
    <details>
      <summary>{title} <b>{ids.length}</b></summary>
      <ul>
        {ids.map((id) => {
          const task = tasks.get(id);
          return <li key={id}>{task === undefined ? id : `${taskNumber(task)} ${task.text}`}</li>;
        })}
      </ul>
    </details>
  );
}

function Shown({ plan, preview }: { plan: Plan; preview: PublicationPreview }) {
  const words = useWords();
  const tasks = new Map(plan.tasks.map((task) => [task.taskId, task]));
  const { issuance, moves } = preview;
  const blocking = preview.blockingFindings.length;
  return (
    <div className="paper column">
      {blocking > 0 && <Alert type="warning" showIcon message={words.plan.cannotPublish(blocking)} />}
      <p>{words.plan.previewWhat(issuance?.orders ?? 0, issuance?.assignments ?? 0, issuance?.units ?? 0)}</p>
      {moves && <p>{words.plan.moves(moves.added, moves.changed, moves.cancelled, moves.kept)}</p>}
      <TaskList title={words.plan.unanswered} ids={preview.unansweredTasks} tasks={tasks} />
      <TaskList title={words.plan.withoutLead} ids={preview.tasksWithoutLead} tasks={tasks} />
      <TaskList title={words.plan.withoutDeadline} ids={preview.tasksWithoutDeadline} tasks={tasks} />
      <TaskList title={words.plan.past} ids={preview.pastTasks} tasks={tasks} />
      <h2>{words.plan.shares}</h2>
      <ul className="shares">
        {preview.shares.map((share) => (
          <li key={share.unit}>{share.unitDisplayName} <b>{share.assignments}</b></li>
        ))}
      </ul>
      {blocking === 0 && <PublishForm plan={plan} etag={preview.etag} />}
    </div>
  );
}

/** Who would get what if the draft were published now. */
export function PreviewTab({ plan }: { plan: Plan }) {
  const { plans } = useClients();
  const asked = useQuery({
    // A changed draft has another etag, and a published one no preview: of changes only the directory's are news.
    queryKey: ['preview', plan.name, plan.etag],
    meta: live('units', 'groups'),
    queryFn: () => plans.previewPublication({ name: plan.name }),
  });
  return <Answered asked={asked}>{(preview) => <Shown plan={plan} preview={preview} />}</Answered>;
}
