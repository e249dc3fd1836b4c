import { Grid } from 'antd';

import type { ServerProcess } from '../../../api/processes';
import { timeWords, useWords, type Words } from '../../../words';
import { countWords } from '../../../words/amounts';
import type { Neighbour } from './neighbours';
import { BOX, type Box, layout, SELF } from './picture';

const MOST_ON_A_DESK = 5;
const MOST_ON_A_PHONE = 1;

export function healthWords(neighbour: Pick<Neighbour, 'health' | 'behind'>, words: Words): string {
  return neighbour.health === 'behind' ? words.node.behind(countWords(neighbour.behind)) : words.node[neighbour.health];
}

function NeighbourBox({ box }: { box: Box<Neighbour> }) {
  const words = useWords();
  const { of } = box;
  return (
    <g className={`node-box health-${of.health}`} transform={`translate(${String(box.x)} ${String(box.y)})`}>
      <rect width={BOX.width} height={BOX.height} rx="6" />
      <text x="12" y="23" className="node-name">{of.node}</text>
      <text x={BOX.width - 12} y="23" textAnchor="end" className="node-small">{of.version}</text>
      <HealthMark health={of.health} />
      <text x="28" y="42" className="node-health">{healthWords(of, words)}</text>
      <text x="12" y="58" className="node-small">{of.contact === undefined ? words.node.notYet : words.node.contact(timeWords(of.contact).slice(5))}</text>
    </g>
  );
}

// As lights: a shape for each, so that nobody needs the colours.
function HealthMark({ health }: { health: Neighbour['health'] }) {
  if (health === 'caughtUp') return <circle cx="18" cy="38" r="5" className="node-mark" />;
  if (health === 'behind' || health === 'catchingUp') return <path d="M18 32l6 11H12z" className="node-mark" />;
  if (health === 'notYet') return <rect x="12" y="36" width="12" height="4" className="node-mark" />;
  return <path d="M18 31l7 7-7 7-7-7z" className="node-mark" />;
}

function Line({ from, to, health }: { from: [number, number]; to: [number, number]; health: Neighbour['health'] }) {
  const middle = (from[1] + to[1]) / 2;
  const path = `M${String(from[0])} ${String(from[1])}C${String(from[0])} ${String(middle)} ${String(to[0])} ${String(middle)} ${String(to[0])} ${String(to[1])}`;
  return <path d={path} className={`node-line health-${health}`} />;
}

function SelfBox({ at, processes }: { at: { x: number; y: number }; processes: readonly ServerProcess[] }) {
  const words = useWords();
  const status = processes[0]?.status;
  const stores = processes.flatMap((one) => one.status.stores);
  return (
    <g className="node-self" transform={`translate(${String(at.x)} ${String(at.y)})`}>
      <rect width={SELF.width} height={SELF.height} rx="8" />
      <text x="14" y="26" className="node-name">{status?.node}</text>
      <text x={SELF.width - 14} y="26" textAnchor="end" className="node-small">{words.node.here} {status?.version}</text>
      {stores.map((store, i) => (
        <g key={store.service} className={store.serving ? 'health-caughtUp' : 'health-broken'}
          transform={`translate(14 ${String(38 + i * 17)})`}>
          {store.serving
            ? <circle cx="5" cy="5" r="5" className="node-mark" />
            : <path d="M5 -1l6 6-6 6-6-6z" className="node-mark" />}
          <text x="18" y="9" className="node-small">
            {words.node.services[store.service] ?? store.service} {store.serving ? words.node.serving : words.node.notServing}
          </text>
        </g>
      ))}
    </g>
  );
}

/** The node and its neighbours, drawn; the tables beneath say the same in words. */
export function NodePicture({ processes, neighbours }: { processes: readonly ServerProcess[]; neighbours: readonly Neighbour[] }) {
  const words = useWords();
  const wide = Grid.useBreakpoint().md ?? true;
  const of = (side: Neighbour['side']): Neighbour[] => neighbours.filter((one) => one.side === side);
  const plan = layout(of('upper'), of('lower'), wide ? MOST_ON_A_DESK : MOST_ON_A_PHONE);
  const centre = plan.self.x + SELF.width / 2;
  return (
    <figure className="node-picture">
      <svg
        viewBox={`0 0 ${String(plan.width)} ${String(plan.height)}`}
        width={plan.width}
        height={plan.height}
        role="img"
        aria-label={words.node.picture(processes[0]?.status.node ?? '')}
      >
        {plan.upper.map((box) => (
          <Line key={box.of.node} health={box.of.health} from={[box.x + BOX.width / 2, box.y + BOX.height]} to={[centre, plan.self.y]} />
        ))}
        {plan.lower.map((box) => (
          <Line key={box.of.node} health={box.of.health} from={[centre, plan.self.y + SELF.height]} to={[box.x + BOX.width / 2, box.y]} />
        ))}
        {[...plan.upper, ...plan.lower].map((box) => <NeighbourBox key={`${box.of.side}/${box.of.node}`} box={box} />)}
        <SelfBox at={plan.self} processes={processes} />
      </svg>
      <figcaption className="quiet">
        {of('upper').length === 0 && <span>{words.node.noUpper}</span>}
        {of('lower').length === 0 && <span>{words.node.noLower}</span>}
      </figcaption>
    </figure>
  );
}
