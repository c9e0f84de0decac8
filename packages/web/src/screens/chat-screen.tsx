import { Link, useParams } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'

import { AgentPicker } from '../components/agent-picker.tsx'
import { BudgetNote } from '../components/budget-note.tsx'
import { Button, IconButton } from '../components/button.tsx'
import { Composer, useEscape } from '../components/composer.tsx'
import { ConnectionPill } from '../components/connection-pill.tsx'
import { DropZone } from '../components/drop-zone.tsx'
import { ArrowDownIcon } from '../components/icons.tsx'
import { ModelPicker, modelOf } from '../components/pickers.tsx'
import { ThreadHeader } from '../components/thread-header.tsx'
import { useStickToEnd } from '../components/use-stick-to-end.ts'
import { useThread } from '../live/use-live.ts'
import { Conversation } from './conversation.tsx'
import { EmptyChat } from './empty-chat.tsx'
import { Message } from './message-page.tsx'
import { useChat } from './use-chat.ts'

/** A thread's own state begins anew with each thread. */
export function ChatScreen() {
  const { threadId = null } = useParams({ strict: false })
  return <Chat key={threadId ?? 'new'} threadId={threadId} />
}

function Chat({ threadId }: { threadId: string | null }) {
  const view = useThread(threadId)
  if (view?.phase === 'gone' || view?.state.deleted) {
    return (
      <Message title="This conversation is not here">
        <p>It was deleted, or it belongs to somebody else.</p>
        <Link to="/" className="mt-3 inline-block text-accent underline underline-offset-3">
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
  return <OpenChat threadId={threadId} />
}

function OpenChat({ threadId }: { threadId: string | null }) {
  const chat = useChat(threadId)
  const { attachments, draft, agents, models } = chat
  const startsHere = threadId === null && chat.isEmpty && chat.onWay.length === 0
  const { setScroller, setContent, isAway, toEnd, toNewest, keepPlace } = useStickToEnd(
    threadId ?? 'new',
    !startsHere,
  )
  const input = useRef<HTMLTextAreaElement>(null)
  useEscape(chat.stop)
  useEffect(() => {
    // On a phone the keyboard would cover what one came to read.
    if (matchMedia('(pointer: fine)').matches) input.current?.focus()
  }, [])
  const send = async () => {
    const sent = chat.send()
    toNewest()
    if (!(await sent)) input.current?.focus()
  }
  const onExample = (text: string, withSample: boolean) => {
    draft.write(text)
    if (withSample && attachments.list.length === 0) attachments.addSample()
    input.current?.focus()
  }
  return (
    <DropZone onFiles={attachments.add}>
      <ThreadHeader threadId={threadId} title={chat.title}>
        <ConnectionPill />
      </ThreadHeader>
      <div ref={setScroller} className="relative min-h-0 flex-1 overflow-y-auto overscroll-contain">
        <div
          ref={setContent}
          className="mx-auto flex min-h-full w-full max-w-3xl flex-col px-4 sm:px-6"
        >
          {startsHere ? (
            <EmptyChat
              agents={agents}
              agentId={chat.agent}
              models={models}
              onExample={onExample}
              onAgent={(id) => {
                chat.setAgent(id)
                input.current?.focus()
              }}
            />
          ) : (
            <Conversation
              conversation={chat.conversation}
              models={models}
              agents={agents}
              onWay={chat.onWay}
              canSend={chat.whyNot === null}
              onOlder={() => {
                keepPlace()
                chat.conversation.older.load()
              }}
              onRegenerate={chat.regenerate}
              onResend={(text, files, parent) => void chat.resend(text, files, parent)}
            />
          )}
        </div>
      </div>
      <div className="relative mx-auto w-full max-w-3xl px-3 pb-[max(0.75rem,env(safe-area-inset-bottom))] sm:px-6 sm:pb-5">
        {isAway ? <ToEnd onClick={toEnd} /> : null}
        <BudgetNote />
        <Composer
          ref={input}
          text={draft.text}
          onText={draft.write}
          attachments={attachments}
          onStop={chat.stop}
          onSend={() => void send()}
          problem={chat.problem}
          whyNot={chat.whyNot}
          placeholder={placeholderOf(chat)}
          pickers={
            <>
              <AgentPicker agents={agents} chosen={chat.agent} onChoose={chat.setAgent} />
              <ModelPicker
                models={models}
                agent={agents.find(({ id }) => id === chat.agent)}
                chosen={chat.model}
                onChoose={chat.setModel}
              />
            </>
          }
        />
      </div>
    </DropZone>
  )
}

/** Promises nothing that what is connected does not do. */
function placeholderOf({ models, agents, agent }: ReturnType<typeof useChat>) {
  const chosen = agents.find(({ id }) => id === agent)
  if (chosen && chosen.origin !== 'netra') return `Ask ${chosen.name}`
  if (agent === 'supervisor') return 'Ask what your language models cost'
  return modelOf(models, null)?.built_in === true
    ? 'Ask about a table, a sum or AI spend'
    : 'Ask about your data, or anything else'
}

function ToEnd({ onClick }: { onClick: () => void }) {
  return (
    <IconButton
      label="Jump to the newest"
      onClick={onClick}
      className="appear absolute -top-12 left-1/2 -translate-x-1/2 rounded-full! border border-line bg-raised! shadow-float"
    >
      <ArrowDownIcon />
    </IconButton>
  )
}
