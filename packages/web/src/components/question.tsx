import { textOf, type ThreadMessage } from '@netra/protocol'
import { memo, useState, type KeyboardEvent, type ReactNode } from 'react'

import type { SentAttachment } from '../live/live-types.ts'
import { formatBytes } from '../timeline/format.ts'
import type { Fork } from '../timeline/turns.ts'
import { Button, IconButton } from './button.tsx'
import { CopyButton } from './copy-button.tsx'
import { ForkSwitch } from './fork-switch.tsx'
import { FileIcon, PencilIcon, TableIcon } from './icons.tsx'
import { isTableName, TableName } from './table-chip.tsx'

interface QuestionProps {
  message: ThreadMessage
  questions: Fork
  onChoose: (fork: Fork, step: number) => void
  /** Absent where nothing can be sent. */
  onResend?: ((message: ThreadMessage, text: string) => void) | undefined
}

/** What a person said. */
export const Question = memo(function Question(props: QuestionProps) {
  const { message, questions, onChoose, onResend } = props
  const [isEdited, setEdited] = useState(false)
  const text = textOf(message.content)
  if (isEdited && onResend) {
    return (
      <Editor
        text={text}
        onClose={() => setEdited(false)}
        onSend={(changed) => {
          setEdited(false)
          onResend(message, changed)
        }}
      />
    )
  }
  return (
    <article aria-label="Your message" className="group/question flex flex-col items-end gap-1">
      <Bubble text={text} attachments={message.attachments} />
      <div className="flex min-h-7 items-center opacity-0 transition-opacity group-focus-within/question:opacity-100 group-hover/question:opacity-100 has-[[role=group]]:opacity-100 pointer-coarse:opacity-100">
        {message.at ? <SentAt at={message.at} /> : null}
        <ForkSwitch fork={questions} onChoose={onChoose} what="message" />
        <CopyButton label="Copy message" text={() => text} />
        {onResend ? (
          <IconButton small label="Edit and send again" onClick={() => setEdited(true)}>
            <PencilIcon size={16} />
          </IconButton>
        ) : null}
      </div>
    </article>
  )
})

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' })

function SentAt({ at }: { at: string }) {
  const time = Date.parse(at)
  return (
    <time dateTime={at} title={exact.format(time)} className="figures mr-1 text-xs text-muted">
      {clock.format(time)}
    </time>
  )
}

interface BubbleProps {
  text: string
  attachments: readonly SentAttachment[]
  note?: ReactNode
}

export function Bubble({ text, attachments, note }: BubbleProps) {
  return (
    <div className="flex max-w-[min(36rem,88%)] flex-col items-end gap-1.5">
      {attachments.length > 0 ? (
        <ul className="flex flex-wrap justify-end gap-1.5">
          {attachments.map((file) => (
            <li key={file.file_id}>
              <FileChip name={file.name} detail={formatBytes(file.bytes)} fileId={file.file_id} />
            </li>
          ))}
        </ul>
      ) : null}
      {text === '' ? null : (
        <div className="max-h-[28rem] overflow-y-auto rounded-xl rounded-br-sm bg-accent-wash px-4 py-2.5 whitespace-pre-wrap wrap-anywhere">
          {text}
        </div>
      )}
      {note ? <p className="text-xs text-muted">{note}</p> : null}
    </div>
  )
}

interface FileChipProps {
  name: string
  detail: string
  /** Given once it is stored: a table then shows how it is read. */
  fileId?: string | undefined
  children?: ReactNode
}

export function FileChip({ name, detail, fileId, children }: FileChipProps) {
  const isTable = isTableName(name)
  const text = (
    <span className="min-w-0 truncate" title={name}>
      {name}
    </span>
  )
  return (
    <span className="inline-flex max-w-80 items-center gap-2 rounded-md border border-line bg-raised py-1.5 pr-2 pl-2.5 text-sm">
      {isTable && fileId !== undefined ? (
        <TableName file={{ file_id: fileId, name }}>{text}</TableName>
      ) : (
        <>
          {isTable ? (
            <TableIcon size={16} className="text-muted" />
          ) : (
            <FileIcon size={16} className="text-muted" />
          )}
          {text}
        </>
      )}
      <span className="figures shrink-0 text-xs text-muted">{detail}</span>
      {children}
    </span>
  )
}

interface EditorProps {
  text: string
  onSend: (text: string) => void
  onClose: () => void
}

function Editor({ text, onSend, onClose }: EditorProps) {
  const [draft, setDraft] = useState(text)
  const canSend = draft.trim() !== ''
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.stopPropagation()
      onClose()
    }
    const sends = event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing
    if (!sends) return
    event.preventDefault()
    if (canSend) onSend(draft.trim())
  }
  return (
    <div className="mb-4 rounded-xl border border-edge bg-raised p-2 focus-within:border-accent">
      <textarea
        autoFocus
        aria-label="Edit your message"
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={onKeyDown}
        className="field-sizing-content max-h-80 min-h-16 w-full resize-none bg-transparent px-2 py-1 focus-visible:outline-none"
      />
      <div className="flex items-center justify-end gap-2">
        <span className="mr-auto pl-2 text-xs text-muted">
          The earlier version stays as a branch.
        </span>
        <Button small kind="quiet" onClick={onClose}>
          Cancel
        </Button>
        <Button small kind="primary" disabled={!canSend} onClick={() => onSend(draft.trim())}>
          Send
        </Button>
      </div>
    </div>
  )
}
