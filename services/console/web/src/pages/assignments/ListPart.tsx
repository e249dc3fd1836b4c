import { memo, type ReactNode, type Ref, useEffect, useRef, useState } from 'react';

import { useListPage } from '../../api/assignments';
import type { AssignmentQuery } from '../../api/filter';
import { Answered } from '../../components/Answered';
import { AssignmentCard } from '../../components/AssignmentCard';
import type { Assignment } from '../../gen/duban/v1/assignment_pb';
import { AssignmentRow, columnCount, type Columns } from './AssignmentTable';

/** Rows of a page. */
const PAGE = 100;
/** A page is there while it is so near to what is seen, in pixels. */
const NEAR = 1500;
/** What a page takes before it was seen. */
const UNKNOWN_HEIGHT = 64;

interface Props extends Columns {
  query: AssignmentQuery;
  token: string;
  index: number;
  /** As a part of a table; else as cards. */
  wide: boolean;
  /** What pages took when they were last there; this one puts its own in. */
  heights: number[];
  /** Where pages that are there are; this one puts itself in. */
  boxes: Map<number, HTMLElement>;
  onPage: (index: number, count: number, next: string) => void;
}

interface BoxProps {
  wide: boolean;
  columns: number;
  box: Ref<HTMLElement>;
  /** Instead of rows. */
  far?: number | undefined;
  children?: ReactNode;
}

/** What is not rows is one cell across the table. */
function Box({ wide, columns, box, far, children }: BoxProps) {
  if (!wide) return <div ref={box as Ref<HTMLDivElement>} style={{ height: far }}>{children}</div>;
  return (
    <tbody ref={box as Ref<HTMLTableSectionElement>} className={far === undefined ? undefined : 'list-far'}>
      {far === undefined ? children : <tr><td colSpan={columns} style={{ height: far }} /></tr>}
    </tbody>
  );
}

/** Near, and for as long as somebody is in it. */
function useNear(index: number, heights: number[], boxes: Map<number, HTMLElement>): [Ref<HTMLElement>, boolean] {
  const box = useRef<HTMLElement>(null);
  const [near, setNear] = useState(false);
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const observer = new IntersectionObserver(
      (entries) => {
        const last = entries.at(-1);
        if (last?.isIntersecting === true) {
          boxes.set(index, element);
          setNear(true);
        } else if (last !== undefined && !element.contains(document.activeElement)) {
          if (boxes.delete(index)) heights[index] = last.boundingClientRect.height;
          setNear(false);
        }
      },
      { rootMargin: `${String(NEAR)}px 0px` },
    );
    observer.observe(element);
    return () => { observer.disconnect(); };
  }, [boxes, heights, index]);
  return [box, near];
}

function Rows({ items, wide, ...columns }: Columns & { items: Assignment[]; wide: boolean }) {
  if (wide) return items.map((one) => <AssignmentRow key={one.name} assignment={one} {...columns} />);
  return <ul className="cards list-cards">{items.map((one) => <AssignmentCard key={one.name} assignment={one} withUnit={columns.withUnit} />)}</ul>;
}

function NearPart({ query, token, index, wide, onPage, withPlan, withUnit }: Props) {
  const asked = useListPage(query, PAGE, token);
  const { data, isPlaceholderData } = asked;
  useEffect(() => {
    if (data !== undefined && !isPlaceholderData) onPage(index, data.assignments.length, data.nextPageToken);
  }, [data, isPlaceholderData, index, onPage]);
  const columns = { withPlan, withUnit };
  const across = (what: ReactNode): ReactNode => (wide ? <tr><td colSpan={columnCount(columns)}>{what}</td></tr> : what);
  return (
    <>
      {(data === undefined || asked.isError) && across(<Answered asked={asked}>{() => null}</Answered>)}
      {data !== undefined && <Rows items={data.assignments} wide={wide} {...columns} />}
    </>
  );
}

/** A page of the list: its rows while it is near to what is seen, else the room that they took. */
export const ListPart = memo(function ListPart(props: Props) {
  const { index, wide, heights, boxes } = props;
  const [box, near] = useNear(index, heights, boxes);
  const far = near ? undefined : (heights[index] ?? UNKNOWN_HEIGHT);
  return <Box wide={wide} columns={columnCount(props)} box={box} far={far}>{near && <NearPart {...props} />}</Box>;
});
