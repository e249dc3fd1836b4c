import { Select, Tag } from 'antd';
import { Link, useSearchParams } from 'react-router-dom';

import { lastOf } from '../../api/names';
import { usePlans } from '../../api/plans';
import { useUnitNames } from '../../api/units';
import { useWho } from '../../app/session';
import { unitsWith, WORKING_ROLES } from '../../app/who';
import { Answered } from '../../components/Answered';
import { Nothing } from '../../components/Nothing';
import { type Plan, Plan_State } from '../../gen/duban/v1/plan_pb';
import { useWords, wordOf } from '../../words';

const STATES = [Plan_State.DRAFT, Plan_State.PUBLISHED, Plan_State.WITHDRAWN];
const COLOURS: Partial<Record<Plan_State, string>> = { [Plan_State.DRAFT]: 'gold', [Plan_State.PUBLISHED]: 'blue' };

export function PlanState({ plan }: { plan: Plan }) {
  const words = useWords();
  return <Tag color={COLOURS[plan.state] ?? 'default'}>{wordOf(words.Plan_State, Plan_State, plan.state)}</Tag>;
}

function PlanCards({ plans }: { plans: Plan[] }) {
  const words = useWords();
  const nameOf = useUnitNames(plans.map((plan) => plan.issuer));
  return (
    <ul className="cards">
      {plans.map((plan) => (
        <li key={plan.name}>
          <div className="card-body">
            <Link className="card-text" to={`/plans/${lastOf(plan.name)}`}>{plan.title}</Link>
            <div className="card-facts">
              <PlanState plan={plan} />
              {plan.issuer !== '' && <span>{nameOf(plan.issuer)}</span>}
              {plan.year !== 0 && <span>{words.plans.year} {plan.year}</span>}
              {plan.publishDate !== '' && <span>{words.plans.published} {plan.publishDate}</span>}
              {plan.revision > 1 && <span>{words.plan.revision(plan.revision)}</span>}
              {plan.issuance && <span>{words.plan.previewWhat(plan.issuance.orders, plan.issuance.assignments, plan.issuance.units)}</span>}
            </div>
          </div>
        </li>
      ))}
    </ul>
  );
}

/** Plans that a unit sees, newest first: its own drafts, and whatever is published. */
export function PlanList() {
  const words = useWords();
  const [params, setParams] = useSearchParams();
  const units = unitsWith(useWho(), ...WORKING_ROLES);
  const nameOf = useUnitNames(units);
  const viewer = units.find((unit) => lastOf(unit) === params.get('unit')) ?? units[0] ?? '';
  const state = STATES.find((one) => Plan_State[one].toLowerCase() === params.get('state')) ?? Plan_State.STATE_UNSPECIFIED;
  const asked = usePlans(viewer, state);
  const set = (unit: string, to: Plan_State): void => {
    const next = new URLSearchParams();
    if (unit !== units[0]) next.set('unit', lastOf(unit));
    if (to !== Plan_State.STATE_UNSPECIFIED) next.set('state', Plan_State[to].toLowerCase());
    setParams(next);
  };
  return (
    <div className="column">
      <h1>{words.nav.plans}</h1>
      <div className="row filters">
        {units.length > 1 && (
          <Select
            className="field-unit"
            aria-label={words.plans.viewer}
            value={viewer}
            options={units.map((unit) => ({ value: unit, label: nameOf(unit) }))}
            onChange={(unit: string) => { set(unit, state); }}
          />
        )}
        <Select
          className="field-light"
          aria-label={words.plans.state}
          value={state}
          options={[
            { value: Plan_State.STATE_UNSPECIFIED, label: words.plans.anyState },
            ...STATES.map((one) => ({ value: one, label: wordOf(words.Plan_State, Plan_State, one) })),
          ]}
          onChange={(to: Plan_State) => { set(viewer, to); }}
        />
      </div>
      <Answered asked={asked}>
        {(plans) => {
          if (plans.length > 0) return <PlanCards plans={plans} />;
          return state === Plan_State.STATE_UNSPECIFIED ? (
            <Nothing what={words.plans.empty} hint={words.plans.emptyHint} />
          ) : (
            <Nothing what={words.plans.none} />
          );
        }}
      </Answered>
    </div>
  );
}
