import { Alert } from 'antd';

import { Answered } from '../../components/Answered';
import { AssignmentCard } from '../../components/AssignmentCard';
import { Nothing } from '../../components/Nothing';
import { useWords } from '../../words';
import { ActButton } from '../assignment/ActButton';
import { openDecline, openExtension } from '../assignment/facts';
import { type IssuerDesk, SHOWN, useIssuerDesk } from './deskData';
import { DeskSection } from './DeskSection';
import { ReviewSection } from './ReviewSection';

interface Props {
  unit: string;
  title: string;
  /** Judges results, too; else only declines and extensions. */
  mayReview: boolean;
}

function Sections({ desk, mayReview }: { desk: IssuerDesk; mayReview: boolean }) {
  const words = useWords();
  const toReview = mayReview ? desk.toReview : [];
  // Nothing is not said to wait before that is known.
  const counting = desk.counting ? <Alert type="info" showIcon message={words.issuerDesk.counting} /> : null;
  if (toReview.length + desk.toRule.length + desk.toAnswer.length + desk.toRead.length === 0) {
    return counting ?? <Nothing what={words.desk.clear} hint={words.desk.clearHint} />;
  }
  return (
    <>
      {counting}
      {mayReview && <ReviewSection items={toReview} />}
      {desk.toRule.length > 0 && (
        <DeskSection title={words.desk.toRule} count={desk.toRule.length}>
          {desk.toRule.map((one) => (
            <AssignmentCard
              key={one.name}
              assignment={one}
              withUnit
              note={openDecline(one)?.reason}
              acts={<><ActButton assignment={one} act="readdress" /><ActButton assignment={one} act="bind" /></>}
            />
          ))}
        </DeskSection>
      )}
      {desk.toAnswer.length > 0 && (
        <DeskSection title={words.desk.toAnswer} count={desk.toAnswer.length}>
          {desk.toAnswer.map((one) => (
            <AssignmentCard
              key={one.name}
              assignment={one}
              withUnit
              note={`${words.one.extendTo} ${openExtension(one)?.proposedDue ?? ''} ${openExtension(one)?.reason ?? ''}`}
              acts={<><ActButton assignment={one} act="grant" /><ActButton assignment={one} act="refuse" /></>}
            />
          ))}
        </DeskSection>
      )}
      {desk.toRead.length > 0 && (
        <DeskSection title={words.issuerDesk.toRead} count={desk.toRead.length}>
          {desk.toRead.slice(0, SHOWN).map((one) => (
            <AssignmentCard
              key={one.name}
              assignment={one}
              withUnit
              note={one.execution?.reports.at(-1)?.text}
              acts={<ActButton assignment={one} act="markRead" />}
            />
          ))}
        </DeskSection>
      )}
    </>
  );
}

/** What a unit has to decide about, of the plans that it published. */
export function IssuerSections({ unit, title, mayReview }: Props) {
  const asked = useIssuerDesk(unit);
  return (
    <>
      <h2 className="desk-unit">{title}</h2>
      <Answered asked={asked}>{(desk) => <Sections desk={desk} mayReview={mayReview} />}</Answered>
    </>
  );
}
