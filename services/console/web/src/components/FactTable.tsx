import type { ReactNode } from 'react';

interface Props {
  /** What it is a table of, for those who do not see it. */
  label: string;
  columns: readonly string[];
  /** Those of them that are of numbers, which stand at the right. */
  numbers?: readonly string[];
  children: ReactNode;
}

/** A plain table of facts, as wide as it needs to be: what does not fit is scrolled within it. Its rows are `tr`. */
export function FactTable({ label, columns, numbers = [], children }: Props) {
  return (
    <div className="facts" tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead><tr>{columns.map((one, i) => <th scope="col" key={i} className={numbers.includes(one) ? 'number' : undefined}>{one}</th>)}</tr></thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
