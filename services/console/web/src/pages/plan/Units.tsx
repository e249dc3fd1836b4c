import { type Responsibility, Responsibility_Role } from '../../gen/duban/v1/plan_pb';
import { useWords, wordOf } from '../../words';

const ROLES = [Responsibility_Role.LEAD, Responsibility_Role.RESPONSIBLE, Responsibility_Role.COOPERATE];

/** Who leads, who answers, who helps. */
export function Units({ responsibilities }: { responsibilities: readonly Responsibility[] }) {
  const words = useWords();
  return ROLES.map((role) => {
    const units = responsibilities.filter((one) => one.role === role);
    if (units.length === 0) return null;
    return (
      <span key={role}>
        {wordOf(words.Responsibility_Role, Responsibility_Role, role)}{words.app.colon}
        {units.map((one) => (one.open ? `${one.unit}${words.plan.open}` : one.unit)).join('、')}
      </span>
    );
  });
}
