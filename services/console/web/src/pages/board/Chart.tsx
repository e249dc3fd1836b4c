import { useEffect, useRef, useState } from 'react';
import { useNavigate } from 'react-router-dom';

import { Loading } from '../../components/Loading';
import type { BarsData, PieData } from './chartData';

type Props = { label: string; className: string } & ({ bars: BarsData } | { pie: PieData });

interface Drawn {
  resize: () => void;
  dispose: () => void;
}

/** A chart that fills its box; what draws it is loaded with the first one. Each bar and sector opens its list. */
export function Chart(props: Props) {
  const box = useRef<HTMLDivElement>(null);
  const navigate = useNavigate();
  const [loading, setLoading] = useState(true);
  const bars = 'bars' in props ? props.bars : undefined;
  const pie = 'pie' in props ? props.pie : undefined;
  useEffect(() => {
    const element = box.current;
    let drawn: Drawn | undefined;
    let gone = false;
    const watcher = new ResizeObserver(() => drawn?.resize());
    void import('./charts').then(({ drawBars, drawPie }) => {
      if (gone || element === null) return;
      const open = (path: string): void => { if (path !== '') void navigate(path); };
      if (bars !== undefined) drawn = drawBars(element, bars, (click) => { open(bars.pathOf(click)); });
      else if (pie !== undefined) drawn = drawPie(element, pie, (click) => { open(pie.pathOf(click)); });
      watcher.observe(element);
      setLoading(false);
    });
    return () => {
      gone = true;
      watcher.disconnect();
      drawn?.dispose();
    };
  }, [bars, pie, navigate]);
  return (
    <figure className={`chart ${props.className}`}>
      <figcaption>{props.label}</figcaption>
      {loading && <Loading />}
      <div className="chart-box" ref={box} role="img" aria-label={props.label} />
    </figure>
  );
}
