import type { ThreadMessage } from '@netra/protocol'
import { memo, useCallback, useEffect, useMemo, useRef, useState } from 'react'

import { Answer } from '../components/answer.tsx'
import { Button } from '../components/button.tsx'
import { Problem } from '../components/notice.tsx'
import { Bubble, Question } from '../components/question.tsx'
import { useToolNames } from '../components/use-tool-names.ts'
import type { Agent, Model, Models } from '../live/api.ts'
import type { Outgoing, SentAttachment } from '../live/live-types.ts'
import { useLive } from '../live/use-live.ts'
import { announcement } from '../timeline/announcement.ts'
import { leaderOf } from '../timeline/team.ts'
import { toolPhrase, type ToolName } from '../timeline/tool-names.ts'
import type { Fork, Turn } from '../timeline/turns.ts'
import type { ConversationView } from './use-conversation.ts'

interface ConversationProps {
  conversation: ConversationView
  models: Models
  agents: readonly Agent[]
  onWay: readonly Outgoing[]
  /** Whether a message would be taken now. */
  canSend: boolean
  onOlder: () => void
  onRegenerate: (messageId: string) => void
  onResend: (text: string, files: readonly SentAttachment[], parent: string | null) => void
}

/** The newest function, behind one that never changes. */
function useLatest<Arguments extends unknown[]>(work: (...given: Arguments) => void) {
  const latest = useRef(work)
  useEffect(() => {
    latest.current = work
  })
  return useCallback((...given: Arguments) => latest.current(...given), [])
}

export function Conversation(props: ConversationProps) {
  const { conversation, models, agents, onWay } = props
  const { turns, state, isLoading, runningId, older, choose } = conversation
  const { api } = useLive()
  const names = useMemo(() => {
    const files = state.messages.flatMap((message) => message.attachments)
    return new Map<string, string>(files.map((file) => [file.file_id, file.name]))
  }, [state.messages])
  const fileName = useCallback((fileId: string) => names.get(fileId), [names])
  const loadResult = useCallback(
    async (fileId: string): Promise<unknown> =>
      JSON.parse(await (await api.fileContent(fileId)).text()),
    [api],
  )
  const toolNamed = useToolNames(state.tool_calls.map(({ name }) => name))
  const onRegenerate = useLatest(props.onRegenerate)
  const onResend = useLatest((message: ThreadMessage, text: string) => {
    props.onResend(text, message.attachments, message.parent_message_id)
  })
  return (
    <div className="flex-1 pt-6 pb-10">
      {older.isThere ? (
        <div className="mb-6 text-center">
          <Button small kind="quiet" busy={older.isLoading} onClick={props.onOlder}>
            Earlier messages
          </Button>
          {older.problem ? <Problem>{older.problem}</Problem> : null}
        </div>
      ) : null}
      {isLoading && turns.length === 0 ? <Skeleton /> : null}
      <div data-turns className="space-y-8">
        {turns.map((turn) => (
          <TurnView
            key={turn.key}
            turn={turn}
            models={models}
            agents={agents}
            canAct={runningId === null && props.canSend}
            fileName={fileName}
            toolNamed={toolNamed}
            loadResult={loadResult}
            onChoose={choose}
            onRegenerate={onRegenerate}
            onResend={onResend}
          />
        ))}
        {onWay.map((item) => (
          <div key={item.clientMessageId} className="flex flex-col items-end">
            <Bubble text={item.text} attachments={item.attachments} note={noteOf(item)} />
            <Unsent item={item} />
          </div>
        ))}
      </div>
      {conversation.wasReset ? <ResetNotice onUnderstood={conversation.understand} /> : null}
      <Announcer turns={turns} agents={agents} toolNamed={toolNamed} />
    </div>
  )
}

function noteOf({ status }: Outgoing): string | null {
  if (status === 'waiting') return 'Kept, and sent as soon as the connection is back.'
  return status === 'held'
    ? 'Not sent yet: nothing is taken now. It is sent by itself when it can be.'
    : null
}

