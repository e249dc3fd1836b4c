import { Tag } from 'antd';

import { type Assignment, ExtensionAnswer_Verdict, Ruling_Decision } from '../../gen/duban/v1/assignment_pb';
import { useWords, wordOf } from '../../words';
import { By } from './By';
import { answerOf, rulingOf } from './facts';

/** Declines and requests for an extension, each with its answer. */
export function Requests({ assignment }: { assignment: Assignment }) {
  const words = useWords();
  const { declines = [], extensionRequests = [] } = assignment.execution ?? {};
  if (declines.length + extensionRequests.length === 0) return null;
  return (
    <section className="paper">
      <h2>{words.one.requests}</h2>
      {declines.map((one) => {
        const ruling = rulingOf(assignment, one);
        return (
          <div className="entry" key={one.declineId}>
            <div className="row"><Tag color="volcano">{words.act.decline}</Tag><By who={one.decliner} agent={one.agent} time={one.declineTime} /></div>
            <div className="lines">{one.reason}</div>
            {ruling === undefined ? (
              <div className="quiet">{words.one.waitsForRuling}</div>
            ) : (
              <div>
                <b>{wordOf(words.Ruling_Decision, Ruling_Decision, ruling.decision)}</b> {ruling.due} {ruling.comment}{' '}
                <By who={ruling.arbiter} agent={ruling.agent} time={ruling.ruleTime} />
              </div>
            )}
          </div>
        );
      })}
      {extensionRequests.map((one) => {
        const answer = answerOf(assignment, one);
        return (
          <div className="entry" key={one.extensionId}>
            <div className="row">
              <Tag color="gold">{words.one.extendTo} {one.proposedDue}</Tag>
              <By who={one.requester} agent={one.agent} time={one.requestTime} />
            </div>
            <div className="lines">{one.reason}</div>
            {answer === undefined ? (
              <div className="quiet">{words.one.waitsForAnswer}</div>
            ) : (
              <div>
                <b>{wordOf(words.ExtensionAnswer_Verdict, ExtensionAnswer_Verdict, answer.verdict)}</b> {answer.due} {answer.comment}{' '}
                <By who={answer.answerer} agent={answer.agent} time={answer.answerTime} />
              </div>
            )}
          </div>
        );
      })}
    </section>
  );
}
