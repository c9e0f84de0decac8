import { emptyThreadState, textOf, type ThreadState } from '@netra/protocol'
import { useCallback, useEffect, useMemo, useState } from 'react'

import { problemText } from '../live/api.ts'
import { useLive, useThread } from '../live/use-live.ts'
import { withOlder, type OlderMessages } from '../timeline/older.ts'
import {
  pathOf,
  reuseTurns,
  type Answer,
  type Choices,
  type Fork,
  type Turn,
} from '../timeline/turns.ts'

const NOTHING: ThreadState = emptyThreadState()
const NO_CHOICES: Choices = {}

export interface ConversationView {
  state: ThreadState
  turns: readonly Turn[]
  /** The message that the next one follows; undefined until it is known: the newest, whichever that is. */
  leafId: string | null | undefined
  /** The run that is going on at the end of what is shown. */
  runningId: string | null
  isLoading: boolean
  /** The server could not prove that nothing was lost. */
  wasReset: boolean
  /** The person has been told of the reset. */
  understand: () => void
  older: { isThere: boolean; isLoading: boolean; problem: string | null; load: () => void }
  choose: (fork: Fork, step: number) => void
  /** Forgets which branches were chosen: what comes next is shown. */
  showNewest: () => void
}

function useOlder(threadId: string | null) {
  const { api } = useLive()
  const [messages, setMessages] = useState<OlderMessages | null>(null)
  const [isLoading, setLoading] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const load = (anchor: string, before: string) => {
    if (threadId === null || isLoading) return
    setLoading(true)
    setProblem(null)
    api
      .messages(threadId, { before })
      .then((page) =>
        setMessages((known) => ({
          anchor,
          messages: [...page.messages, ...(known?.anchor === anchor ? known.messages : [])],
          before: page.before,
        })),
      )
      .catch((error: unknown) => setProblem(problemText(error)))
      .finally(() => setLoading(false))
  }
  return { messages, isLoading, problem, load }
}

/** Tells what of an answer was drawn, so that the wait for it can be measured. */
function useShown(answer: Answer | null): void {
  const { shown } = useLive()
  const run = answer?.run ?? null
  const id = run?.id
  const hasEvent = run !== null && (run.started_at !== null || run.timeline.length > 0)
  const hasText = answer?.messages.some(({ content }) => textOf(content) !== '') ?? false
  const hasEnded = run !== null && run.outcome !== null
  useEffect(() => {
    if (id !== undefined) shown({ id, hasEvent, hasText, hasEnded })
  }, [shown, id, hasEvent, hasText, hasEnded])
}

/** A thread as one path through its branches, with what came before its window. */
export function useConversation(threadId: string | null): ConversationView {
  const { acknowledgeReset } = useLive()
  const view = useThread(threadId)
  const [choices, setChoices] = useState<Choices>(NO_CHOICES)
  const [kept] = useState<{ turns: readonly Turn[] }>({ turns: [] })
  const older = useOlder(threadId)
  const live = view?.state ?? NOTHING
  const state = useMemo(() => withOlder(live, older.messages), [live, older.messages])
  const { turns, leafId } = useMemo(() => {
    const path = pathOf(state, choices)
    kept.turns = reuseTurns(kept.turns, path.turns)
    return { turns: kept.turns, leafId: path.leafId }
  }, [state, choices, kept])
  const choose = useCallback((fork: Fork, step: number) => {
    const id = fork.ids[fork.shown + step]
    if (id !== undefined) setChoices((known) => ({ ...known, [fork.key]: id }))
  }, [])
  const showNewest = useCallback(() => setChoices(NO_CHOICES), [])
  const last = turns.at(-1)?.answer
  const run = last?.run
  useShown(last ?? null)
  return {
    state,
    turns,
    leafId: view?.phase === 'loading' ? undefined : leafId,
    runningId: run && run.outcome === null ? run.id : null,
    isLoading: view?.phase === 'loading',
    wasReset: view?.reset ?? false,
    understand: () => {
      if (threadId !== null) acknowledgeReset(threadId)
    },
    older: {
      isThere: state.before !== null,
      isLoading: older.isLoading,
      problem: older.problem,
      load: () => {
        if (live.before !== null && state.before !== null) older.load(live.before, state.before)
      },
    },
    choose,
    showNewest,
  }
}
