import { useWords } from '../../../words';
import { columnsOf, dueMarks, type Mark, periodMarks, type PolicyDays, unsignedMarks } from './ladder';

const STEP = 62;
const LEFT = 40;
const HEIGHT = 92;

function MarkShape({ mark, x }: { mark: Mark; x: number }) {
  return mark.to === 'unit'
    ? <circle cx={x} cy="34" r="7" className="mark-unit" />
    : <path d={`M${String(x)} 8l8 8-8 8-8-8z`} className="mark-issuer" />;
}

function Rung({ title, origin, marks }: { title: string; origin: string; marks: readonly Mark[] }) {
  const words = useWords();
  const columns = columnsOf(marks);
  const xOf = (days: number): number => LEFT + columns.indexOf(days) * STEP;
  const width = LEFT * 2 + (columns.length - 1) * STEP;
  const said = marks.map((mark) => `${mark.days > 0 ? '+' : ''}${String(mark.days)} ${mark.to === 'unit' ? words.policy.toUnit : words.policy.toIssuer}`);
  return (
    <div className="rung">
      <h3>{title}</h3>
      <svg viewBox={`0 0 ${String(width)} ${String(HEIGHT)}`} width={width} height={HEIGHT} role="img" aria-label={`${title}: ${said.join('; ')}`}>
        <line x1="0" x2={width} y1="34" y2="34" className="axis" />
        {columns.map((days) => (
          <g key={days}>
            <line x1={xOf(days)} x2={xOf(days)} y1="28" y2="48" className={days === 0 ? 'origin' : 'axis'} />
            <text x={xOf(days)} y="64" textAnchor="middle">{days === 0 ? origin : `${days > 0 ? '+' : '−'}${String(Math.abs(days))}`}</text>
          </g>
        ))}
        {marks.map((mark) => <MarkShape key={`${String(mark.days)}/${mark.to}`} mark={mark} x={xOf(mark.days)} />)}
      </svg>
    </div>
  );
}

/** What a policy would send about one task, drawn while it is being changed. */
export function Ladder({ policy }: { policy: PolicyDays }) {
  const words = useWords();
  return (
    <section className="paper column">
      <h2>{words.policy.ladder}</h2>
      <p className="quiet">{words.policy.ladderWhat}</p>
      <Rung title={words.policy.unsigned} origin={words.policy.issued} marks={unsignedMarks(policy)} />
      <Rung title={`${words.policy.beforeDue} · ${words.policy.overdue}`} origin={words.policy.due} marks={dueMarks(policy)} />
      <Rung title={words.policy.periodic} origin={words.policy.periodEnd} marks={periodMarks(policy)} />
      <div className="row legend">
        <span><svg width="16" height="16" aria-hidden="true"><circle cx="8" cy="8" r="6" className="mark-unit" /></svg> {words.policy.toUnit}</span>
        <span><svg width="16" height="16" aria-hidden="true"><path d="M8 1l7 7-7 7-7-7z" className="mark-issuer" /></svg> {words.policy.toIssuer}</span>
      </div>
    </section>
  );
}