/** A message that was kept and cannot go out by itself: the person decides. */
function Unsent({ item }: { item: Outgoing }) {
  const { resend, discard } = useLive()
  const { id, status, problem } = item
  if (id === undefined) return null
  if (status === 'held') {
    return (
      <Button small kind="quiet" onClick={() => discard(id)}>
        Discard
      </Button>
    )
  }
  if (status !== 'expired' && status !== 'refused') return null
  return (
    <Problem
      action={
        <>
          <Button small onClick={() => resend(id)}>
            Send it now
          </Button>
          <Button small kind="quiet" onClick={() => discard(id)}>
            Discard
          </Button>
        </>
      }
    >
      {status === 'expired'
        ? 'This waited for a connection for days and was not sent.'
        : `This was not accepted: ${problem ?? 'no reason was given'}`}
    </Problem>
  )
}

function Skeleton() {
  return (
    <div aria-label="Loading the conversation" className="breathing space-y-4">
      <div className="ml-auto h-10 w-3/5 rounded-xl bg-sunken" />
      <div className="h-3 w-1/4 rounded-sm bg-sunken" />
      <div className="h-3 w-4/5 rounded-sm bg-sunken" />
      <div className="h-3 w-3/5 rounded-sm bg-sunken" />
    </div>
  )
}

interface TurnViewProps {
  turn: Turn
  models: Models
  agents: readonly Agent[]
  canAct: boolean
  fileName: (fileId: string) => string | undefined
  toolNamed: (tool: string) => ToolName
  loadResult: (fileId: string) => Promise<unknown>
  onChoose: (fork: Fork, step: number) => void
  onRegenerate: (messageId: string) => void
  onResend: (message: ThreadMessage, text: string) => void
}

const agentName = (agents: readonly Agent[], id: string | null | undefined): string =>
  agents.find((agent) => agent.id === id)?.name ?? id ?? 'Netra'

const modelNamed = (models: Models, id: string | null): Model | undefined =>
  models.models.find((model) => model.id === id)

const TurnView = memo(function TurnView(props: TurnViewProps) {
  const { turn, models, agents, canAct, onChoose, onRegenerate, onResend } = props
  const { question, answer } = turn
  const questionId = question?.id
  const regenerate = useCallback(() => {
    if (questionId !== undefined) onRegenerate(questionId)
  }, [questionId, onRegenerate])
  const run = answer?.run
  const nameOf = useCallback((id: string) => agentName(agents, id), [agents])
  return (
    <div className="turn space-y-1.5">
      {question ? (
        <Question
          message={question}
          questions={turn.questions}
          onChoose={onChoose}
          onResend={canAct ? onResend : undefined}
        />
      ) : null}
      {answer ? (
        <Answer
          key={answer.id}
          answer={answer}
          answers={turn.answers}
          model={run ? modelNamed(models, run.model) : undefined}
          agentName={agentName(agents, run ? leaderOf(run) : answer.messages.at(-1)?.agent)}
          nameOf={nameOf}
          fileName={props.fileName}
          toolNamed={props.toolNamed}
          loadResult={props.loadResult}
          onChoose={onChoose}
          onRegenerate={canAct && question ? regenerate : undefined}
        />
      ) : null}
    </div>
  )
})

function ResetNotice({ onUnderstood }: { onUnderstood: () => void }) {
  return (
    <div className="mt-6">
      <Problem
        action={
          <Button small onClick={onUnderstood}>
            Understood
          </Button>
        }
      >
        The server could not prove that nothing was lost here. What is shown is what it has: please
        check the last messages.
      </Problem>
    </div>
  )
}

interface AnnouncerProps {
  turns: readonly Turn[]
  agents: readonly Agent[]
  toolNamed: (tool: string) => ToolName
}

/** Tells a screen reader when an answer begins and when it is there: not each word of it. */
function Announcer({ turns, agents, toolNamed }: AnnouncerProps) {
  const run = turns.at(-1)?.answer?.run
  const [seen, setSeen] = useState<string | null>(null)
  const asked = turns.at(-1)?.answer?.approvals.at(-1)
  // Whose name stands above the answer, whoever of a team works on it.
  const name = agentName(agents, run ? leaderOf(run) : null)
  useEffect(() => {
    if (run && run.outcome === null) setSeen(run.id)
  }, [run])
  const asksAbout = asked ? toolPhrase(toolNamed(asked.tool_name)) : null
  return (
    <p role="status" className="sr-only">
      {run && seen === run.id ? announcement(run, name, asksAbout) : ''}
    </p>
  )
}
