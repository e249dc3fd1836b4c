import { Alert, Descriptions } from 'antd';

import { numberOf } from '../../api/assignments';
import { lastOf } from '../../api/names';
import { useUnitNames } from '../../api/units';
import { Light } from '../../components/Light';
import { State } from '../../components/State';
import type { Assignment } from '../../gen/duban/v1/assignment_pb';
import { Responsibility_Role } from '../../gen/duban/v1/plan_pb';
import { deadlineWords, dutyChangeWords, timeWords, useLanguage, useWords, wordOf } from '../../words';

function Changes({ assignment }: { assignment: Assignment }) {
  const words = useWords();
  const language = useLanguage();
  if (assignment.dutyChanges.length === 0) return null;
  return (
    <Alert
      type="warning"
      showIcon
      message={assignment.dutyChanges.map((change) => (
        <div key={change.planRevision}>
          {words.one.changed(change.planRevision)} {dutyChangeWords(change, words, language)}
          {change.reason !== '' && <> — {words.one.reason}{words.app.colon}{change.reason}</>}
          {change.textBefore !== '' && <div className="lines quiet">{words.one.textBefore}{words.app.colon}{change.textBefore}</div>}
        </div>
      ))}
    />
  );
}

/** What is asked, of whom, by whom, until when; and where it stands. */
export function Facts({ assignment }: { assignment: Assignment }) {
  const words = useWords();
  const language = useLanguage();
  const nameOf = useUnitNames([assignment.readdressedTo, assignment.readdressedFrom]);
  const { one } = words;
  const role = wordOf(words.Responsibility_Role, Responsibility_Role, assignment.role);
  const unit = assignment.unitDisplayName === '' ? lastOf(assignment.unit) : assignment.unitDisplayName;
  const addressedAs = assignment.addressedAs === assignment.unitDisplayName ? '' : assignment.addressedAs;
  const facts: [string, string][] = [
    [one.unit, `${unit} · ${role}`],
    [one.addressedAs, addressedAs],
    [one.deadline, deadlineWords(assignment.deadline, words, language)],
    [one.issuedDue, assignment.issuedDue],
    [one.issuer, assignment.issuerDisplayName === '' ? lastOf(assignment.issuer) : assignment.issuerDisplayName],
    [one.issueTime, timeWords(assignment.issueTime)],
    [one.cancelReason, assignment.cancelReason],
    [one.readdressedTo, assignment.readdressedTo === '' ? '' : nameOf(assignment.readdressedTo)],
    [one.readdressedFrom, assignment.readdressedFrom === '' ? '' : nameOf(assignment.readdressedFrom)],
    [one.alignedPlans, assignment.decomposition?.planTitles.join('、') ?? ''],
  ];
  return (
    <section className="paper column">
      <div className="row">
        <span className="quiet">{one.title(assignment.planTitle, numberOf(assignment))}</span>
        <span className="push" />
        <State assignment={assignment} />
        <Light light={assignment.light} />
      </div>
      {assignment.headings.length > 0 && <div className="quiet">{assignment.headings.join(' › ')}</div>}
      <h1 className="lines task-text">{assignment.text}</h1>
      <Changes assignment={assignment} />
      <Descriptions
        size="small"
        column={{ xs: 1, sm: 1, md: 2, lg: 3, xl: 3, xxl: 3 }}
        items={facts.filter(([, value]) => value !== '').map(([label, value]) => ({ key: label, label, children: value }))}
      />
    </section>
  );
}
