import { Tag } from 'antd';
import { Link, useSearchParams } from 'react-router-dom';

import { lastOf } from '../../../api/names';
import { useGroups } from '../../../api/units';
import { Answered } from '../../../components/Answered';
import { Nothing } from '../../../components/Nothing';
import type { UnitGroup } from '../../../gen/duban/v1/unit_pb';
import { useWords } from '../../../words';
import { DayField, useDay } from '../DayField';
import { GroupFacts } from './GroupFacts';

function Whole({ groups }: { groups: readonly UnitGroup[] }) {
  const words = useWords();
  const day = useDay();
  const [params] = useSearchParams();
  const chosen = groups.find((group) => lastOf(group.name) === params.get('group')) ?? groups[0];
  if (chosen === undefined) return <Nothing what={words.directory.noGroups} />;
  const pathOf = (group: UnitGroup): string => {
    const next = new URLSearchParams(params);
    next.set('group', lastOf(group.name));
    return `/directory/groups?${next.toString()}`;
  };
  return (
    <>
      <div className="row filters"><DayField /></div>
      <div className="two-columns directory">
        <ul className="cards">
          {groups.map((group) => (
            <li key={group.name} className={group === chosen ? 'chosen' : undefined}>
              <div className="card-body">
                <Link className="card-text" to={pathOf(group)} aria-current={group === chosen}>{group.displayName}</Link>
                <div className="card-facts">{group.aliases.map((one) => <Tag key={one}>{one}</Tag>)}</div>
              </div>
            </li>
          ))}
        </ul>
        <GroupFacts group={chosen} day={day} />
      </div>
    </>
  );
}

/** Collective addressees, and whom they mean on a day. */
export default function GroupsSection() {
  const asked = useGroups();
  return <div className="column"><Answered asked={asked}>{(groups) => <Whole groups={groups} />}</Answered></div>;
}
