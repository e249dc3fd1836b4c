import { lastOf } from '../../../api/names';
import type { Unit } from '../../../gen/duban/v1/unit_pb';
import { useWords, type Words } from '../../../words';
import { lifeOf, type Span } from './lifeLine';

const WIDTH = 420;
const ROW = 40;

function spanWords({ from, to }: Span, words: Words): string {
  const said = [from !== '' && words.directory.from(from), to !== '' && words.directory.to(to)].filter((one) => one !== false);
  return said.length === 0 ? words.directory.ever : said.join(' ');
}

/** The unit and each of its superiors as bars, with a line at the day. */
export function LifeLine({ unit, units, day }: { unit: Unit; units: readonly Unit[]; day: string }) {
  const words = useWords();
  const { spans, at } = lifeOf(unit, day);
  const nameOf = (superior: string): string =>
    superior === '' ? words.directory.exists : (units.find((one) => one.name === superior)?.displayName ?? lastOf(superior));
  return (
    <svg className="life-line" viewBox={`0 0 ${String(WIDTH)} ${String(spans.length * ROW + 4)}`} role="img"
      aria-label={spans.map((span) => `${nameOf(span.superior)} ${spanWords(span, words)}`).join('; ')}>
      {spans.map((span, i) => (
        <g key={`${span.superior}/${span.from}/${span.to}`}>
          <text x="0" y={i * ROW + 14}>{nameOf(span.superior)} <tspan className="node-small">{spanWords(span, words)}</tspan></text>
          <rect x={span.begin * WIDTH} y={i * ROW + 20} width={Math.max(2, (span.end - span.begin) * WIDTH)} height="10" rx="2"
            className={span.superior === '' ? 'span-unit' : 'span-superior'} />
        </g>
      ))}
      <line x1={at * WIDTH} x2={at * WIDTH} y1="0" y2={spans.length * ROW + 4} className="span-day" />
    </svg>
  );
}
