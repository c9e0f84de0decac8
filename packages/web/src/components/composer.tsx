import {
  useEffect,
  useRef,
  type ClipboardEvent,
  type KeyboardEvent,
  type ReactNode,
  type Ref,
} from 'react'

import { formatBytes } from '../timeline/format.ts'
import { Button, IconButton, Spinner } from './button.tsx'
import {
  ArrowUpIcon,
  ClipIcon,
  CloseIcon,
  PlusIcon,
  StopIcon,
  TableIcon,
  WarningIcon,
} from './icons.tsx'
import { Menu } from './menu.tsx'
import { Problem } from './notice.tsx'
import { FileChip } from './question.tsx'
import type { Attaching, Attachments } from './use-attachments.ts'

interface ComposerProps {
  text: string
  onText: (text: string) => void
  attachments: Attachments
  /** Given while an answer is running. */
  onStop: (() => void) | null
  onSend: () => void
  problem: string | null
  /** Why no message is taken now. */
  whyNot: string | null
  placeholder: string
  /** Pickers of agent and model. */
  pickers: ReactNode
  ref: Ref<HTMLTextAreaElement>
}

export function Composer(props: ComposerProps) {
  const { text, onText, attachments, onStop, onSend, problem, whyNot, pickers, ref } = props
  const canSend =
    (text.trim() !== '' || attachments.list.some((item) => item.file)) &&
    !attachments.isBusy &&
    !attachments.hasFailed &&
    whyNot === null
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    if (canSend && !onStop) onSend()
  }
  const onPaste = (event: ClipboardEvent) => {
    const files = [...event.clipboardData.files]
    if (files.length === 0) return
    event.preventDefault()
    attachments.add(files)
  }
  return (
    <form
      aria-label="Message"
      onSubmit={(event) => {
        event.preventDefault()
        if (canSend && !onStop) onSend()
      }}
      className="rounded-xl border border-edge bg-raised shadow-float transition-colors focus-within:border-accent"
    >
      {problem ? (
        <div className="p-2 pb-0">
          <Problem>{problem}</Problem>
        </div>
      ) : null}
      <div role="status" className="space-y-2 px-4 [&:not(:empty)]:pt-3">
        {whyNot ? (
          <p className="flex items-start gap-2 text-sm">
            <WarningIcon size={16} className="mt-0.5 shrink-0 text-warn" />
            <span className="min-w-0 wrap-anywhere">{whyNot}</span>
          </p>
        ) : null}
        {attachments.hasFailed ? <NotAttached attachments={attachments} /> : null}
      </div>
      <AttachmentList attachments={attachments} />
      <textarea
        ref={ref}
        rows={1}
        aria-label="Message"
        placeholder={props.placeholder}
        value={text}
        onChange={(event) => onText(event.target.value)}
        onKeyDown={onKeyDown}
        onPaste={onPaste}
        className="field-sizing-content block max-h-[min(40dvh,20rem)] min-h-12 w-full resize-none bg-transparent px-4 pt-3 pb-1 text-[1rem] leading-6 placeholder:text-muted focus-visible:outline-none"
      />
      <div className="flex items-center gap-1 p-2 pt-1">
        <AttachMenu attachments={attachments} />
        <div className="flex min-w-0 flex-1 items-center gap-1">{pickers}</div>
        {onStop ? (
          <button
            type="button"
            aria-label="Stop the answer"
            title="Stop (Esc)"
            onClick={onStop}
            className="touch inline-flex size-9 items-center justify-center rounded-full bg-ink text-paper transition-colors hover:bg-soft"
          >
            <StopIcon />
          </button>
        ) : (
          <button
            type="submit"
            aria-label="Send"
            title="Send (Enter)"
            disabled={!canSend}
            className="touch inline-flex size-9 items-center justify-center rounded-full bg-accent text-on-accent transition-colors hover:bg-accent-strong disabled:bg-hover disabled:text-muted"
          >
            {attachments.isBusy ? <Spinner /> : <ArrowUpIcon />}
          </button>
        )}
      </div>
    </form>
  )
}

