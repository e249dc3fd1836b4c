import { Tag } from 'antd';

import { type Finding, Finding_Settlement, type Plan } from '../../gen/duban/v1/plan_pb';
import { timeWords, useWords, wordOf } from '../../words';
import { isOpen } from '../draft/findings';
import { taskNumber } from './taskTree';

function FindingEntry({ finding, plan }: { finding: Finding; plan: Plan }) {
  const words = useWords();
  const task = plan.tasks.find((one) => one.taskId === finding.task);
  return (
    <div className="entry column finding">
      <div className="row">
        {isOpen(finding) || <Tag>{wordOf(words.Finding_Settlement, Finding_Settlement, finding.settlement)}</Tag>}
        <span>{finding.message}</span>
        {finding.line > 0 && <span className="quiet">{words.plan.line(finding.line)}</span>}
      </div>
      {task && <div className="two-lines quiet">{taskNumber(task)} {task.text}</div>}
      {finding.proposal !== '' && <div>{words.plan.proposal}{words.app.colon}<b>{finding.proposal}</b></div>}
      {finding.answer !== '' && <div>{words.plan.answer}{words.app.colon}<b>{finding.answer}</b></div>}
      {finding.settledBy !== '' && <div className="quiet">{words.plan.settledBy(finding.settledBy)} {timeWords(finding.settleTime)}</div>}
    </div>
  );
}

/** What was doubtful in the document of a published plan, and how it was answered. */
export function FindingsTab({ plan }: { plan: Plan }) {
  const sorted = [...plan.findings].sort((a, b) => Number(isOpen(b)) - Number(isOpen(a)));
  return (
    <div className="paper">
      {sorted.map((finding) => <FindingEntry key={finding.findingId} finding={finding} plan={plan} />)}
    </div>
  );
}
