import type { ReactNode } from 'react';
import { Link } from 'react-router-dom';

import { type AssignmentQuery, listPath } from '../../api/filter';
import { useWords } from '../../words';

interface Props {
  title: string;
  hint?: string;
  count: number;
  /** The list that holds all, where not all are here. */
  all?: AssignmentQuery | undefined;
  tools?: ReactNode;
  children: ReactNode;
}

/** One kind of thing that waits. */
export function DeskSection({ title, hint, count, all, tools, children }: Props) {
  const words = useWords();
  return (
    <section className="column desk-section">
      <div className="row">
        <h2>{title} <span className="desk-count">{count}</span></h2>
        {hint !== undefined && <span className="quiet">{hint}</span>}
        <span className="push" />
        {tools}
      </div>
      <ul className="cards">{children}</ul>
      {all !== undefined && (
        <p className="quiet">{words.desk.onlyNearest} <Link to={listPath(all)}>{words.desk.more(count)}</Link></p>
      )}
    </section>
  );
}
