import type { Deadline } from '../gen/duban/v1/deadline_pb';
import { deadlineWords, useLanguage, useWords } from '../words';

/** A deadline in a narrow column: the day it means under the words that are printed. */
export function DeadlineCell({ deadline }: { deadline: Deadline | undefined }) {
  const words = useWords();
  const language = useLanguage();
  if (deadline === undefined || deadline.printed === '' || deadline.due === '') {
    return <>{deadlineWords(deadline, words, language)}</>;
  }
  return (
    <>
      <div>{deadline.printed}</div>
      <div className="quiet">{deadline.due}</div>
    </>
  );
}
