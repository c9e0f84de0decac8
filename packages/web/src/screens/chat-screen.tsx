import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { useRef, useState, type DragEvent } from 'react'

import { Button, IconButton } from '../components/button.tsx'
import { Composer, useEscape } from '../components/composer.tsx'
import { ConnectionPill } from '../components/connection-pill.tsx'
import { ArrowDownIcon } from '../components/icons.tsx'
import { AgentPicker, ModelPicker } from '../components/pickers.tsx'
import { ThreadHeader } from '../components/thread-header.tsx'
import { useAttachments } from '../components/use-attachments.ts'
import { useStickToEnd } from '../components/use-stick-to-end.ts'
import { problemText, type Agent, type Models } from '../live/api.ts'
import type { SentAttachment } from '../live/live-types.ts'
import { useLive, useOutgoing, useThread } from '../live/use-live.ts'
import { useKept } from '../use-kept.ts'
import { Conversation } from './conversation.tsx'
import { EmptyChat } from './empty-chat.tsx'
import { Message } from './message-page.tsx'
import { useConversation } from './use-conversation.ts'
import { useDraft } from './use-draft.ts'

const NO_AGENTS: Agent[] = []
const NO_MODELS: Models = { default: null, models: [] }
const DEFAULT_MAX_UPLOAD = 200 * 1000 * 1000

/** A thread's own state begins anew with each thread. */
export function ChatScreen() {
  const { threadId = null } = useParams({ strict: false })
  return <Chat key={threadId ?? 'new'} threadId={threadId} />
}

function Chat({ threadId }: { threadId: string | null }) {
  const live = useLive()
  const view = useThread(threadId)
  if (view?.phase === 'gone' || view?.state.deleted) {
    return (
      <Message title="This conversation is not here">
        It was deleted, or it belongs to somebody else.{' '}
        <Link to="/" className="text-accent underline underline-offset-3">
          Start a new one
        </Link>
      </Message>
    )
  }
  if (view?.phase === 'broken') {
    return (
      <Message title="This conversation cannot be read">
        <p>{view.problem}</p>
        <Button className="mt-4" onClick={() => location.reload()}>
          Load the page again
        </Button>
      </Message>
    )
  }
  return <OpenChat key={live.me.id} threadId={threadId} />
}

function useSending(threadId: string | null, leafId: string | null) {
  const live = useLive()
  const navigate = useNavigate()
  const [agent, setAgent] = useKept('agent')
  const [model, setModel] = useKept('model')
  const [problem, setProblem] = useState<string | null>(null)
  const send = async (
    text: string,
    attachments: readonly SentAttachment[],
    parentMessageId: string | null = leafId,
  ): Promise<boolean> => {
    setProblem(null)
    try {
      const accepted = await live.send({
        threadId,
        text,
        attachments,
        parentMessageId,
        agent,
        model,
      })
      const isStillNew = threadId === null && location.pathname === '/'
      if (isStillNew) {
        await navigate({ to: '/t/$threadId', params: { threadId: accepted.threadId } })
      }
      return true
    } catch (error) {
      setProblem(problemText(error))
      return false
    }
  }
  return { send, problem, setProblem, agent, setAgent, model, setModel }
}

