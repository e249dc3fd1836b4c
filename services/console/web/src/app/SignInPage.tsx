import { useWords } from '../words';
import { LanguageSwitch } from './LanguageSwitch';
import { SignInForm } from './SignInForm';

/** For whoever is not signed in: this, whatever the address says; afterwards the page that it names. */
export function SignInPage({ onSignedIn }: { onSignedIn: () => Promise<void> }) {
  const words = useWords();
  return (
    <main className="sign-in">
      <div className="sign-in-card">
        <img src="/icon.svg" alt="" width={48} height={48} />
        <h1>{words.app.name}</h1>
        <SignInForm onSignedIn={onSignedIn} />
        <LanguageSwitch />
      </div>
    </main>
  );
}
