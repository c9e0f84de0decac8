import type { MemoryState, Note } from '@netra/client'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'

import { Button } from '../../components/button.tsx'
import { Confirm } from '../../components/confirm.tsx'
import { Problem } from '../../components/notice.tsx'
import { useAction } from '../../components/use-action.ts'
import { dayOf } from './moments.ts'
import { NoteForm } from './note-form.tsx'
import { Badge, Loaded, Section } from './section.tsx'
import { useMemoryApi } from './use-memory.ts'

const KEY = ['memory']

export function MemorySettings() {
  const memoryApi = useMemoryApi()
  const query = useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => memoryApi.state(signal),
    staleTime: 0,
  })
  return (
    <Section
      title="Memory"
      text="What agents are told about you in every conversation. Nobody else sees it; an agent that wants to add something asks you first."
    >
      <Loaded query={query}>{(memory) => <Kept memory={memory} />}</Loaded>
    </Section>
  )
}

function Kept({ memory }: { memory: MemoryState }) {
  const { is_on, notes, limits } = memory
  const memoryApi = useMemoryApi()
  const client = useQueryClient()
  const [isClearing, setClearing] = useState(false)
  const changed = () => client.invalidateQueries({ queryKey: KEY })
  const turn = useAction(async () => {
    client.setQueryData(KEY, await memoryApi.turn(!is_on))
  })
  return (
    <div className="space-y-8">
      <div className="space-y-2">
        <label className="touch flex items-start gap-2.5">
          <input
            type="checkbox"
            checked={is_on}
            disabled={turn.isBusy}
            onChange={() => void turn.run()}
            className="mt-1 size-4 shrink-0 accent-accent"
          />
          <span className="min-w-0">
            <span className="block">Tell agents what is written here</span>
            <span className="block text-sm text-muted">
              Off, they are told nothing of it, and your notes stay.
            </span>
          </span>
        </label>
        {turn.problem ? <Problem>{turn.problem}</Problem> : null}
      </div>
      <div className={is_on ? '' : 'opacity-60'}>
        {notes.length === 0 ? (
          <p className="text-muted">There is nothing yet.</p>
        ) : (
          <ul className="divide-y divide-line border-y border-line">
            {notes.map((note) => (
              <Entry
                key={note.id}
                note={note}
                maxCharacters={limits.characters}
                onChanged={changed}
              />
            ))}
          </ul>
        )}
      </div>
      <div className="space-y-3">
        <h3 className="font-medium">Add something</h3>
        {/* Empty again once what was in it is in the list. */}
        <NoteForm
          key={notes.length}
          maxCharacters={limits.characters}
          action="Add"
          onSave={async (note) => {
            await memoryApi.add(note)
            await changed()
          }}
        />
      </div>
      {notes.length > 0 ? (
        <Button kind="quiet" onClick={() => setClearing(true)}>
          Forget everything
        </Button>
      ) : null}
      {isClearing ? (
        <Confirm
          title="Forget everything?"
          text="All notes about you are deleted for good. Conversations stay as they are."
          action="Forget"
          onClose={() => setClearing(false)}
          onConfirm={async () => {
            await memoryApi.clear()
            await changed()
          }}
        />
      ) : null}
    </div>
  )
}

interface EntryProps {
  note: Note
  maxCharacters: number
  onChanged: () => Promise<void>
}

function Entry({ note, maxCharacters, onChanged }: EntryProps) {
  const memoryApi = useMemoryApi()
  const [isEditing, setEditing] = useState(false)
  const remove = useAction(async () => {
    await memoryApi.remove(note.id)
    await onChanged()
  })
  if (isEditing) {
    return (
      <li className="py-3">
        <NoteForm
          note={note}
          maxCharacters={maxCharacters}
          action="Save"
          onCancel={() => setEditing(false)}
          onSave={async (change) => {
            await memoryApi.change(note.id, change)
            await onChanged()
            setEditing(false)
          }}
        />
      </li>
    )
  }
  return (
    <li className="py-3">
      <div className="flex flex-wrap items-start gap-x-3 gap-y-1 sm:flex-nowrap">
        <div className="min-w-0 basis-full sm:flex-1 sm:basis-0">
          <p className="whitespace-pre-wrap wrap-anywhere">{note.text}</p>
          <p className="mt-1 flex flex-wrap items-center gap-x-2 gap-y-1 text-sm text-muted">
            <Badge>{note.kind === 'fact' ? 'fact' : 'how to answer'}</Badge>
            <Origin note={note} />
          </p>
        </div>
        <Button small kind="quiet" onClick={() => setEditing(true)}>
          Edit
        </Button>
        <Button
          small
          kind="quiet"
          busy={remove.isBusy}
          aria-label={`Delete ${note.text.slice(0, 60)}`}
          onClick={() => void remove.run()}
        >
          Delete
        </Button>
      </div>
      {remove.problem ? <Problem>{remove.problem}</Problem> : null}
    </li>
  )
}

/** Who wrote it: what an agent learned can be looked up where it did. */
function Origin({ note: { learned, created_at } }: { note: Note }) {
  if (learned === null) return <span>yours, {dayOf(created_at)}</span>
  const words = `learned by ${learned.agent}, ${dayOf(created_at)}`
  if (learned.thread_id === null) return <span>{words}</span>
  return (
    <Link
      to="/t/$threadId"
      params={{ threadId: learned.thread_id }}
      className="underline decoration-line-strong underline-offset-2 hover:text-ink"
    >
      {words}
    </Link>
  )
}
