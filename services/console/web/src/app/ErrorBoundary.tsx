import { Button } from 'antd';
import { Component, type ReactNode } from 'react';

import { Nothing } from '../components/Nothing';
import { useWords } from '../words';

function Crashed() {
  const words = useWords();
  return (
    <Nothing what={words.app.crashed} hint={words.app.crashedHint}>
      <Button type="primary" onClick={() => { window.location.reload(); }}>{words.app.reload}</Button>
    </Nothing>
  );
}

/** Keeps a page that breaks from taking the others with it. Give it another `key` for another page. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError(): { broken: boolean } {
    return { broken: true };
  }

  override render(): ReactNode {
    return this.state.broken ? <Crashed /> : this.props.children;
  }
}
