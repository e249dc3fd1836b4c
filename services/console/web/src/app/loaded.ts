// A component whose code may have come before it is drawn: then it is drawn at once, where React's own `lazy` would show
// that something is being fetched first.
import { type ComponentType, lazy } from 'react';

interface Loaded<Props> {
  load: () => Promise<{ default: ComponentType<Props> }>;
  component: ComponentType<Props>;
}

export function loaded<Props>(fetchCode: () => Promise<{ default: ComponentType<Props> }>): Loaded<Props> {
  let code: { default: ComponentType<Props> } | null = null;
  const load = async (): Promise<{ default: ComponentType<Props> }> => (code ??= await fetchCode());
  // React takes what calls back at once as being there.
  const thereOrSoon = (): Promise<{ default: ComponentType<Props> }> => {
    const there = code;
    if (there === null) return load();
    return { then: (take: (it: typeof there) => void) => { take(there); } } as unknown as ReturnType<typeof load>;
  };
  return { load, component: lazy(thereOrSoon) as unknown as ComponentType<Props> };
}
