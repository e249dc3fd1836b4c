// Where the boxes of the picture of nodes stand: those above in rows at the top, this node in the middle, those below at
// the bottom. Pure.

export interface Box<T> {
  x: number;
  y: number;
  of: T;
}

export interface Layout<T> {
  width: number;
  height: number;
  upper: Box<T>[];
  lower: Box<T>[];
  /** The box of this node. */
  self: { x: number; y: number };
}

export const BOX = { width: 188, height: 66 };
export const SELF = { width: 236, height: 92 };
const GAP = 18;
/** Between a row of boxes and the next that lines lead to. */
const AISLE = 76;
const MARGIN = 12;

function rowsOf(count: number, most: number): number {
  return Math.ceil(count / most);
}

function place<T>(boxes: readonly T[], most: number, top: number, width: number): Box<T>[] {
  return boxes.map((of, i) => {
    const row = Math.floor(i / most);
    const inRow = Math.min(most, boxes.length - row * most);
    const rowWidth = inRow * BOX.width + (inRow - 1) * GAP;
    return { x: (width - rowWidth) / 2 + (i % most) * (BOX.width + GAP), y: top + row * (BOX.height + GAP), of };
  });
}

function heightOf(rows: number): number {
  return rows === 0 ? 0 : rows * BOX.height + (rows - 1) * GAP;
}

/** `most`: boxes side by side, from 1. */
export function layout<T>(upper: readonly T[], lower: readonly T[], most: number): Layout<T> {
  const widest = Math.max(1, Math.min(most, Math.max(upper.length, lower.length)));
  const width = Math.max(widest * BOX.width + (widest - 1) * GAP, SELF.width) + 2 * MARGIN;
  const upperHeight = heightOf(rowsOf(upper.length, most));
  const selfTop = MARGIN + (upperHeight === 0 ? 0 : upperHeight + AISLE);
  const lowerTop = selfTop + SELF.height + AISLE;
  const lowerHeight = heightOf(rowsOf(lower.length, most));
  return {
    width,
    height: lowerHeight === 0 ? selfTop + SELF.height + MARGIN : lowerTop + lowerHeight + MARGIN,
    upper: place(upper, most, MARGIN, width),
    lower: place(lower, most, lowerTop, width),
    self: { x: (width - SELF.width) / 2, y: selfTop },
  };
}
