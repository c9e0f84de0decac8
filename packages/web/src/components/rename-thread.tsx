import { useState, type KeyboardEvent } from 'react'

import { problemText } from '../live/api.ts'
import { useLive } from '../live/use-live.ts'

interface RenameThreadProps {
  id: string
  title: string
  onClose: () => void
  className: string
}

/** The name of a conversation in a field: Enter or leaving it saves, Escape does not. */
export function RenameThread({ id, title, onClose, className }: RenameThreadProps) {
  const { api } = useLive()
  const [draft, setDraft] = useState(title)
  const [problem, setProblem] = useState<string | null>(null)
  const save = () => {
    const next = draft.trim()
    if (next === '' || next === title) return onClose()
    api
      .updateThread(id, { title: next })
      .then(onClose, (error: unknown) => setProblem(problemText(error)))
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter') save()
    if (event.key !== 'Escape') return
    // Elsewhere Escape stops the running answer.
    event.stopPropagation()
    event.preventDefault()
    onClose()
  }
  return (
    <>
      <input
        autoFocus
        aria-label="Name of the conversation"
        value={draft}
        maxLength={200}
        onChange={(event) => setDraft(event.target.value)}
        onFocus={(event) => event.target.select()}
        onKeyDown={onKeyDown}
        onBlur={save}
        className={className}
      />
      {problem ? <p className="px-2.5 py-1 text-xs text-danger">{problem}</p> : null}
    </>
  )
}