function AttachMenu({ attachments }: { attachments: Attachments }) {
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label="Attach files"
        onChange={(event) => {
          attachments.add([...(event.target.files ?? [])])
          event.target.value = ''
        }}
      />
      <Menu
        label="Attach"
        side="above"
        wide
        items={[
          {
            key: 'files',
            label: 'Attach files',
            hint: 'CSV, JSON and Parquet tables; text, images and PDF where the model takes them',
            icon: <ClipIcon size={16} />,
            onSelect: () => input.current?.click(),
          },
          {
            key: 'sample',
            label: 'Use the sample workload (synthetic)',
            hint: 'Made-up LLM requests to try things with',
            icon: <TableIcon size={16} />,
            onSelect: attachments.addSample,
          },
          {
            key: 'otlp',
            label: 'Use the calls of your applications',
            hint: 'What they sent to Netra by OpenTelemetry, up to now',
            icon: <TableIcon size={16} />,
            onSelect: () => attachments.addSnapshot('otlp'),
          },
          {
            key: 'own_usage',
            label: 'Use your own usage of Netra',
            hint: 'Every call of a model that your answers took',
            icon: <TableIcon size={16} />,
            onSelect: () => attachments.addSnapshot('own_usage'),
          },
        ]}
        button={(attributes) => (
          <IconButton label="Attach" {...attributes}>
            <PlusIcon />
          </IconButton>
        )}
      />
    </>
  )
}

/** A message that goes out without a file that was meant to be in it would mislead. */
function NotAttached({ attachments }: { attachments: Attachments }) {
  const failed = attachments.list.filter(({ problem }) => problem !== null)
  const [first] = failed
  const what = failed.length === 1 ? `“${first?.name}”` : `${failed.length} files`
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
      <p className="flex min-w-0 flex-1 basis-60 items-start gap-2">
        <WarningIcon size={16} className="mt-0.5 shrink-0 text-danger" />
        <span className="min-w-0 wrap-anywhere">
          {what} could not be attached, so the message is not sent. Remove{' '}
          {failed.length === 1 ? 'it' : 'them'} to go on, or attach{' '}
          {failed.length === 1 ? 'it' : 'them'} again.
        </span>
      </p>
      <Button
        small
        onClick={() => {
          for (const { key } of failed) attachments.remove(key)
        }}
      >
        {failed.length === 1 ? 'Remove it' : 'Remove them'}
      </Button>
    </div>
  )
}

function AttachmentList({ attachments }: { attachments: Attachments }) {
  if (attachments.list.length === 0) return null
  return (
    <ul aria-label="Attachments" className="flex flex-wrap gap-1.5 px-3 pt-3">
      {attachments.list.map((item) => (
        <li key={item.key} className="max-w-full">
          <FileChip name={item.name} detail={detailOf(item)} fileId={item.file?.file_id}>
            <button
              type="button"
              aria-label={`Remove ${item.name}`}
              onClick={() => attachments.remove(item.key)}
              className="touch rounded-sm p-0.5 text-muted hover:bg-hover hover:text-ink"
            >
              <CloseIcon size={14} />
            </button>
          </FileChip>
          {item.file === null && item.problem === null ? (
            <progress
              aria-label={`Upload of ${item.name}`}
              max={1}
              value={item.progress > 0 ? item.progress : undefined}
              className="upload mt-1 block h-0.5 w-full"
            />
          ) : null}
          {item.problem ? <p className="mt-1 text-xs text-danger">{item.problem}</p> : null}
        </li>
      ))}
    </ul>
  )
}

function detailOf(item: Attaching): string {
  if (item.problem) return 'not sent'
  if (item.file) return formatBytes(item.bytes)
  return item.progress > 0 && item.progress < 1 ? `${Math.floor(item.progress * 100)} %` : 'sending'
}

/** Escape stops the running answer wherever the focus is, unless something nearer takes it. */
export function useEscape(stop: (() => void) | null): void {
  useEffect(() => {
    if (!stop) return undefined
    const onKeyDown = (event: globalThis.KeyboardEvent) => {
      if (event.key !== 'Escape' || event.defaultPrevented) return
      if (document.querySelector('dialog[open], [role=menu]')) return
      stop()
    }
    document.addEventListener('keydown', onKeyDown)
    return () => document.removeEventListener('keydown', onKeyDown)
  }, [stop])
}
