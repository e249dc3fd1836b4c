import { Button, Input, Tag } from 'antd';
import { useState } from 'react';

import { Finding_Settlement } from '../../gen/duban/v1/plan_pb';
import { useWords } from '../../words';
import { answerKind, canAccept, choicesOf, type Group, groupsOf } from './findings';
import { useTypedText } from './typed';
import type { Desk } from './useDesk';

const { ACCEPTED, ANSWERED, DISMISSED } = Finding_Settlement;

function GroupRow({ group, desk }: { group: Group; desk: Desk }) {
  const words = useWords();
  const [own, setOwn] = useTypedText(`${group.code}/${group.subject}`);
  const [answering, setAnswering] = useState(own !== '');
  const codes: Record<string, string> = words.code;
  const { actions } = desk;
  const proposing = group.findings.filter(canAccept);
  const first = group.findings[0];
  const answer = (): void => { 
    if (own.trim() === '') return;
    void actions.settle(group.findings, ANSWERED, own.trim(), false).then((isDone) => { if (isDone) setOwn(''); });
  };
  return (
    <li>
      <div className="row">
        <Tag color={group.blocking ? 'red' : 'default'}>{codes[group.code] ?? group.code}</Tag>
        <b>{group.findings.length}</b>
        {group.subject !== '' && <span>“{group.subject}”</span>}
        {canAccept(group) && <span>→ {group.proposal}</span>}
        <span className="push" />
        {first !== undefined && (
          <Button size="small" type="link" onClick={() => { actions.go(first.task, first.findingId); }}>{words.draft.show}</Button>
        )}
        <Button size="small" onClick={() => { setAnswering(!answering); }}>{words.draft.answerAll(group.findings.length)}</Button>
        <Button size="small" onClick={() => void actions.settle(group.findings, DISMISSED, '', false)}>
          {words.draft.dismissAll(group.findings.length)}
        </Button>
        {choicesOf(group).map((choice) => (
          <Button key={choice} size="small" onClick={() => void actions.settle(group.findings, ANSWERED, choice, false)}>{choice}</Button>
        ))}
        {proposing.length > 0 && (
          <Button size="small" type="primary" onClick={() => void actions.settle(proposing, ACCEPTED, '', false)}>
            {words.draft.acceptAll(proposing.length)}
          </Button>
        )}
      </div>
      {answering && (
        <Input.Search
          autoFocus
          size="small"
          className="answer"
          aria-label={words.plan.answerOther}
          placeholder={words.draft.placeholder[answerKind(group.code)]}
          enterButton={words.plan.answerOther}
          maxLength={1000}
          value={own}
          onChange={(event) => { setOwn(event.target.value); }}
          onSearch={answer}
        />
      )}
    </li>
  );
}

/** Questions of one kind, answered at once. */
export function Alike({ desk }: { desk: Desk }) {
  const words = useWords();
  // What is asked once is answered where it stands.
  const groups = groupsOf(desk.plan).filter((group) => group.findings.length > 1);
  if (groups.length === 0) return null;
  return (
    <details className="paper alike" open>
      <summary>{words.draft.groups}</summary>
      <ul>{groups.map((group) => <GroupRow key={`${group.code}/${group.subject}`} group={group} desk={desk} />)}</ul>
    </details>
  );
}
