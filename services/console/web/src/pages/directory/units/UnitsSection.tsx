import { Input } from 'antd';
import { useSearchParams } from 'react-router-dom';

import { lastOf } from '../../../api/names';
import { useUnits } from '../../../api/units';
import { Answered } from '../../../components/Answered';
import { Nothing } from '../../../components/Nothing';
import type { Unit } from '../../../gen/duban/v1/unit_pb';
import { useWords } from '../../../words';
import { DayField, useDay } from '../DayField';
import { holdsOn } from '../unitsOnDay';
import { Changes } from './Changes';
import { UnitFacts } from './UnitFacts';
import { UnitTree } from './UnitTree';

function Whole({ units }: { units: Unit[] }) {
  const words = useWords();
  const day = useDay();
  const [params, setParams] = useSearchParams();
  const text = params.get('q') ?? '';
  const chosen = units.find((unit) => lastOf(unit.name) === params.get('unit'));
  const count = units.filter((unit) => holdsOn(unit, day)).length;
  const set = (name: string, value: string): void => {
    const next = new URLSearchParams(params);
    if (value === '') next.delete(name);
    else next.set(name, value);
    setParams(next, { replace: name === 'q' });
  };
  return (
    <>
      <div className="row filters">
        <DayField />
        <Input.Search
          className="field-unit"
          aria-label={words.directory.search}
          placeholder={words.directory.search}
          defaultValue={text}
          allowClear
          onSearch={(q) => { set('q', q.trim()); }}
        />
        <span className="quiet">{words.directory.onDay(day)} · {words.directory.count(count)}</span>
      </div>
      <div className="two-columns directory">
        <section className="paper">
          {count === 0
            ? <Nothing what={words.directory.noUnits} hint={words.directory.noUnitsHint} />
            : <UnitTree units={units} day={day} text={text} chosen={chosen?.name ?? ''} onChoose={(name) => { set('unit', lastOf(name)); }} />}
        </section>
        <div className="column">
          {chosen === undefined
            ? <section className="paper"><p className="quiet">{words.directory.choose}</p></section>
            : <UnitFacts unit={chosen} units={units} day={day} />}
          <Changes units={units} day={day} />
        </div>
      </div>
    </>
  );
}

/** Units as a tree, as it is on a day. */
export default function UnitsSection() {
  const asked = useUnits();
  return <div className="column"><Answered asked={asked}>{(units) => <Whole units={units} />}</Answered></div>;
}
