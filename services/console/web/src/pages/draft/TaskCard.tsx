import { memo } from 'react';

import type { Finding, Task } from '../../gen/duban/v1/plan_pb';
import { deadlineWords, useLanguage, useWords } from '../../words';
import { taskNumber } from '../plan/taskTree';
import { Units } from '../plan/Units';
import { OpenFinding, SettledFindings } from './FindingEntry';
import { isOpen } from './findings';
import { TaskTools } from './TaskTools';
import { cardId, type DeskActions } from './useDesk';

interface Props {
  task: Task;
  findings: readonly Finding[];
  alikeOf: (finding: Finding) => readonly Finding[];
  hue: number;
  isLit: boolean;
  isChosen: boolean;
  /** Reached by the tabulator. */
  isStop: boolean;
  /** The question that keys answer, where it is one of this task's. */
  current: string;
  remembered: ReadonlySet<string>;
  actions: DeskActions;
}

/** A task as it was read, with what is asked about it. */
export const TaskCard = memo(function TaskCard(props: Props) {
  const { task, findings, alikeOf, hue, isLit, isChosen, isStop, current, remembered, actions } = props;
  const words = useWords();
  const language = useLanguage();
  return (
    <li
      id={cardId(task.taskId)}
      className={`task-card hue-${String(hue)}${isLit ? ' lit' : ''}${isChosen ? ' chosen' : ''}`}
      tabIndex={isStop ? 0 : -1}
      onFocus={() => { actions.look(task.taskId); }}
      onMouseEnter={() => { actions.hover(task.taskId); }}
      onMouseLeave={() => { actions.hover(null); }}
    >
      <span className="task-number">{taskNumber(task)}</span>
      <div className="card-body">
        {task.title !== '' && <b>{task.title}</b>}
        <div className="lines">{task.text}</div>
        <div className="card-facts">
          <span>{words.list.deadline} {deadlineWords(task.deadline, words, language)}</span>
          <Units responsibilities={task.responsibilities} />
        </div>
        {findings.filter(isOpen).map((finding) => (
          <OpenFinding
            key={finding.findingId}
            finding={finding}
            alike={alikeOf(finding)}
            isCurrent={current === finding.findingId}
            isRemembered={remembered.has(finding.findingId)}
            actions={actions}
          />
        ))}
        <SettledFindings findings={findings} actions={actions} />
        {isChosen && <TaskTools task={task} actions={actions} />}
      </div>
    </li>
  );
});
