// Around every page: where to go, who is signed in, the language. Navigation at the side, on a phone at the bottom.
import { LogoutOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { Suspense } from 'react';
import { NavLink, Outlet, useLocation } from 'react-router-dom';

import { Loading } from '../components/Loading';
import { useAct } from '../api/useAct';
import { FaultView } from '../components/FaultView';
import { useWords } from '../words';
import { ErrorBoundary } from './ErrorBoundary';
import { LanguageSwitch } from './LanguageSwitch';
import { pagesFor } from './pages';
import { useSession } from './session';

export function Frame() {
  const words = useWords();
  const { who, signOut } = useSession();
  const place = useLocation().pathname.split('/')[1];
  const leaving = useAct({ call: signOut });
  return (
    <div className="frame">
      <a className="skip" href="#content">{words.app.skip}</a>
      <header className="frame-header">
        <img src="/icon.svg" alt="" width={28} height={28} />
        <strong>{words.app.name}</strong>
        <span className="frame-gap" />
        <NavLink to="/account" className="frame-who">{who.displayName}</NavLink>
        <LanguageSwitch />
        <Button
          type="text"
          size="small"
          icon={<LogoutOutlined />}
          aria-label={words.signIn.signOut}
          title={words.signIn.signOut}
          loading={leaving.isPending}
          onClick={() => { leaving.mutate(undefined); }}
        />
      </header>
      <nav className="frame-nav" aria-label={words.app.navigation}>
        {pagesFor(who).map((page) => (
          <NavLink key={page.path} to={`/${page.path}`}>
            <page.icon aria-hidden />
            <span>{words.nav[page.name]}</span>
          </NavLink>
        ))}
      </nav>
      <main className="frame-main" id="content" tabIndex={-1}>
        {leaving.isError && <FaultView error={leaving.error} />}
        <ErrorBoundary key={place}>
          <Suspense fallback={<Loading />}>
            <Outlet />
          </Suspense>
        </ErrorBoundary>
      </main>
    </div>
  );
}
