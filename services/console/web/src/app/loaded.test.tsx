import { render, screen } from '@testing-library/react';
import { type ReactNode, Suspense } from 'react';
import { expect, it } from 'vitest';

import { loaded } from './loaded';

const page = async () => Promise.resolve({ default: () => <p>page</p> });
const drawn = (it: ReactNode) => render(<Suspense fallback={<p>fetching</p>}>{it}</Suspense>);

it('draws at once what has been fetched', async () => {
  const { load, component: Page } = loaded(page);
  await load();
  drawn(<Page />);
  expect(screen.queryByText('fetching')).toBeNull();
  expect(screen.getByText('page')).toBeTruthy();
});

it('fetches what has not been, and says so meanwhile', async () => {
  const { component: Page } = loaded(page);
  drawn(<Page />);
  expect(screen.getByText('fetching')).toBeTruthy();
  expect(await screen.findByText('page')).toBeTruthy();
});
