import { Alert } from 'antd';

import { useUnitNames } from '../../api/units';
import { useWho } from '../../app/session';
import { unitsWith } from '../../app/who';
import { Role } from '../../gen/duban/v1/access_pb';
import { useWords } from '../../words';
import { IssuerSections } from './IssuerSections';
import { UnitSections } from './UnitSections';

/** What waits for whoever is signed in, with what can be done about it one click away. */
export default function DeskPage() {
  const words = useWords();
  const who = useWho();
  const working = unitsWith(who, Role.CLERK);
  const issuing = unitsWith(who, Role.REVIEWER, Role.PLANNER);
  const nameOf = useUnitNames([...working, ...issuing]);
  return (
    <div className="column">
      <h1>{words.desk.greeting(who.displayName)}</h1>
      {working.length + issuing.length === 0 && <Alert type="info" showIcon message={words.desk.noDesk} />}
      {working.map((unit) => <UnitSections key={unit} unit={unit} title={words.desk.asUnit(nameOf(unit))} />)}
      {issuing.map((unit) => (
        <IssuerSections
          key={unit}
          unit={unit}
          title={words.desk.asIssuer(nameOf(unit))}
          mayReview={who.posts.get(unit)?.has(Role.REVIEWER) === true}
        />
      ))}
    </div>
  );
}

