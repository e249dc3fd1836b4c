import { Button, Checkbox, Input, Space, Tag } from 'antd';
import { useContext, useState } from 'react';

import { type Finding, Finding_Settlement } from '../../gen/duban/v1/plan_pb';
import { timeWords, useWords, wordOf } from '../../words';
import { DeskContext } from './deskContext';
import { answerKind, canAccept, canBeRemembered, choicesOf, dismissal, HINTS_APPLIED, isOpen } from './findings';
import { useTypedText } from './typed';
import { answerId, type DeskActions } from './useDesk';

interface Props {
  finding: Finding;
  /** The open ones that ask the same about the same words, this one included. */
  alike: readonly Finding[];
  isCurrent: boolean;
  isRemembered: boolean;
  actions: DeskActions;
}

const { ACCEPTED, ANSWERED, DISMISSED } = Finding_Settlement;

/** What was said of the office's earlier documents does not fit this one. */
function ReadAnew() {
  const words = useWords();
  const { onReadAnew } = useContext(DeskContext);
  return <Button size="small" aria-haspopup="dialog" onClick={onReadAnew}>{words.draft.readAnew}</Button>;
}

function Answering({ finding, alike, isRemembered, actions }: Props) {
  const words = useWords();
  const [together, setTogether] = useState(false);
  const [own, setOwn] = useTypedText(finding.findingId);
  const which = together ? alike : [finding];
  const settle = (settlement: Finding_Settlement, answer = '', onward = false): void =>
    void actions.settle(which, settlement, answer, onward);
  const answered = (onward: boolean): void => { if (own.trim() !== '') settle(ANSWERED, own.trim(), onward); };
  const choices = choicesOf(finding);
  const meant = own.trim() === '' ? (choices[0] ?? finding.proposal) : own.trim();
  return (
    <>
      <div className="row">
        {choices.map((choice, i) => (
          <Button key={choice} type={i === 0 ? 'primary' : 'default'} size="small" onClick={() => { settle(ANSWERED, choice); }}>{choice}</Button>
        ))}
        {canAccept(finding) && (
          <Button type="primary" size="small" onClick={() => { settle(ACCEPTED); }}>{words.plan.accept}</Button>
        )}
        <Button size="small" title={words.draft.dismissed[dismissal(finding.code)]} onClick={() => { settle(DISMISSED); }}>{words.plan.dismiss}</Button>
        {finding.code === HINTS_APPLIED && <ReadAnew />}
        <Space.Compact size="small" className="answer">
          <Input
            id={answerId(finding.findingId)}
            aria-label={words.plan.answerOther}
            placeholder={words.draft.placeholder[answerKind(finding.code)]}
            maxLength={1000}
            value={own}
            onChange={(event) => { setOwn(event.target.value); }}
            onPressEnter={(event) => { if (!event.nativeEvent.isComposing) answered(true); }}
            onKeyDown={(event) => { if (event.key === 'Escape') actions.go(finding.task, finding.findingId); }}
          />
          <Button disabled={own.trim() === ''} onClick={() => { answered(false); }}>{words.plan.answerOther}</Button>
        </Space.Compact>
      </div>
      <div className="row">
        {alike.length > 1 && (
          <Checkbox checked={together} onChange={(event) => { setTogether(event.target.checked); }}>{words.draft.alsoAlike(alike.length)}</Checkbox>
        )}
        {canBeRemembered(finding, meant) && (
          <Checkbox
            checked={isRemembered}
            onChange={(event) => { actions.setRemember(finding.findingId, event.target.checked); }}
          >
            {words.draft.remember(finding.subject)}
          </Checkbox>
        )}
      </div>
    </>
  );
}

/** One question about a task, answered in its place. */
export function OpenFinding(props: Props) {
  const words = useWords();
  const { finding, isCurrent } = props;
  const codes: Record<string, string> = words.code;
  return (
    <div className={`question${isCurrent ? ' current' : ''}`} data-finding={finding.findingId}>
      <div><Tag color={finding.blocking ? 'red' : 'default'}>{codes[finding.code] ?? finding.code}</Tag>{finding.message}</div>
      {canAccept(finding) && <div>{words.draft.proposes}{words.app.colon}<b>{finding.proposal}</b></div>}
      <Answering {...props} />
    </div>
  );
}

function SettledFinding({ finding, actions }: { finding: Finding; actions: DeskActions }) {
  const words = useWords();
  const codes: Record<string, string> = words.code;
  const answer = finding.settlement === ACCEPTED ? finding.proposal : finding.answer;
  return (
    <li>
      {codes[finding.code] ?? finding.code}
      {finding.subject !== '' && <> “{finding.subject}”</>}
      {words.app.colon}{wordOf(words.Finding_Settlement, Finding_Settlement, finding.settlement)} <b>{answer}</b>
      {finding.settledBy !== '' && <span className="quiet"> {words.plan.settledBy(finding.settledBy)} {timeWords(finding.settleTime)}</span>}
      <Button type="link" size="small" onClick={() => { actions.reopen(finding); }}>{words.draft.reopen}</Button>
    </li>
  );
}

/** What was answered about a task, to be looked at or taken back. */
export function SettledFindings({ findings, actions }: { findings: readonly Finding[]; actions: DeskActions }) {
  const words = useWords();
  const settled = findings.filter((finding) => !isOpen(finding));
  if (settled.length === 0) return null;
  return (
    <details className="settled">
      <summary>{words.draft.settledOnes(settled.length)}</summary>
      <ul>{settled.map((finding) => <SettledFinding key={finding.findingId} finding={finding} actions={actions} />)}</ul>
    </details>
  );
}
