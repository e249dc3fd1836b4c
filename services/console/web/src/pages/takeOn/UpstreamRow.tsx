import { Button, Select, Tag } from 'antd';
import type { ReactNode } from 'react';

import { planOf } from '../../api/names';
import type { Plan, Task } from '../../gen/duban/v1/plan_pb';
import { deadlineWords, useLanguage, useWords } from '../../words';
import { taskNumber } from '../plan/taskTree';
import { Units } from '../plan/Units';
import type { Proposal, Upstream } from './upstream';

export function rowId(name: string): string {
  return `upstream-${name}`;
}

export interface RowActs {
  confirm: (upstream: Upstream, task: Task) => void;
  undo: (upstream: Upstream) => void;
  dismiss: (upstream: Upstream, task: Task) => void;
  add: (upstream: Upstream) => void;
}

interface Props {
  upstream: Upstream;
  /** The plan it is of; undefined while it is not here. */
  above: Plan | undefined;
  plan: Plan;
  proposals: readonly Proposal[];
  isStop: boolean;
  /** Undefined: nothing can be changed. */
  acts: RowActs | undefined;
  onFocus: () => void;
}

function Above({ upstream, above }: { upstream: Upstream; above: Plan | undefined }) {
  const words = useWords();
  const language = useLanguage();
  const task = above?.tasks.find((one) => one.name === upstream.name || upstream.name.endsWith(`/${one.taskId}`));
  return (
    <div className="above">
      <div className="quiet">{above?.title ?? planOf(upstream.name)} {task && taskNumber(task)}</div>
      <div className="lines">{task?.text ?? upstream.text}</div>
      {task && (
        <div className="card-facts">
          <span>{words.list.deadline} {deadlineWords(task.deadline, words, language)}</span>
          <Units responsibilities={task.responsibilities} />
        </div>
      )}
    </div>
  );
}

function Own({ task, children }: { task: Task; children: ReactNode }) {
  const words = useWords();
  const language = useLanguage();
  return (
    <li>
      <div className="card-body">
        <div className="lines">{taskNumber(task)} {task.text}</div>
        <div className="card-facts"><span>{words.list.deadline} {deadlineWords(task.deadline, words, language)}</span></div>
      </div>
      <div className="card-acts">{children}</div>
    </li>
  );
}

/** A task of a superior on the left, what of the own plan may take it on, or does, on the right. */
export function UpstreamRow({ upstream, above, plan, proposals, isStop, acts, onFocus }: Props) {
  const words = useWords();
  const isTaken = upstream.taken.length > 0;
  return (
    <li id={rowId(upstream.name)} className="pair" tabIndex={isStop ? 0 : -1} onFocus={onFocus}>
      <Above upstream={upstream} above={above} />
      <div className="column own">
        {isTaken && (
          <ul className="proposals">
            {upstream.taken.map((task) => (
              <Own key={task.taskId} task={task}>
                <Tag color="green">✓ {words.takeOn.confirmed}</Tag>
                {acts && <Button size="small" onClick={() => { acts.undo(upstream); }}>{words.takeOn.undo}</Button>}
              </Own>
            ))}
          </ul>
        )}
        {!isTaken && proposals.length === 0 && <div className="quiet">{words.takeOn.noProposal}</div>}
        {!isTaken && (
          <ul className="proposals">
            {proposals.map(({ task, score }, i) => (
              <Own key={task.taskId} task={task}>
                <span className="quiet">{words.takeOn.likeness(Math.round(score * 100))}</span>
                {acts && (
                  <>
                    <Button size="small" type={i === 0 ? 'primary' : 'default'} onClick={() => { acts.confirm(upstream, task); }}>{words.takeOn.confirm}</Button>
                    <Button size="small" type="text" onClick={() => { acts.dismiss(upstream, task); }}>{words.takeOn.notThis}</Button>
                  </>
                )}
              </Own>
            ))}
          </ul>
        )}
        {!isTaken && acts && (
          <div className="row">
            <Select<string>
              size="small"
              className="field-plan"
              showSearch
              optionFilterProp="label"
              aria-label={words.takeOn.other}
              placeholder={words.takeOn.other}
              value={null}
              options={plan.tasks.map((task) => ({ value: task.taskId, label: `${taskNumber(task)} ${task.text}` }))}
              onChange={(id) => {
                const task = plan.tasks.find((one) => one.taskId === id);
                if (task !== undefined) acts.confirm(upstream, task);
              }}
            />
            <Button size="small" onClick={() => { acts.add(upstream); }}>{words.takeOn.add}</Button>
          </div>
        )}
      </div>
    </li>
  );
}
