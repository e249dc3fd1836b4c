import { Link, useParams } from 'react-router-dom';

import { lastOf } from '../../../api/names';
import { Answered } from '../../../components/Answered';
import { Nothing } from '../../../components/Nothing';
import type { Person } from '../../../gen/duban/v1/person_pb';
import { timeWords, useWords } from '../../../words';
import { Grants } from './Grants';
import { usePeople } from './people';
import { PersonActs } from './PersonActs';
import { PersonState } from './PersonState';
import { Sessions } from './Sessions';

function Whole({ person }: { person: Person }) {
  const words = useWords();
  return (
    <>
      <section className="paper column">
        <div className="row">
          <h2>{person.displayName} <span className="quiet">{lastOf(person.name)}</span></h2>
          <PersonState person={person} />
        </div>
        <p className="quiet">{words.person.passwordSet} {timeWords(person.passwordTime)}</p>
        <PersonActs person={person} />
      </section>
      <Grants person={person} />
      <Sessions person={person} />
      <div><Link to={`/system/why?person=${lastOf(person.name)}`}>{words.system.why}</Link></div>
    </>
  );
}

/** One person: whether they can sign in, what they hold, where they are signed in. */
export function PersonPage() {
  const words = useWords();
  const { person = '' } = useParams();
  const asked = usePeople();
  return (
    <div className="column">
      <div><Link to="/system/people">{words.system.people}</Link></div>
      <Answered asked={asked}>
        {(all) => {
          const one = all.find((each) => lastOf(each.name) === person);
          return one === undefined ? <Nothing what={words.fault.notFound} /> : <Whole person={one} />;
        }}
      </Answered>
    </div>
  );
}
