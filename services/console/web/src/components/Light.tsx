import { Assignment_Light } from '../gen/duban/v1/assignment_pb';
import { useWords, wordOf } from '../words';

// A shape for each, so that nobody needs colours to tell them apart.
const SHAPES: Partial<Record<Assignment_Light, { className: string; path: string }>> = {
  [Assignment_Light.GREEN]: { className: 'light-green', path: 'M8 1a7 7 0 1 0 0 14A7 7 0 1 0 8 1z' },
  [Assignment_Light.YELLOW]: { className: 'light-yellow', path: 'M8 1.2L15.4 14.5H.6z' },
  [Assignment_Light.RED]: { className: 'light-red', path: 'M8 .6L15.4 8 8 15.4.6 8z' },
  [Assignment_Light.GREY]: { className: 'light-grey', path: 'M1.5 6h13v4h-13z' },
};

/** A light: by shape, colour and word. */
export function Light({ light, count }: { light: Assignment_Light; count?: number }) {
  const words = useWords();
  const shape = SHAPES[light];
  const word = wordOf(words.Assignment_Light, Assignment_Light, light);
  return (
    <span className={`light ${shape?.className ?? ''}`} title={words.light.label(word)}>
      {shape && (
        <svg viewBox="0 0 16 16" width="12" height="12" aria-hidden="true" focusable="false">
          <path d={shape.path} />
        </svg>
      )}
      <span>{word}</span>
      {count !== undefined && <b>{count}</b>}
    </span>
  );
}
