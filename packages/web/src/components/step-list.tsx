import { useState, type ReactNode } from 'react'

import { formatDuration } from '../timeline/format.ts'
import { inlinePieces } from '../timeline/inline.ts'
import { resultOf, resultView, type ResultView } from '../timeline/result-view.ts'
import type { Step } from '../timeline/run-view.ts'
import { toolPhrase, type ToolName } from '../timeline/tool-names.ts'
import { thoughtWords, toolWords } from '../timeline/tool-words.ts'
import { Spinner } from './button.tsx'
import { DataTable, LoadAll } from './data-table.tsx'
import { ChevronRightIcon } from './icons.tsx'
import { ToolArguments } from './tool-arguments.tsx'

type ToolStep = Extract<Step, { kind: 'tool' }>

export interface StepParts {
  fileName: (fileId: string) => string | undefined
  loadResult: (fileId: string) => Promise<unknown>
  /** The name of an agent by its id. */
  nameOf: (agent: string) => string
  toolNamed: (tool: string) => ToolName
}

interface StepListProps extends StepParts {
  steps: readonly Step[]
  /** Said first: who began. */
  beginning: string
  /** Said last, while there is nothing else to see. */
  waiting: string | null
}

/** What an agent did, one line each, in the order in which it happened. */
export function StepList({ steps, beginning, waiting, ...parts }: StepListProps) {
  return (
    <ol className="steps text-sm text-soft">
      <Line mark="dot">{beginning}</Line>
      {steps.map((step) =>
        step.kind === 'tool' ? (
          <Tool key={step.id} step={step} {...parts} />
        ) : (
          <Line key={step.id} mark={step.kind === 'attempt' ? 'warn' : 'dot'}>
            {step.kind === 'handoff' ? (
              <span className="font-medium text-ink">{parts.nameOf(step.to)} </span>
            ) : null}
            <StepText text={thoughtWords(step.text, parts.toolNamed)} />
            {step.kind === 'summary' ? <Summary text={step.summary} /> : null}
          </Line>
        ),
      )}
      {waiting ? (
        <Line mark="busy">
          <span className="breathing">{waiting}</span>
        </Line>
      ) : null}
    </ol>
  )
}

function StepText({ text }: { text: string }) {
  return (
    <span className="whitespace-pre-wrap wrap-anywhere">
      {inlinePieces(text).map((piece, index) => {
        if (piece.kind === 'text') return piece.text
        const Mark = piece.kind
        return (
          <Mark key={index} className="font-medium [code&]:font-mono [code&]:text-xs">
            {piece.text}
          </Mark>
        )
      })}
    </span>
  )
}

/** The person can read what the agent goes on from. */
function Summary({ text }: { text: string }) {
  return (
    <details className="mt-1.5">
      <summary className="touch cursor-pointer text-muted hover:text-ink">Read the summary</summary>
      <p className="mt-1.5 max-h-80 overflow-y-auto rounded-md bg-sunken p-3 whitespace-pre-wrap wrap-anywhere">
        {text}
      </p>
    </details>
  )
}

type Mark = 'dot' | 'busy' | 'good' | 'bad' | 'stopped' | 'warn'

const DOTS: Record<Exclude<Mark, 'busy'>, string> = {
  dot: 'bg-line-strong',
  good: 'bg-accent',
  bad: 'bg-danger',
  warn: 'bg-warn',
  stopped: 'bg-muted',
}

function Line({ mark, children }: { mark: Mark; children: ReactNode }) {
  return (
    <li className="appear relative pb-2.5 pl-6 before:absolute before:top-3.5 before:bottom-[-0.375rem] before:left-[0.40625rem] before:w-px before:bg-line last:pb-0 last:before:hidden">
      {mark === 'busy' ? (
        <span className="absolute top-[0.1875rem] left-0 bg-paper text-accent">
          <Spinner />
        </span>
      ) : (
        <span
          className={`absolute top-[0.4375rem] left-1 size-1.5 rounded-full ring-4 ring-paper ${DOTS[mark]}`}
        />
      )}
      {children}
    </li>
  )
}

const MARKS = { running: 'busy', good: 'good', bad: 'bad', stopped: 'stopped' } as const

function Tool({ step, fileName, loadResult, toolNamed }: StepParts & { step: ToolStep }) {
  const { call } = step
  const words = toolWords(call, fileName, toolNamed)
  const result = resultOf(call)
  const hasTable = result.kind === 'table'
  const [choice, setChoice] = useState<boolean | null>(null)
  const isOpen = choice ?? false
  const progress = call.progress
  return (
    <Line mark={call.status === 'waiting' ? 'warn' : MARKS[words.state]}>
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => setChoice(!isOpen)}
        className="touch group flex w-full items-baseline gap-2 rounded-sm text-left hover:text-ink"
      >
        <span className="min-w-0 wrap-anywhere">
          <span className="mr-2 text-ink">{words.title}</span>
          {words.ending ? (
            <span className={`mr-2 ${words.state === 'bad' ? 'text-danger' : 'text-muted'}`}>
              {words.ending}
            </span>
          ) : null}
          <span className="figures text-xs whitespace-nowrap text-muted">
            {call.duration_ms === null ? '' : formatDuration(call.duration_ms)}
          </span>
        </span>
        <ChevronRightIcon
          size={14}
          className={`self-center text-muted transition-transform ${isOpen ? 'rotate-90' : ''}`}
        />
      </button>
      {progress ? (
        <p className="mt-0.5 text-xs text-muted">
          {progress.note ??
            (progress.total ? `${Math.round((100 * progress.progress) / progress.total)} %` : '')}
        </p>
      ) : null}
      {isOpen ? (
        <div className="appear mt-2">
          <ToolArguments name={call.name} given={call.arguments} />
        </div>
      ) : null}
      <div className={hasTable || isOpen || result.kind === 'error' ? 'mt-2' : ''}>
        <Result
          call={call}
          label={`Result of ${toolPhrase(toolNamed(call.name))}`}
          result={result}
          isOpen={isOpen}
          loadResult={loadResult}
        />
      </div>
    </Line>
  )
}

interface ResultProps {
  call: ToolStep['call']
  label: string
  result: ResultView
  isOpen: boolean
  loadResult: StepParts['loadResult']
}

function Result({ call, label, result, isOpen, loadResult }: ResultProps) {
  const [whole, setWhole] = useState<ResultView | null>(null)
  const shown = whole ?? result
  const reference = call.result_ref
  const onLoadAll =
    reference === null || whole !== null
      ? undefined
      : async () => setWhole(resultView(await loadResult(reference)))
  if (call.result_omitted && shown.kind === 'none') {
    if (onLoadAll) return <LoadAll onLoadAll={onLoadAll} />
    return (
      <p className="text-muted">The result was too large to come along. Ask again to see it.</p>
    )
  }
  switch (shown.kind) {
    case 'none':
      return null
    case 'error':
      return <p className="text-danger wrap-anywhere">{shown.message}</p>
    case 'value':
      return isOpen ? (
        <p className="figures">
          {shown.label} = <strong className="text-ink">{shown.value}</strong>
        </p>
      ) : null
    case 'text':
      return isOpen ? (
        <pre className="max-h-60 overflow-auto rounded-lg border border-line bg-sunken p-3 font-mono text-xs whitespace-pre-wrap wrap-anywhere">
          {shown.text}
        </pre>
      ) : null
    case 'chart':
      return isOpen ? <DataTable table={shown.table} label={label} onLoadAll={onLoadAll} /> : null
    case 'table':
      return <DataTable table={shown.table} label={label} onLoadAll={onLoadAll} />
    default:
      return shown satisfies never
  }
}
