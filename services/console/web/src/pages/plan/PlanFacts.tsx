import { Descriptions } from 'antd';
import type { ReactNode } from 'react';
import { Link } from 'react-router-dom';

import { ANY, listPath } from '../../api/filter';
import { lastOf } from '../../api/names';
import { useUnitNames } from '../../api/units';
import { useWho } from '../../app/session';
import { holdsFor, ISSUER_READERS } from '../../app/who';
import { type Plan, Plan_Stage, Plan_State } from '../../gen/duban/v1/plan_pb';
import { useWords, wordOf } from '../../words';
import { boardPath, UNIT } from '../board/boardQuery';
import { PlanState } from '../plans/PlanList';

interface Props {
  plan: Plan;
  /** What can be done with it. */
  children: ReactNode;
}

/** What it is, who published it when, and the way to what came of it. */
export function PlanFacts({ plan, children }: Props) {
  const words = useWords();
  const who = useWho();
  const nameOf = useUnitNames([plan.issuer]);
  const facts: [string, string][] = [
    [words.plan.issuer, plan.issuer === '' ? plan.issuingUnit : nameOf(plan.issuer)],
    [words.plan.documentNumber, plan.documentNumber],
    [words.plan.issueDate, plan.issueDate],
    [words.plan.publishDate, plan.publishDate],
    [words.plans.year, plan.year === 0 ? '' : String(plan.year)],
    [words.plan.stage, plan.stage === Plan_Stage.STAGE_UNSPECIFIED ? '' : wordOf(words.Plan_Stage, Plan_Stage, plan.stage)],
    [words.plan.implements, plan.implements],
    [words.plan.withdrawn, plan.withdrawReason],
  ];
  const query = { ...ANY, plan: lastOf(plan.name) };
  const isIssued = plan.state !== Plan_State.DRAFT && holdsFor(who, plan.issuer, ...ISSUER_READERS);
  return (
    <section className="paper column">
      <div className="row">
        <h1>{plan.title}</h1>
        <PlanState plan={plan} />
        {plan.revision > 0 && <span className="quiet">{words.plan.revision(plan.revision)}</span>}
        <span className="push" />
        {isIssued && <Link to={listPath(query)}>{words.plan.assignmentsOf}</Link>}
        {isIssued && <Link to={boardPath(query, UNIT)}>{words.plan.boardOf}</Link>}
        {children}
      </div>
      {plan.revises !== '' && (
        <p>{words.draft.revises} <Link to={`/plans/${lastOf(plan.revises)}`}>{words.draft.inForce}</Link></p>
      )}
      <Descriptions
        size="small"
        column={{ xs: 1, sm: 1, md: 2, lg: 3, xl: 3, xxl: 4 }}
        items={facts.filter(([, value]) => value !== '').map(([label, value]) => ({ key: label, label, children: value }))}
      />
    </section>
  );
}
