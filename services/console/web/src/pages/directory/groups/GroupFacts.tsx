import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router-dom';

import { useClients } from '../../../api/clients';
import { lastOf } from '../../../api/names';
import { useUnitNames } from '../../../api/units';
import { Answered } from '../../../components/Answered';
import { Unit_Kind, type UnitGroup } from '../../../gen/duban/v1/unit_pb';
import { live } from '../../../live/kinds';
import { useLanguage, useWords, wordOf } from '../../../words';

function Made({ group }: { group: UnitGroup }) {
  const words = useWords();
  const language = useLanguage();
  const nameOf = useUnitNames([...group.members.map((one) => one.unit), ...group.selections.map((one) => one.superior)]);
  const join = language === 'zh' ? '、' : ', ';
  return (
    <ul>
      {group.selections.map((one) => (
        <li key={one.superior}>
          {words.directory.selected}{words.app.colon}
          {words.directory.selection(nameOf(one.superior), one.kinds.map((kind) => wordOf(words.Unit_Kind, Unit_Kind, kind)).join(join))}
        </li>
      ))}
      {group.members.map((one) => (
        <li key={`${one.unit}/${one.validFrom}`}>
          {words.directory.listed}{words.app.colon}{nameOf(one.unit)}{' '}
          <span className="quiet">
            {one.validFrom !== '' && words.directory.from(one.validFrom)} {one.validTo !== '' && words.directory.to(one.validTo)}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** How a group is made, and who is in it on the day, as the directory itself answers. */
export function GroupFacts({ group, day }: { group: UnitGroup; day: string }) {
  const words = useWords();
  const { directory } = useClients();
  const asked = useQuery({
    queryKey: ['group-members', group.name, group.etag, day],
    meta: live('units', 'groups'),
    queryFn: async () => (await directory.expandUnitGroup({ name: group.name, date: day })).units,
  });
  return (
    <section className="paper column">
      <h2>{group.displayName}</h2>
      <Made group={group} />
      <Answered asked={asked}>
        {(units) => (
          <>
            <h3>{words.directory.membersOn(day, units.length)}</h3>
            {units.length === 0 && <p className="quiet">{words.directory.noMembers}</p>}
            <ul className="shares">
              {units.map((unit) => <li key={unit.name}><Link to={`/directory/units?on=${day}&unit=${lastOf(unit.name)}`}>{unit.displayName}</Link></li>)}
            </ul>
          </>
        )}
      </Answered>
    </section>
  );
}
