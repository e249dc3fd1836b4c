import { Select, Tabs } from 'antd';
import { Link, useSearchParams } from 'react-router-dom';

import { lastOf } from '../../api/names';
import { useOwnPlans, useUnitPlans } from '../../api/plans';
import { useWho } from '../../app/session';
import { unitsWith } from '../../app/who';
import { FaultView } from '../../components/FaultView';
import { Loading } from '../../components/Loading';
import { Nothing } from '../../components/Nothing';
import { Role } from '../../gen/duban/v1/access_pb';
import { type Plan, Plan_State } from '../../gen/duban/v1/plan_pb';
import { useWords, wordOf } from '../../words';
import { OwnPlan } from './OwnPlan';
import { UnitMatrix } from './UnitMatrix';

function PlanChoice({ plans, chosen, onChoose }: { plans: Plan[]; chosen: string; onChoose: (plan: string) => void }) {
  const words = useWords();
  return (
    <Select
      className="own-plan"
      aria-label={words.takeOn.plan}
      showSearch
      optionFilterProp="label"
      value={chosen}
      options={plans.map((plan) => ({
        value: lastOf(plan.name),
        label: `${plan.title}（${wordOf(words.Plan_State, Plan_State, plan.state)}）`,
      }))}
      onChange={onChoose}
    />
  );
}

function useChoice(plans: readonly Plan[]): [string, (plan: string) => void] {
  const [params, setParams] = useSearchParams();
  const asked = params.get('plan');
  const chosen = plans.find((plan) => lastOf(plan.name) === asked) ?? plans[0];
  return [
    chosen === undefined ? '' : lastOf(chosen.name),
    (plan) => {
      const next = new URLSearchParams(params);
      next.set('plan', plan);
      setParams(next);
    },
  ];
}

/** Drafts first: what is published can only be looked at. */
function OwnChosen({ plans }: { plans: Plan[] }) {
  const words = useWords();
  const [chosen, choose] = useChoice(plans);
  if (chosen === '') {
    return (
      <Nothing what={words.takeOn.noPlans} hint={words.takeOn.noPlansHint}>
        <Link to="/import">{words.takeOn.toImport}</Link>
      </Nothing>
    );
  }
  return (
    <div className="column">
      <div><PlanChoice plans={plans} chosen={chosen} onChoose={choose} /></div>
      <OwnPlan key={chosen} name={`plans/${chosen}`} />
    </div>
  );
}

/** Of all units that one plans for. */
function Own({ units }: { units: readonly string[] }) {
  const { plans, isPending, error, refetch } = useUnitPlans(units, Plan_State.STATE_UNSPECIFIED);
  const isOwn = (plan: Plan): boolean =>
    plan.state === Plan_State.DRAFT || (plan.state === Plan_State.PUBLISHED && units.includes(plan.issuer));
  if (isPending) return <Loading />;
  return (
    <>
      {error !== null && <FaultView error={error} onRetry={refetch} />}
      <OwnChosen plans={plans.filter(isOwn).sort((a, b) => a.state - b.state)} />
    </>
  );
}

function MatrixChosen() {
  const words = useWords();
  const { plans, isPending } = useOwnPlans();
  const [chosen, choose] = useChoice(plans);
  if (chosen === '') return isPending ? null : <Nothing what={words.takeOn.noIssued} hint={words.takeOn.noIssuedHint} />;
  return (
    <div className="column">
      <div><PlanChoice plans={plans} chosen={chosen} onChoose={choose} /></div>
      <UnitMatrix plan={chosen} />
    </div>
  );
}

/** Taking on: of the superior's tasks by the own plan, and of the own plan's tasks by units. */
export default function TakeOnPage() {
  const words = useWords();
  const [params, setParams] = useSearchParams();
  const planning = unitsWith(useWho(), Role.PLANNER);
  const tabs = [{ key: 'matrix', label: words.takeOn.matrix, children: <MatrixChosen /> }];
  if (planning.length > 0) tabs.unshift({ key: 'own', label: words.takeOn.own, children: <Own units={planning} /> });
  const asked = tabs.find((tab) => tab.key === params.get('tab')) ?? tabs[0];
  return (
    <div className="column">
      <h1>{words.nav.takeOn}</h1>
      <Tabs
        destroyOnHidden
        activeKey={asked?.key ?? ''}
        items={tabs}
        onChange={(tab) => { setParams({ tab }, { replace: true }); }}
      />
    </div>
  );
}
