import type { Approval } from '@netra/protocol'
import { Link } from '@tanstack/react-router'
import { memo, useMemo, useState } from 'react'

import type { Model } from '../live/api.ts'
import { useLive } from '../live/use-live.ts'
import { runView, type Problem, type RunView } from '../timeline/run-view.ts'
import type { Answer as AnswerOf, Fork } from '../timeline/turns.ts'
import { useNow } from '../use-now.ts'
import { ApprovalCard } from './approval/approval-card.tsx'
import { askedInThread } from './approval/asked-call.ts'
import { Button, IconButton } from './button.tsx'
import { Chart } from './chart.tsx'
import { CopyButton } from './copy-button.tsx'
import { ForkSwitch } from './fork-switch.tsx'
import { ChevronRightIcon, DownloadIcon, RetryIcon, WarningIcon } from './icons.tsx'
import { Markdown } from './markdown.tsx'
import { Problem as ProblemNotice } from './notice.tsx'
import { ReportCard } from './report-card.tsx'
import { saveText } from './save-file.ts'
import { StepList, type StepParts } from './step-list.tsx'
import { TeamStrip } from './team-strip.tsx'
import { WhyLong, WhyLongPanel } from './why-long.tsx'

interface AnswerProps extends StepParts {
  answer: AnswerOf
  answers: Fork
  model: Model | undefined
  agentName: string
  /** Absent where a new answer cannot be asked for. */
  onRegenerate?: (() => void) | undefined
  onChoose: (fork: Fork, step: number) => void
}

/** Failures that an administrator mends in the settings. */
const ABOUT_CONNECTION = new Set<Problem['code']>(['model_auth', 'model_refused', 'model_cut'])

/** One run: who answers, what it does, what it says, and what that took. */
export const Answer = memo(function Answer(props: AnswerProps) {
  const { answer, model, agentName, onRegenerate } = props
  const { me, api } = useLive()
  const view = useMemo(() => runView(answer, model?.built_in === true), [answer, model])
  const [isAsked, setAsked] = useState(false)
  const askWhy = () => setAsked(true)
  const isOpen = view.state === 'running' || view.state === 'queued' || view.state === 'waiting'
  return (
    <article
      aria-label={`Answer from ${agentName}`}
      aria-busy={isOpen}
      data-rest={isOpen ? undefined : ''}
      className="group/answer space-y-3"
    >
      <header className="flex flex-wrap items-baseline gap-x-2 text-sm">
        <h2 className="font-semibold">{agentName}</h2>
        <ModelName model={model} named={answer.run?.model} />
      </header>
      {view.fallback ? <StandIn fallback={view.fallback} /> : null}
      {view.team.length > 0 ? <TeamStrip team={view.team} nameOf={props.nameOf} /> : null}
      {answer.run ? <Steps {...props} view={view} isOpen={isOpen} /> : null}
      <Approvals {...props} />
      {view.exhibits.map((exhibit) => (
        <Chart key={exhibit.id} exhibit={exhibit} />
      ))}
      <Words answer={view.answer} isOpen={isOpen} />
      {view.report ? (
        <ReportCard report={view.report} address={api.fileAddress(view.report.fileId)} />
      ) : null}
      {view.problem ? (
        <ProblemNotice
          action={
            <>
              {me.role === 'admin' && ABOUT_CONNECTION.has(view.problem.code) ? (
                <Link to="/settings/models" className="underline underline-offset-3">
                  Check the connection
                </Link>
              ) : null}
              {onRegenerate ? (
                <Button small onClick={onRegenerate}>
                  Try again
                </Button>
              ) : null}
            </>
          }
        >
          <strong className="font-semibold">{view.problem.title}.</strong> {view.problem.message}
        </ProblemNotice>
      ) : null}
      {view.state === 'cancelled' ? <p className="text-sm text-muted">Stopped.</p> : null}
      {isOpen ? (
        <Pending answer={answer} isAsking={view.state === 'waiting'} onAskWhy={askWhy} />
      ) : (
        <Footer {...props} view={view} onAskWhy={askWhy} />
      )}
      {isAsked && answer.run ? (
        <WhyLongPanel runId={answer.run.id} isOpen={isOpen} onClose={() => setAsked(false)} />
      ) : null}
    </article>
  )
})

/** While it is written the view rests at its first word, and then where its article begins. */
function Words({ answer, isOpen }: { answer: RunView['answer']; isOpen: boolean }) {
  if (!answer) return null
  return (
    <div data-rest={isOpen ? '' : undefined}>
      <Markdown text={answer.text} streaming={answer.streaming} />
    </div>
  )
}

function ModelName(props: { model: Model | undefined; named: string | null | undefined }) {
  return <span className="text-muted">{props.model?.label ?? props.named ?? ''}</span>
}

