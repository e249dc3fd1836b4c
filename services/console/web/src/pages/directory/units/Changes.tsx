import { Link, useSearchParams } from 'react-router-dom';

import { lastOf } from '../../../api/names';
import type { Unit } from '../../../gen/duban/v1/unit_pb';
import { useWords } from '../../../words';
import { changesOf } from '../unitsOnDay';

const SHOWN = 50;

/** Days on which the directory changed; each opens the directory of that day. */
export function Changes({ units, day }: { units: readonly Unit[]; day: string }) {
  const words = useWords();
  const [params] = useSearchParams();
  const changes = changesOf(units);
  if (changes.length === 0) return null;
  const nameOf = (name: string): string => units.find((one) => one.name === name)?.displayName ?? lastOf(name);
  const pathOf = (on: string): string => {
    const next = new URLSearchParams(params);
    next.set('on', on);
    return `/directory/units?${next.toString()}`;
  };
  return (
    <section className="paper column">
      <h2>{words.directory.changes}</h2>
      <p className="quiet">{words.directory.changesHint}</p>
      <ul className="timeline">
        {changes.slice(0, SHOWN).map((one) => (
          <li key={`${one.day}/${one.kind}/${one.unit.name}/${one.superior}`}>
            <Link to={pathOf(one.day)} aria-current={one.day === day ? 'date' : undefined}>{one.day}</Link>{' '}
            {one.kind === 'began' || one.kind === 'ended'
              ? words.directory[one.kind](one.unit.displayName)
              : words.directory[one.kind](one.unit.displayName, nameOf(one.superior))}
          </li>
        ))}
      </ul>
    </section>
  );
}
