import { App as AntApp, Button, Checkbox, Input, Space, Tag } from 'antd';
import { useState } from 'react';

import { useClients } from '../../api/clients';
import { useAct } from '../../api/useAct';
import { FaultView } from '../../components/FaultView';
import { Nothing } from '../../components/Nothing';
import { type Finding, Finding_Settlement, type Plan } from '../../gen/duban/v1/plan_pb';
import { timeWords, useWords, wordOf } from '../../words';

interface Answer {
  findingId: string;
  settlement: Finding_Settlement;
  answer: string;
}

interface EntryProps {
  finding: Finding;
  plan: Plan;
  /** The open ones with the same code and subject, this one included. */
  alike: Finding[];
  busy: boolean;
  onSettle?: ((answers: Answer[]) => void) | undefined;
}

const { ACCEPTED, ANSWERED, DISMISSED, SETTLEMENT_UNSPECIFIED } = Finding_Settlement;

function Settling({ finding, alike, busy, onSettle }: EntryProps & { onSettle: (answers: Answer[]) => void }) {
  const words = useWords();
  const [together, setTogether] = useState(false);
  const [own, setOwn] = useState('');
  const settle = (settlement: Finding_Settlement, answer = ''): void => {
    const which = together ? alike : [finding];
    onSettle(which.map((one) => ({ findingId: one.findingId, settlement, answer })));
  };
  return (
    <div className="row">
      {finding.proposal !== '' && (
        <Button type="primary" size="small" disabled={busy} onClick={() => { settle(ACCEPTED); }}>{words.plan.accept}</Button>
      )}
      <Button size="small" disabled={busy} onClick={() => { settle(DISMISSED); }}>{words.plan.dismiss}</Button>
      <Space.Compact size="small">
        <Input
          aria-label={words.plan.answerOther}
          placeholder={words.plan.answerHint}
          maxLength={1000}
          value={own}
          onChange={(event) => { setOwn(event.target.value); }}
          onPressEnter={() => { if (own.trim() !== '') settle(ANSWERED, own.trim()); }}
        />
        <Button disabled={busy || own.trim() === ''} onClick={() => { settle(ANSWERED, own.trim()); }}>{words.plan.answerOther}</Button>
      </Space.Compact>
      {alike.length > 1 && (
        <Checkbox checked={together} onChange={(event) => { setTogether(event.target.checked); }}>{words.plan.alike(alike.length)}</Checkbox>
      )}
    </div>
  );
}

function FindingEntry(props: EntryProps) {
  const words = useWords();
  const { finding, plan, onSettle } = props;
  const task = plan.tasks.find((one) => one.taskId === finding.task);
  const isOpen = finding.settlement === SETTLEMENT_UNSPECIFIED;
  return (
    <div className="entry column finding">
      <div className="row">
        {isOpen && finding.blocking && <Tag color="red">{words.plan.blocking}</Tag>}
        {!isOpen && <Tag>{wordOf(words.Finding_Settlement, Finding_Settlement, finding.settlement)}</Tag>}
        <span>{finding.message}</span>
        {finding.line > 0 && <span className="quiet">{words.plan.line(finding.line)}</span>}
      </div>
      {task && <div className="two-lines quiet">{task.printedNumber === '' ? task.number : task.printedNumber} {task.text}</div>}
      {finding.proposal !== '' && <div>{words.plan.proposal}{words.app.colon}<b>{finding.proposal}</b></div>}
      {finding.answer !== '' && <div>{words.plan.answer}{words.app.colon}<b>{finding.answer}</b></div>}
      {!isOpen && finding.settledBy !== '' && <div className="quiet">{words.plan.settledBy(finding.settledBy)} {timeWords(finding.settleTime)}</div>}
      {isOpen && onSettle !== undefined && <Settling {...props} onSettle={onSettle} />}
    </div>
  );
}

/** What is doubtful in the document, open ones first, those that block before the others. */
export function FindingsTab({ plan, maySettle }: { plan: Plan; maySettle: boolean }) {
  const words = useWords();
  const clients = useClients();
  const { message } = AntApp.useApp();
  const settle = useAct({
    call: (input: { answers: Answer[]; etag: string }, requestId) =>
      clients.plans.settleFindings({ requestId, name: plan.name, etag: input.etag, answers: input.answers }),
    onDone: () => void message.success(words.plan.settled),
  });
  if (plan.findings.length === 0) return <Nothing what={words.plan.noFindings} />;
  const rank = (one: Finding): number => (one.settlement !== SETTLEMENT_UNSPECIFIED ? 2 : one.blocking ? 0 : 1);
  const sorted = [...plan.findings].sort((a, b) => rank(a) - rank(b));
  const alike = (to: Finding): Finding[] =>
    plan.findings.filter(
      (one) => one.settlement === SETTLEMENT_UNSPECIFIED && one.code === to.code && one.subject === to.subject,
    );
  const onSettle = (answers: Answer[]): void => { settle.mutate({ answers, etag: plan.etag }); };
  return (
    <div className="paper">
      {settle.isError && <FaultView error={settle.error} />}
      {sorted.map((finding) => (
        <FindingEntry
          key={finding.findingId}
          finding={finding}
          plan={plan}
          alike={alike(finding)}
          busy={settle.isPending}
          onSettle={maySettle ? onSettle : undefined}
        />
      ))}
    </div>
  );
}
