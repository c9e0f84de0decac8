import { useEffect, useRef, useState, type FormEvent } from 'react'

import { ApiError, problemText } from '../live/api.ts'
import { retryAfterMs } from '../live/retry-after.ts'
import { useNow } from '../use-now.ts'
import { Button } from './button.tsx'
import { Problem } from './notice.tsx'

export const field = (form: FormData, name: string): string => {
  const value = form.get(name)
  return typeof value === 'string' ? value : ''
}

interface Wait {
  kind: 'too_many' | 'unavailable'
  /** Milliseconds since the Unix epoch. */
  until: number
}

export interface FormState {
  isBusy: boolean
  /** Nothing is sent before this is over. */
  wait: Wait | null
  problem: string | null
  submit: (event: FormEvent<HTMLFormElement>) => void
  /** Sends what stands in the form now. */
  again: () => void
}

interface FormOptions {
  /** After which errors the server is asked again by itself with what stands in the form. */
  repeatsAfter?: (error: unknown) => boolean
}

function waitOf(error: unknown, repeatsAfter: FormOptions['repeatsAfter']): Wait | null {
  const until = Date.now() + retryAfterMs(error)
  if (repeatsAfter?.(error)) return { kind: 'unavailable', until }
  const isLimited = error instanceof ApiError && error.status === 429
  return isLimited && error.retry_after_ms !== null ? { kind: 'too_many', until } : null
}

function giveBack(focused: Element | null): void {
  const isLost = document.activeElement === null || document.activeElement === document.body
  if (isLost && focused instanceof HTMLElement && focused.isConnected) focused.focus()
}

/** A form that says what went wrong, sends once at a time, and waits as long as it is told to. */
export function useForm(
  work: (form: FormData) => Promise<void>,
  { repeatsAfter }: FormOptions = {},
): FormState {
  const [isBusy, setBusy] = useState(false)
  const [wait, setWait] = useState<Wait | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const element = useRef<HTMLFormElement>(null)
  const sends = useRef(false)
  const send = (form: HTMLFormElement) => {
    sends.current = true
    setBusy(true)
    setProblem(null)
    setWait(null)
    const focused = document.activeElement
    work(new FormData(form))
      .catch((error: unknown) => {
        setProblem(problemText(error))
        setWait(waitOf(error, repeatsAfter))
      })
      .finally(() => {
        sends.current = false
        setBusy(false)
        // A button that cannot be used while it is busy loses the focus, also to the keyboard.
        requestAnimationFrame(() => giveBack(focused))
      })
  }
  const again = () => {
    if (element.current?.isConnected && !sends.current) send(element.current)
  }
  useEffect(() => {
    if (wait === null) return undefined
    const end = () => {
      if (wait.kind === 'unavailable') return again()
      setWait(null)
      setProblem(null)
    }
    const timer = setTimeout(end, Math.max(0, wait.until - Date.now()))
    return () => clearTimeout(timer)
    // What the form holds is read when the time has come.
  }, [wait])
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    if (sends.current || wait?.kind === 'too_many') return
    element.current = event.currentTarget
    send(event.currentTarget)
  }
  return { isBusy, wait, problem, submit, again }
}

/** What went wrong with a form, and how long it waits. Draws nothing while all is well. */
export function FormProblem({ form }: { form: FormState }) {
  const { wait, problem, again } = form
  if (wait?.kind === 'unavailable') return <Unavailable until={wait.until} onTry={again} />
  if (problem === null) return null
  return (
    <Problem>
      {problem}
      {wait ? (
        <>
          {' '}
          <Seconds until={wait.until} words={(left) => `${left} left.`} />
          <span className="sr-only"> {waitWords(wait.until)}</span>
        </>
      ) : null}
    </Problem>
  )
}

/** For those who do not see the countdown: as it was when the problem came up. */
const waitWords = (until: number): string => `Try again at ${clock.format(until)}.`

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' })

/** Nobody can sign in now; it is tried again at `until`. */
export function Unavailable({ until, onTry }: { until: number; onTry: () => void }) {
  return (
    <Problem
      action={
        <Button small onClick={onTry}>
          Try now
        </Button>
      }
    >
      Signing in is not possible right now. This page tries again by itself
      <Seconds until={until} words={(seconds) => ` in ${seconds}`} />.
    </Problem>
  )
}

/** A countdown that is not read out second by second. */
function Seconds({ until, words }: { until: number; words: (seconds: string) => string }) {
  const left = Math.max(0, Math.ceil((until - useNow(500)) / 1000))
  const text = left < 120 ? `${left} s` : `${Math.ceil(left / 60)} minutes`
  return (
    <span aria-hidden="true" className="figures">
      {words(text)}
    </span>
  )
}
