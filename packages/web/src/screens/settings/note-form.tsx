import type { Note } from '@netra/client'
import { useId } from 'react'

import { Button } from '../../components/button.tsx'
import { INPUT } from '../../components/field.tsx'
import { field, FormProblem, useForm } from '../../components/form.tsx'

const KINDS = [
  { id: 'instruction', name: 'How I want to be answered' },
  { id: 'fact', name: 'A fact about me' },
] as const

interface NoteFormProps {
  note?: Pick<Note, 'kind' | 'text'>
  maxCharacters: number
  action: string
  onSave: (note: Pick<Note, 'kind' | 'text'>) => Promise<void>
  onCancel?: () => void
}

/** Writes a note, or changes one. */
export function NoteForm({ note, maxCharacters, action, onSave, onCancel }: NoteFormProps) {
  const id = useId()
  const form = useForm(async (data) => {
    const kind = field(data, 'kind') === 'fact' ? 'fact' : 'instruction'
    await onSave({ kind, text: field(data, 'text').trim() })
  })
  return (
    <form onSubmit={form.submit} className="space-y-3">
      <fieldset className="flex flex-wrap gap-x-5 gap-y-2 text-sm">
        <legend className="sr-only">What it is</legend>
        {KINDS.map((kind) => (
          <label key={kind.id} className="touch inline-flex items-center gap-2">
            <input
              type="radio"
              name="kind"
              value={kind.id}
              defaultChecked={kind.id === (note?.kind ?? 'instruction')}
              className="size-4 accent-accent"
            />
            {kind.name}
          </label>
        ))}
      </fieldset>
      <label htmlFor={id} className="sr-only">
        What agents are told
      </label>
      <textarea
        id={id}
        name="text"
        required
        rows={2}
        maxLength={maxCharacters}
        defaultValue={note?.text}
        placeholder="Answer in German, and show the formula of each figure."
        className={`${INPUT} h-auto min-h-16 resize-y py-2 leading-6`}
      />
      <FormProblem form={form} />
      <div className="flex flex-wrap gap-2">
        <Button type="submit" kind={note ? 'plain' : 'primary'} busy={form.isBusy}>
          {action}
        </Button>
        {onCancel ? (
          <Button kind="quiet" onClick={onCancel}>
            Cancel
          </Button>
        ) : null}
      </div>
    </form>
  )
}
