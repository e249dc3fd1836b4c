import { Select } from 'antd';

import { lastOf } from '../api/names';
import { usePlans } from '../api/plans';
import { useUnitNames, useUnits } from '../api/units';
import { Plan_State } from '../gen/duban/v1/plan_pb';
import { useWords } from '../words';
import type { Scope } from './useScope';

/** Which plan and which unit. A person sees all units of their own plans, and their own units in all plans. */
export function ScopeFields({ scope }: { scope: Scope }) {
  const words = useWords();
  const { query, ownPlans, ownUnits } = scope;
  const isOwnPlan = ownPlans.plans.some((plan) => lastOf(plan.name) === query.plan);
  const units = useUnits(isOwnPlan);
  const nameOf = useUnitNames(ownUnits);
  const unitOptions = isOwnPlan
    ? (units.data ?? []).map((unit) => ({ value: lastOf(unit.name), label: unit.displayName }))
    : ownUnits.map((unit) => ({ value: lastOf(unit), label: nameOf(unit) }));
  // What a link names is shown although it is none of those that are offered.
  if (query.unit !== '' && !unitOptions.some((one) => one.value === query.unit)) {
    unitOptions.push({ value: query.unit, label: query.unit });
  }
  // Of plans that others published a person sees their own units' share.
  const others = usePlans(ownUnits[0] ?? '', Plan_State.PUBLISHED);
  const plans = new Map([...ownPlans.plans, ...(others.data ?? [])].map((plan) => [plan.name, plan.title]));
  const planOptions = [...plans].map(([name, title]) => ({ value: lastOf(name), label: title }));
  if (query.plan !== '' && !planOptions.some((one) => one.value === query.plan)) {
    planOptions.push({ value: query.plan, label: query.plan });
  }
  const choosePlan = (plan: string): void => {
    const fallback = ownUnits[0] === undefined ? '' : lastOf(ownUnits[0]);
    const isOwn = ownPlans.plans.some((one) => lastOf(one.name) === plan);
    const unit = query.unit === '' && !isOwn ? fallback : query.unit;
    scope.set({ plan, unit, heading: '', withoutHeading: false });
  };
  return (
    <>
      {planOptions.length > 0 && (
        <Select
          className="field-plan"
          aria-label={words.list.plan}
          value={query.plan}
          showSearch
          optionFilterProp="label"
          options={[...(ownUnits.length > 0 ? [{ value: '', label: words.list.anyPlan }] : []), ...planOptions]}
          onChange={choosePlan}
        />
      )}
      <Select
        className="field-unit"
        aria-label={words.list.unit}
        value={query.unit}
        showSearch
        optionFilterProp="label"
        options={[...(isOwnPlan ? [{ value: '', label: words.list.anyUnit }] : []), ...unitOptions]}
        onChange={(unit: string) => { scope.set({ unit }); }}
      />
    </>
  );
}
