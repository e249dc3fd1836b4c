import { Alert, Button, Input } from 'antd';
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router-dom';

import { lastOf } from '../../../api/names';
import { useUnitNames } from '../../../api/units';
import { Answered } from '../../../components/Answered';
import { FactTable } from '../../../components/FactTable';
import { Nothing } from '../../../components/Nothing';
import { Role } from '../../../gen/duban/v1/access_pb';
import { type Grant, Grant_State, type Person } from '../../../gen/duban/v1/person_pb';
import { useLanguage, useWords, wordOf } from '../../../words';
import { CreatePerson } from './CreatePerson';
import { personOf, standing, useGrants, usePeople } from './people';
import { PersonState } from './PersonState';

function Roles({ grants, nameOf }: { grants: readonly Grant[]; nameOf: (unit: string) => string }) {
  const words = useWords();
  const language = useLanguage();
  const said = grants.map((grant) => {
    const role = wordOf(words.Role, Role, grant.role);
    const waits = grant.state === Grant_State.AWAITING_APPROVAL ? ` (${words.Grant_State.AWAITING_APPROVAL})` : '';
    return `${grant.unit === '' ? words.person.wholeNode : nameOf(grant.unit)} ${role}${waits}`;
  });
  return <>{said.join(language === 'zh' ? '、' : ', ')}</>;
}

function Table({ people, grants }: { people: readonly Person[]; grants: readonly Grant[] }) {
  const words = useWords();
  const nameOf = useUnitNames(grants.map((grant) => grant.unit));
  if (people.length === 0) return <Nothing what={words.person.empty} />;
  return (
    <FactTable label={words.system.people} columns={[words.person.name, words.person.id, words.person.state, words.person.roles]}>
      {people.map((person) => (
        <tr key={person.name}>
          <th scope="row"><Link to={lastOf(person.name)}>{person.displayName === '' ? lastOf(person.name) : person.displayName}</Link></th>
          <td>{lastOf(person.name)}</td>
          <td><PersonState person={person} /></td>
          <td className="wide-words"><Roles grants={grants.filter((grant) => personOf(grant) === person.name)} nameOf={nameOf} /></td>
        </tr>
      ))}
    </FactTable>
  );
}

/** Everybody who signs in at this node, with what they hold; who waits for an approval comes first. */
export function PeopleList() {
  const words = useWords();
  const [params, setParams] = useSearchParams();
  const [creating, setCreating] = useState(false);
  const people = usePeople();
  const grants = useGrants('');
  const text = params.get('q') ?? '';
  const held = standing(grants.data ?? []);
  const waiting = new Set(held.filter((grant) => grant.state === Grant_State.AWAITING_APPROVAL).map(personOf));
  const fits = (person: Person): boolean => person.displayName.includes(text) || lastOf(person.name).includes(text);
  return (
    <div className="column">
      <div className="row">
        <Input.Search
          className="field-unit"
          aria-label={words.person.search}
          placeholder={words.person.search}
          defaultValue={text}
          allowClear
          onSearch={(q) => { setParams(q === '' ? {} : { q }); }}
        />
        <span className="push" />
        <Button type="primary" onClick={() => { setCreating(true); }}>{words.person.create}</Button>
      </div>
      {waiting.size > 0 && <Alert type="warning" showIcon message={words.person.asks(waiting.size)} />}
      <Answered asked={people}>
        {(all) => (
          <Table
            people={all.filter(fits).sort((a, b) => Number(waiting.has(b.name)) - Number(waiting.has(a.name)))}
            grants={held}
          />
        )}
      </Answered>
      {creating && <CreatePerson onClose={() => { setCreating(false); }} />}
    </div>
  );
}
