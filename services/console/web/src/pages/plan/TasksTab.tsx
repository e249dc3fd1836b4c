import { Input, Tag } from 'antd';
import { useMemo, useState } from 'react';

import { Nothing } from '../../components/Nothing';
import type { Plan, Task } from '../../gen/duban/v1/plan_pb';
import { deadlineWords, useLanguage, useWords } from '../../words';
import { isOpen } from '../draft/findings';
import { type Branch, countOf, matches, taskNumber, treeOf } from './taskTree';
import { Units } from './Units';

function TaskEntry({ task, findings }: { task: Task; findings: number }) {
  const words = useWords();
  const language = useLanguage();
  return (
    <li className="task">
      <span className="task-number">{taskNumber(task)}</span>
      <div className="card-body">
        {task.title !== '' && <b>{task.title}</b>}
        <div className="lines">{task.text}</div>
        <div className="card-facts">
          <span>{words.list.deadline} {deadlineWords(task.deadline, words, language)}</span>
          <Units responsibilities={task.responsibilities} />
          {findings > 0 && <Tag color="volcano">{words.plan.findings(findings)}</Tag>}
        </div>
      </div>
    </li>
  );
}

function BranchView({ branch, findingsOf }: { branch: Branch; findingsOf: (task: Task) => number }) {
  return (
    <>
      {branch.tasks.length > 0 && (
        <ul className="tasks">
          {branch.tasks.map((task) => <TaskEntry key={task.taskId} task={task} findings={findingsOf(task)} />)}
        </ul>
      )}
      {branch.branches.map((one) => (
        <details key={one.key} open className="branch">
          <summary>{one.title} <span className="quiet">{countOf(one)}</span></summary>
          <BranchView branch={one} findingsOf={findingsOf} />
        </details>
      ))}
    </>
  );
}

/** Headings and tasks as the document has them. */
export function TasksTab({ plan }: { plan: Plan }) {
  const words = useWords();
  const [wanted, setWanted] = useState('');
  const tree = useMemo(() => treeOf(plan.tasks.filter((task) => matches(task, wanted))), [plan.tasks, wanted]);
  const open = useMemo(() => {
    const counts = new Map<string, number>();
    for (const finding of plan.findings) {
      if (!isOpen(finding)) continue;
      counts.set(finding.task, (counts.get(finding.task) ?? 0) + 1);
    }
    return counts;
  }, [plan.findings]);
  return (
    <div className="paper column">
      <Input.Search
        className="narrow"
        allowClear
        placeholder={words.plan.search}
        aria-label={words.plan.search}
        onChange={(event) => { setWanted(event.target.value); }}
      />
      {countOf(tree) === 0 && <Nothing what={words.plan.noMatch} />}
      <div><BranchView branch={tree} findingsOf={(task) => open.get(task.taskId) ?? 0} /></div>
    </div>
  );
}
