import type { Run } from '@netra/protocol'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'

import { useAttachments } from '../components/use-attachments.ts'
import { pathInApp } from '../live/addresses.ts'
import { problemText, type Agent, type Models } from '../live/api.ts'
import type { SentAttachment } from '../live/live-types.ts'
import { useLive, useOutgoing, useUser } from '../live/use-live.ts'
import { whyNotSent } from '../timeline/sending-words.ts'
import { goesOnWith } from '../timeline/team.ts'
import { keep, readKept, useKept } from '../use-kept.ts'
import { agentKept, withAgent } from './kept-agents.ts'
import { useConversation } from './use-conversation.ts'
import { useDraft } from './use-draft.ts'
import { useSpendingApi } from './use-spending.ts'

const NO_AGENTS: Agent[] = []
const NO_MODELS: Models = { default: null, models: [] }
const DEFAULT_MAX_UPLOAD = 200_000_000

const IN_THREADS = 'thread-agents'

const rememberAgent = (threadId: string, agent: string | null): void =>
  keep(IN_THREADS, withAgent(readKept(IN_THREADS), threadId, agent))

interface Place {
  threadId: string | null
  isLoading: boolean
  lastRun: Run | undefined
}

/**
 * Who may answer, and who was chosen to: here, else in this conversation before, else last. Until it
 * is known who a conversation goes on with, whoever did when it was last seen here, or the server's
 * choice: never whoever answers elsewhere.
 */
function useChoice({ threadId, isLoading, lastRun }: Place) {
  const { api } = useLive()
  const agents = useQuery({ queryKey: ['agents'], queryFn: ({ signal }) => api.agents(signal) })
  const models = useQuery({ queryKey: ['models'], queryFn: ({ signal }) => api.models(signal) })
  const [kept, setKept] = useKept('agent')
  const [picked, setPicked] = useState<string | null>()
  const [model, setModel] = useKept('model')
  const error = agents.error ?? models.error
  const before = agents.data && goesOnWith(lastRun, agents.data)
  const isUnknown = isLoading || (lastRun !== undefined && before === undefined)
  const otherwise =
    threadId !== null && isUnknown ? agentKept(readKept(IN_THREADS), threadId) : kept
  useEffect(() => {
    if (threadId !== null && before !== undefined) rememberAgent(threadId, before)
  }, [threadId, before])
  const isKnown = (id: string | null) => models.data?.models.some((item) => item.id === id)
  return {
    agents: agents.data ?? NO_AGENTS,
    models: models.data ?? NO_MODELS,
    problem: error ? problemText(error) : null,
    agent: [picked, before, otherwise].find((id) => id !== undefined) ?? null,
    setAgent: (id: string | null) => {
      setPicked(id)
      setKept(id)
    },
    // One that was chosen and is gone leaves the choice to the server.
    model: isKnown(model) ? model : null,
    setModel,
  }
}

const LOOK_AGAIN_MS = 5_000

/** Why no message is taken, looked up anew as soon as one was not, and until they are again. */
function useWhyNotSent(isHeld: boolean): string | null {
  const { api, me } = useLive()
  const spendingApi = useSpendingApi()
  const client = useQueryClient()
  const [looks, setLooks] = useState(false)
  const config = useQuery({
    queryKey: ['config'],
    queryFn: () => api.config(),
    refetchInterval: looks ? LOOK_AGAIN_MS : false,
  })
  const spending = useQuery({
    queryKey: ['spending', 'stopped'],
    queryFn: ({ signal }) => spendingApi.mine(1, signal),
    enabled: looks,
    refetchInterval: looks ? LOOK_AGAIN_MS : false,
  })
  const why = whyNotSent({
    mode: config.data?.mode,
    stopped: looks ? (spending.data?.stopped ?? null) : null,
    isAdmin: me.role === 'admin',
  })
  useEffect(() => {
    setLooks(isHeld || why !== null)
    if (isHeld) void client.invalidateQueries({ queryKey: ['config'] })
  }, [isHeld, why, client])
  return why
}

/** Everything that a conversation shows and does. */
export function useChat(threadId: string | null) {
  const live = useLive()
  const navigate = useNavigate()
  const outgoing = useOutgoing()
  const listed = useUser().state.threads.find((thread) => thread.id === threadId)
  const config = useQuery({ queryKey: ['config'], queryFn: () => live.api.config() })
  const conversation = useConversation(threadId)
  const { state, turns, leafId, runningId, showNewest } = conversation
  const choice = useChoice({
    threadId,
    isLoading: conversation.isLoading,
    lastRun: turns.findLast(({ answer }) => answer?.run)?.answer?.run ?? undefined,
  })
  // Of this person: whoever signs in next in this browser must not find it.
  const draft = useDraft(`${live.me.id}.${threadId ?? 'new'}`)
  const attachments = useAttachments(live.api, {
    maxBytes: config.data?.limits.max_upload_bytes ?? DEFAULT_MAX_UPLOAD,
    initial: draft.initialFiles,
    onReady: draft.keepFiles,
  })
  const [problem, setProblem] = useState<string | null>(null)
  const sayProblem = (error: unknown) => setProblem(problemText(error))
  const { agent, model } = choice
  const whyNot = useWhyNotSent(outgoing.some(({ status }) => status === 'held'))

  /** True once the server has it; otherwise what it says is shown, and the text is the caller's. */
  async function deliver(
    text: string,
    files: readonly SentAttachment[],
    parentMessageId: string | null | undefined,
  ): Promise<boolean> {
    setProblem(null)
    try {
      const wish = { threadId, text, attachments: files, parentMessageId, agent, model }
      const accepted = await live.send(wish)
      rememberAgent(accepted.threadId, agent)
      showNewest()
      const isStillHere = threadId === null && pathInApp(new URL(location.href)) === '/'
      if (isStillHere) {
        await navigate({ to: '/t/$threadId', params: { threadId: accepted.threadId } })
      }
      return true
    } catch (error) {
      sayProblem(error)
      return false
    }
  }

  return {
    ...choice,
    conversation,
    draft,
    attachments,
    problem: problem ?? choice.problem,
    /** Why no message is taken now. */
    whyNot,
    title: state.title ?? listed?.title ?? null,
    /** Sent, and not in the thread yet. */
    onWay: outgoing.filter(
      (item) =>
        item.threadId === threadId &&
        !state.runs.some((run) => run.client_message_id === item.clientMessageId),
    ),
    isEmpty: turns.length === 0 && !conversation.isLoading,
    stop: runningId === null ? null : () => void live.cancel(runningId).catch(sayProblem),
    async send(): Promise<boolean> {
      const { text } = draft
      const files = attachments.ready()
      draft.write('')
      attachments.set([])
      if (await deliver(text.trim(), files, leafId)) return true
      draft.write(text)
      attachments.set(files)
      return false
    },
    async resend(text: string, files: readonly SentAttachment[], parent: string | null) {
      if (!(await deliver(text, files, parent))) draft.write(text)
    },
    regenerate: (messageId: string): void => {
      if (threadId === null) return
      setProblem(null)
      live.regenerate({ threadId, messageId, agent, model }).then(showNewest, sayProblem)
    },
  }
}
