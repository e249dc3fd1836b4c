import { Link } from 'react-router-dom';

import { Reminder_Reason } from '../../gen/duban/v1/reminder_pb';
import { useWords, wordOf } from '../../words';
import { type Month, REASONS } from './months';

const BAR = { width: 44, gap: 14, height: 112 };
const TOP = 22;
const BOTTOM = 40;

function Bar({ month, x, most, chosen, to }: { month: Month; x: number; most: number; chosen: boolean; to: string }) {
  const words = useWords();
  const label = words.reminders.month(month.month, month.total);
  let above = TOP + BAR.height;
  const parts = month.byReason.map((count, i) => {
    const height = most === 0 ? 0 : (count / most) * BAR.height;
    above -= height;
    return <rect key={REASONS[i]} x={x} y={above} width={BAR.width} height={height} className={`reason-${String(REASONS[i])}`} />;
  });
  const whole = (
    <g className={chosen ? 'month chosen' : 'month'}>
      <rect x={x - BAR.gap / 2} y="0" width={BAR.width + BAR.gap} height={TOP + BAR.height + BOTTOM} className="month-ground" rx="4" />
      {parts}
      {month.total > 0 && <text x={x + BAR.width / 2} y={above - 6} textAnchor="middle" className="month-count">{month.total}</text>}
      <text x={x + BAR.width / 2} y={TOP + BAR.height + 18} textAnchor="middle">{month.month.slice(5)}</text>
      {(month.month.endsWith('-01') || x < BAR.width) && (
        <text x={x + BAR.width / 2} y={TOP + BAR.height + 34} textAnchor="middle" className="node-small">{month.month.slice(0, 4)}</text>
      )}
    </g>
  );
  return month.total === 0 ? whole : <Link to={to} aria-label={label} aria-current={chosen}>{whole}</Link>;
}

interface Props {
  months: readonly Month[];
  /** `2026-09`; empty: none. */
  chosen: string;
  pathOf: (month: string) => string;
}

/** Months with bars by reason; a bar opens the list of its month. */
export function TimeLine({ months, chosen, pathOf }: Props) {
  const words = useWords();
  const most = Math.max(0, ...months.map((one) => one.total));
  const width = months.length * (BAR.width + BAR.gap);
  const used = REASONS.filter((_, i) => months.some((one) => (one.byReason[i] ?? 0) > 0));
  return (
    <div className="time-line" tabIndex={0} role="region" aria-label={words.reminders.year}>
      <svg viewBox={`0 0 ${String(width)} ${String(TOP + BAR.height + BOTTOM)}`} width={width} height={TOP + BAR.height + BOTTOM}>
        <line x1="0" x2={width} y1={TOP + BAR.height + 0.5} y2={TOP + BAR.height + 0.5} className="axis" />
        {months.map((one, i) => (
          <Bar key={one.month} month={one} x={i * (BAR.width + BAR.gap) + BAR.gap / 2} most={most} chosen={one.month === chosen}
            to={pathOf(one.month === chosen ? '' : one.month)} />
        ))}
      </svg>
      <div className="row legend">
        {used.map((reason) => (
          <span key={reason}>
            <svg width="12" height="12" aria-hidden="true"><rect width="12" height="12" rx="2" className={`reason-${String(reason)}`} /></svg>{' '}
            {wordOf(words.Reminder_Reason, Reminder_Reason, reason)}
          </span>
        ))}
      </div>
    </div>
  );
}