function OpenChat({ threadId }: { threadId: string | null }) {
  const live = useLive()
  const outgoing = useOutgoing()
  const agents = useQuery({
    queryKey: ['agents'],
    queryFn: ({ signal }) => live.api.agents(signal),
  })
  const models = useQuery({
    queryKey: ['models'],
    queryFn: ({ signal }) => live.api.models(signal),
  })
  const config = useQuery({ queryKey: ['config'], queryFn: () => live.api.config() })
  const conversation = useConversation(threadId)
  const { turns, state, isLoading, runningId, leafId, showNewest } = conversation
  const sending = useSending(threadId, leafId)
  const draft = useDraft(threadId ?? 'new')
  const attachments = useAttachments(live.api, {
    maxBytes: config.data?.limits.max_upload_bytes ?? DEFAULT_MAX_UPLOAD,
    initial: draft.initialFiles,
    onReady: draft.keepFiles,
  })
  const { setScroller, setContent, isAway, toEnd } = useStickToEnd(threadId ?? 'new')
  const input = useRef<HTMLTextAreaElement>(null)
  const [drops, setDrops] = useState(false)
  const onWay = outgoing.filter(
    (item) =>
      item.threadId === threadId &&
      !state.runs.some((run) => run.client_message_id === item.clientMessageId),
  )
  const stop = runningId === null ? null : () => void live.cancel(runningId).catch(sayProblem)
  const sayProblem = (error: unknown) => sending.setProblem(problemText(error))
  useEscape(stop)

  const send = async () => {
    const { text } = draft
    const files = attachments.ready()
    draft.write('')
    attachments.set([])
    showNewest()
    toEnd()
    const isSent = await sending.send(text.trim(), files)
    if (isSent) return
    draft.write(text)
    attachments.set(files)
    input.current?.focus()
  }
  const resend = async (text: string, files: readonly SentAttachment[], parent: string | null) => {
    showNewest()
    if (!(await sending.send(text, files, parent))) draft.write(text)
  }
  const regenerate = (messageId: string) => {
    if (threadId === null) return
    showNewest()
    const { agent, model } = sending
    live.regenerate({ threadId, messageId, agent, model }).catch(sayProblem)
  }
  const onDrop = (event: DragEvent) => {
    event.preventDefault()
    setDrops(false)
    attachments.add([...event.dataTransfer.files])
  }
  const isEmpty = turns.length === 0 && onWay.length === 0 && !isLoading

  const composer = (
    <Composer
      ref={input}
      text={draft.text}
      onText={draft.write}
      attachments={attachments}
      onStop={stop}
      onSend={() => void send()}
      problem={sending.problem}
      pickers={
        <>
          <AgentPicker
            agents={agents.data ?? NO_AGENTS}
            chosen={sending.agent}
            onChoose={sending.setAgent}
          />
          <ModelPicker
            models={models.data ?? NO_MODELS}
            chosen={sending.model}
            onChoose={sending.setModel}
          />
        </>
      }
    />
  )

  return (
    <div
      className="relative flex min-h-0 flex-1 flex-col"
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes('Files')) return
        event.preventDefault()
        setDrops(true)
      }}
      onDragLeave={(event) => {
        if (event.currentTarget === event.target) setDrops(false)
      }}
      onDrop={onDrop}
    >
      <ThreadHeader threadId={threadId} title={state.title}>
        <ConnectionPill />
      </ThreadHeader>
      <div ref={setScroller} className="min-h-0 flex-1 overflow-y-auto overscroll-contain">
        <div
          ref={setContent}
          className="mx-auto flex min-h-full w-full max-w-3xl flex-col px-4 sm:px-6"
        >
          {isEmpty && threadId === null ? (
            <EmptyChat
              agents={agents.data ?? NO_AGENTS}
              agentId={sending.agent}
              models={models.data ?? NO_MODELS}
              problem={agents.error ? problemText(agents.error) : null}
              onExample={(text) => {
                draft.write(text)
                if (attachments.list.length === 0) attachments.addSample()
                input.current?.focus()
              }}
            />
          ) : (
            <Conversation
              conversation={conversation}
              models={models.data ?? NO_MODELS}
              agents={agents.data ?? NO_AGENTS}
              onWay={onWay}
              onRegenerate={regenerate}
              onResend={resend}
            />
          )}
        </div>
      </div>
      <div className="relative mx-auto w-full max-w-3xl px-3 pb-[max(0.75rem,env(safe-area-inset-bottom))] sm:px-6 sm:pb-5">
        {isAway ? (
          <IconButton
            label="Jump to the newest"
            onClick={toEnd}
            className="appear absolute -top-12 left-1/2 -translate-x-1/2 rounded-full! border border-line bg-raised shadow-float"
          >
            <ArrowDownIcon />
          </IconButton>
        ) : null}
        {composer}
      </div>
      {drops ? (
        <div className="pointer-events-none absolute inset-3 z-20 grid place-items-center rounded-xl border-2 border-dashed border-accent bg-paper/85 text-lg font-medium text-accent">
          Drop files to attach them
        </div>
      ) : null}
    </div>
  )
}
