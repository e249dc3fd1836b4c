import type { Timestamp } from '@bufbuild/protobuf/wkt';

import { timeWords, useWords } from '../../words';

/** Who did something, for whom, and when. */
export function By({ who, agent, time }: { who: string; agent: string; time: Timestamp | undefined }) {
  const words = useWords();
  return <span className="quiet">{who}{agent !== '' && words.one.onBehalf(agent)} {timeWords(time)}</span>;
}
