import { Button, DatePicker } from 'antd';
import dayjs from 'dayjs';
import { useSearchParams } from 'react-router-dom';

import { isDay, today } from '../calendar/days';
import { useWords } from '../../words';

/** The day that the address asks for, else today. */
export function useDay(): string {
  const day = useSearchParams()[0].get('on') ?? '';
  return isDay(day) ? day : today();
}

/** Of which day; it stands in the address. */
export function DayField() {
  const words = useWords();
  const [params, setParams] = useSearchParams();
  const day = useDay();
  const set = (to: string): void => {
    const next = new URLSearchParams(params);
    if (to === '' || to === today()) next.delete('on');
    else next.set('on', to);
    setParams(next);
  };
  return (
    <>
      <DatePicker
        aria-label={words.directory.on}
        allowClear={false}
        value={dayjs(day)}
        onChange={(to) => { set(to.format('YYYY-MM-DD')); }}
      />
      {day !== today() && <Button onClick={() => { set(''); }}>{words.directory.today}</Button>}
    </>
  );
}
