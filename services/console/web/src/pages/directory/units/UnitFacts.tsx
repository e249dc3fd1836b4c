import { Descriptions, Tag } from 'antd';
import { Link, useSearchParams } from 'react-router-dom';

import { lastOf } from '../../../api/names';
import { Unit_Kind, type Unit } from '../../../gen/duban/v1/unit_pb';
import { useWords, wordOf } from '../../../words';
import { holdsOn, superiorsOn } from '../unitsOnDay';
import { LifeLine } from './LifeLine';

function UnitLink({ unit, units }: { unit: string; units: readonly Unit[] }) {
  const [params] = useSearchParams();
  const found = units.find((one) => one.name === unit);
  const next = new URLSearchParams(params);
  next.set('unit', lastOf(unit));
  return <Link to={`/directory/units?${next.toString()}`}>{found?.displayName ?? lastOf(unit)}</Link>;
}

function Links({ names, units, none }: { names: readonly string[]; units: readonly Unit[]; none: string }) {
  if (names.length === 0) return <span className="quiet">{none}</span>;
  return <span className="row">{names.map((name) => <UnitLink key={name} unit={name} units={units} />)}</span>;
}

/** One unit: what it is on the day, and what it was before. */
export function UnitFacts({ unit, units, day }: { unit: Unit; units: readonly Unit[]; day: string }) {
  const words = useWords();
  const below = units.filter((one) => holdsOn(one, day) && superiorsOn(one, day).includes(unit.name)).map((one) => one.name);
  const facts = [
    { key: 'kind', label: words.directory.kind, children: wordOf(words.Unit_Kind, Unit_Kind, unit.kind) },
    ...(unit.aliases.length > 0
      ? [{ key: 'aliases', label: words.directory.aliases, children: unit.aliases.map((one) => <Tag key={one}>{one}</Tag>) }]
      : []),
    { key: 'superiors', label: words.directory.superiors, children: <Links names={superiorsOn(unit, day)} units={units} none={words.directory.noSuperior} /> },
    { key: 'below', label: words.directory.below, children: <Links names={below} units={units} none={words.directory.noBelow} /> },
    { key: 'node', label: words.directory.node, children: unit.node === '' ? unit.ownerNode : unit.node },
    { key: 'owner', label: words.directory.owner, children: unit.ownerNode },
    ...unit.contacts.map((one, i) => ({
      key: `contact-${String(i)}`,
      label: words.directory.contacts,
      children: [one.person, one.phone, one.email].filter((said) => said !== '').join(' '),
    })),
  ];
  return (
    <section className="paper column">
      <div className="row">
        <h2>{unit.displayName}</h2>
        {!holdsOn(unit, day) && <Tag color="orange">{words.directory.notOnThisDay}</Tag>}
      </div>
      <Descriptions size="small" column={1} items={facts} />
      <h3>{words.directory.life}</h3>
      <LifeLine unit={unit} units={units} day={day} />
    </section>
  );
}
