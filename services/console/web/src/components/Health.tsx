/** How something does that serves others, by shape, colour and word. */
export function Health({ kind, children }: { kind: 'good' | 'slow' | 'bad' | 'quiet'; children: string }) {
  const [className, path] = {
    good: ['light-green', 'M8 1a7 7 0 1 0 0 14A7 7 0 1 0 8 1z'],
    slow: ['light-yellow', 'M8 1.2L15.4 14.5H.6z'],
    bad: ['light-red', 'M8 .6L15.4 8 8 15.4.6 8z'],
    quiet: ['light-grey', 'M1.5 6h13v4h-13z'],
  }[kind];
  return (
    <span className={`light ${className ?? ''}`}>
      <svg viewBox="0 0 16 16" width="12" height="12" aria-hidden="true" focusable="false"><path d={path} /></svg>
      <span>{children}</span>
    </span>
  );
}