/** Who answers in whose stead, and why. */
function StandIn({ fallback }: { fallback: NonNullable<RunView['fallback']> }) {
  return (
    <p className="flex items-start gap-2 text-sm text-soft">
      <WarningIcon size={16} className="mt-0.5 text-warn" />
      <span className="min-w-0 wrap-anywhere">
        {fallback.why} {fallback.to} answers instead of {fallback.from}.
      </span>
    </p>
  )
}

function Approvals({ answer, agentName, nameOf }: AnswerProps) {
  return answer.approvals.map((approval) => (
    <ApprovalCard
      key={`${approval.tool_call_id} ${approval.fence}`}
      call={askedInThread(approval, wasInterrupted(answer.calls, approval))}
      agentName={approval.agent === undefined ? agentName : nameOf(approval.agent)}
    />
  ))
}

/** Only what lasts leads to the question why: it must not come and go under every quick answer. */
const LONG_MS = 5_000

interface PendingProps {
  answer: AnswerOf
  /** It waits for the person, who knows why it takes so long. */
  isAsking: boolean
  onAskWhy: () => void
}

function Pending({ answer, isAsking, onAskWhy }: PendingProps) {
  const { run } = answer
  const since = run === null ? null : Date.parse(run.accepted_at)
  const now = useNow(1_000)
  if (run === null || since === null || now - since < LONG_MS) return null
  return (
    <div className="-ml-1.5">
      <WhyLong tookMs={isAsking ? 0 : now - since} onAsk={onAskWhy} />
    </div>
  )
}

/** It had begun before it was asked for: nobody knows how that ended. */
const wasInterrupted = (calls: AnswerOf['calls'], approval: Approval): boolean =>
  calls.some(
    ({ id, started_at }) => id === approval.tool_call_id && started_at < approval.requested_at,
  )

function waitingFor(view: RunView): string | null {
  if (view.state === 'waiting') return null
  if (view.state === 'queued') return 'Waiting to begin'
  if (view.answer) return null
  const last = view.steps.at(-1)
  const isBusy = last?.kind === 'tool' && last.call.status === 'running'
  return isBusy ? null : 'Working'
}

function Steps(props: AnswerProps & { view: RunView; isOpen: boolean }) {
  const { view, isOpen, agentName, fileName, loadResult, nameOf, toolNamed } = props
  const [choice, setChoice] = useState<boolean | null>(null)
  const isShown = choice ?? isOpen
  const failures = view.steps.filter(
    (step) => step.kind === 'tool' && ['error', 'timeout', 'denied'].includes(step.call.status),
  ).length
  return (
    <div>
      {isOpen ? null : (
        <button
          type="button"
          aria-expanded={isShown}
          onClick={() => setChoice(!isShown)}
          className="touch figures mb-2 flex items-center gap-1 rounded-sm text-sm text-muted hover:text-ink"
        >
          <ChevronRightIcon
            size={14}
            className={`-ml-0.5 transition-transform ${isShown ? 'rotate-90' : ''}`}
          />
          {view.summary}
          {failures > 0 ? <span className="text-danger">· {failures} failed</span> : null}
        </button>
      )}
      {isShown ? (
        <StepList
          steps={view.steps}
          beginning={`${agentName} started`}
          waiting={isOpen ? waitingFor(view) : null}
          fileName={fileName}
          loadResult={loadResult}
          nameOf={nameOf}
          toolNamed={toolNamed}
        />
      ) : null}
    </div>
  )
}

function Footer(props: AnswerProps & { view: RunView; onAskWhy: () => void }) {
  const { answer, view, answers, onRegenerate, onChoose } = props
  const text = view.answer?.text ?? ''
  return (
    <div className="figures -ml-1.5 flex min-h-7 flex-wrap items-center gap-x-1 text-xs text-muted">
      <ForkSwitch fork={answers} onChoose={onChoose} what="answer" />
      {text === '' ? null : <CopyButton label="Copy answer" text={() => text} />}
      {onRegenerate && !view.problem ? (
        <IconButton small label="Answer again" onClick={onRegenerate}>
          <RetryIcon size={16} />
        </IconButton>
      ) : null}
      {text === '' ? null : (
        <IconButton
          small
          label="Save answer as Markdown"
          onClick={() => saveText('answer.md', text)}
        >
          <DownloadIcon size={16} />
        </IconButton>
      )}
      {view.footer.length > 0 ? <span className="ml-1.5">{view.footer.join(' · ')}</span> : null}
      {answer.run ? <WhyLong tookMs={view.tookMs} onAsk={props.onAskWhy} /> : null}
    </div>
  )
}
