import { useState } from 'react'

import { Button } from '../../../components/button.tsx'
import { Field } from '../../../components/field.tsx'
import { dayOf } from '../moments.ts'
import type { Removal } from './removal.ts'

interface DeleteOlderProps {
  firstAt: string
  lastAt: string
  onRemove: (removal: Removal) => void
}

/** Makes room by days, as the reader's own calendar has them. */
export function DeleteOlder({ firstAt, lastAt, onRemove }: DeleteOlderProps) {
  const [day, setDay] = useState('')
  const begin = day === '' ? undefined : new Date(`${day}T00:00:00`)
  return (
    <form
      className="flex flex-wrap items-end gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        if (!begin) return
        const to = begin.toISOString()
        onRemove({
          title: `Delete calls before ${dayOf(to)}?`,
          text: 'Those that were made before that day are deleted for good.',
          which: { to },
        })
      }}
    >
      <Field
        label="Delete calls made before"
        type="date"
        required
        value={day}
        min={dayIn(firstAt)}
        max={dayIn(lastAt)}
        onChange={(event) => setDay(event.target.value)}
        className="w-52"
      />
      <Button type="submit">Delete older</Button>
    </form>
  )
}

const two = (value: number): string => String(value).padStart(2, '0')

/** As a field of a date has it. */
function dayIn(at: string): string {
  const moment = new Date(at)
  return `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`
}
