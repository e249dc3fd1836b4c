import { Tag } from 'antd';
import type { ReactNode } from 'react';

import type { Assignment, Evidence, Report, Submission } from '../../gen/duban/v1/assignment_pb';
import { Review_Verdict } from '../../gen/duban/v1/assignment_pb';
import { timeWords, useWords, wordOf } from '../../words';
import { isRead, reviewOf } from './facts';
import { By } from './By';
import { EvidenceItem } from './EvidenceItem';
import { Requests } from './Requests';

function EvidenceList({ assignment, evidence }: { assignment: Assignment; evidence: readonly Evidence[] }) {
  if (evidence.length === 0) return null;
  return (
    <ul className="evidence">
      {evidence.map((one, i) => <EvidenceItem key={i} assignment={assignment.name} evidence={one} />)}
    </ul>
  );
}

function ReportEntry({ assignment, report }: { assignment: Assignment; report: Report }) {
  const words = useWords();
  const by = <By who={report.reporter} agent={report.agent} time={report.reportTime} />;
  if (report.retractTime !== undefined) {
    return <div className="entry quiet">{by} {words.one.retracted} {timeWords(report.retractTime)}</div>;
  }
  const read = isRead(assignment, report);
  return (
    <div className="entry">
      <div className="row">{report.percent > 0 && <b>{report.percent}%</b>}{by}<Tag>{read ? words.one.read : words.one.unread}</Tag></div>
      <div className="lines">{report.text}</div>
      <EvidenceList assignment={assignment} evidence={report.evidence} />
    </div>
  );
}

function SubmissionEntry({ assignment, submission }: { assignment: Assignment; submission: Submission }) {
  const words = useWords();
  const review = reviewOf(assignment, submission);
  return (
    <div className="entry">
      <div className="row">
        {submission.period !== '' && <b>{submission.period}</b>}
        <By who={submission.submitter} agent={submission.agent} time={submission.submitTime} />
      </div>
      <div className="lines">{submission.text}</div>
      <EvidenceList assignment={assignment} evidence={submission.evidence} />
      {review === undefined ? (
        <Tag color="purple">{words.one.waitsForReview}</Tag>
      ) : (
        <div className="row">
          <Tag color={review.verdict === Review_Verdict.ACCEPTED ? 'green' : 'volcano'}>
            {wordOf(words.Review_Verdict, Review_Verdict, review.verdict)}
          </Tag>
          <span className="lines">{review.comment}</span>
          <By who={review.reviewer} agent={review.agent} time={review.reviewTime} />
        </div>
      )}
    </div>
  );
}

function Paper({ title, children }: { title: string; children: ReactNode }) {
  return <section className="paper"><h2>{title}</h2>{children}</section>;
}

/** What the unit handed in and asked for, and what the issuer said to it; the latest first. */
export function Papers({ assignment }: { assignment: Assignment }) {
  const words = useWords();
  const reports = [...(assignment.execution?.reports ?? [])].reverse();
  const submissions = [...(assignment.execution?.submissions ?? [])].reverse();
  const { remarks = [], urges = [] } = assignment.oversight ?? {};
  return (
    <div className="column">
      {remarks.length + urges.length > 0 && (
        <Paper title={words.one.words}>
          {remarks.map((one, i) => (
            <div className="entry" key={`remark-${String(i)}`}>
              <div className="row"><Tag color="blue">{words.act.remark}</Tag><By who={one.author} agent={one.agent} time={one.remarkTime} /></div>
              <div className="lines">{one.text}</div>
            </div>
          ))}
          {urges.map((one, i) => (
            <div className="entry" key={`urge-${String(i)}`}>
              <div className="row"><Tag color="gold">{words.act.urge}</Tag><By who={one.author} agent={one.agent} time={one.urgeTime} /></div>
              <div className="lines">{one.text}</div>
            </div>
          ))}
        </Paper>
      )}
      <Paper title={words.one.results}>
        {submissions.length === 0 && <p className="quiet">{words.one.noResults}</p>}
        {submissions.map((one) => <SubmissionEntry key={one.submissionId} assignment={assignment} submission={one} />)}
      </Paper>
      <Requests assignment={assignment} />
      <Paper title={words.one.reports}>
        {reports.length === 0 && <p className="quiet">{words.one.noReports}</p>}
        {reports.map((one) => <ReportEntry key={one.reportId} assignment={assignment} report={one} />)}
      </Paper>
    </div>
  );
}
