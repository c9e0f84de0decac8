import type { Retention } from '@netra/client'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { Button } from '../../components/button.tsx'
import { Confirm } from '../../components/confirm.tsx'
import { Field } from '../../components/field.tsx'
import { field, FormProblem, useForm } from '../../components/form.tsx'
import { Saved } from '../../components/saved.tsx'
import { countOf } from '../../timeline/format.ts'
import { AdminOnly, Loaded, Section } from './section.tsx'
import { useUsersApi } from './use-users.ts'

export function RetentionSettings() {
  return (
    <AdminOnly title="Retention">
      <Section
        title="Retention"
        text="How long conversations are kept that nobody touches. This goes for everybody, without anybody reading them."
      >
        <Current />
      </Section>
    </AdminOnly>
  )
}

function Current() {
  const usersApi = useUsersApi()
  const query = useQuery({
    queryKey: ['retention'],
    queryFn: ({ signal }) => usersApi.retention(signal),
    staleTime: 0,
  })
  return <Loaded query={query}>{(retention) => <Choose retention={retention} />}</Loaded>
}

const CHOICES = [
  { isLimited: false, name: 'Keep everything', text: 'Until its owner deletes it.' },
  {
    isLimited: true,
    name: 'Erase what is old',
    text: 'A conversation is erased for good once nobody has touched it for so long.',
  },
]

function Choose({ retention }: { retention: Retention }) {
  const usersApi = useUsersApi()
  const client = useQueryClient()
  const [isLimited, setLimited] = useState(retention.days !== null)
  const [asked, setAsked] = useState<number | null>(null)
  const [savedAt, setSavedAt] = useState(0)
  const save = async (days: number | null) => {
    client.setQueryData(['retention'], await usersApi.setRetention(days))
    setSavedAt(Date.now())
  }
  const form = useForm(async (data) => {
    const days = isLimited ? Number(field(data, 'days')) : null
    const erasesMore = days !== null && (retention.days === null || days < retention.days)
    if (erasesMore) setAsked(days)
    else await save(days)
  })
  return (
    <form onSubmit={form.submit} className="space-y-5">
      <fieldset className="space-y-3">
        <legend className="sr-only">How long conversations are kept</legend>
        {CHOICES.map((choice) => (
          <label key={choice.name} className="flex items-start gap-2.5">
            <input
              type="radio"
              name="kind"
              checked={isLimited === choice.isLimited}
              onChange={() => {
                setLimited(choice.isLimited)
                setSavedAt(0)
              }}
              className="mt-1 size-4 shrink-0 accent-accent"
            />
            <span className="min-w-0">
              <span className="block">{choice.name}</span>
              <span className="block text-sm text-muted">{choice.text}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {isLimited ? (
        <Field
          className="appear w-40"
          label="After how many days"
          name="days"
          type="number"
          inputMode="numeric"
          min={1}
          max={3650}
          required
          defaultValue={retention.days ?? 365}
          onChange={() => setSavedAt(0)}
        />
      ) : null}
      <FormProblem form={form} />
      <div className="flex flex-wrap items-center gap-3">
        <Button type="submit" kind="primary" busy={form.isBusy}>
          Save
        </Button>
        <Saved at={savedAt}>Saved, and in force.</Saved>
      </div>
      {asked === null ? null : (
        <Confirm
          title={`Erase what is older than ${countOf(asked, 'day')}?`}
          text="Conversations that nobody has touched for longer are erased soon, everybody’s, for good. Nobody can bring them back."
          action="Erase them"
          onClose={() => setAsked(null)}
          onConfirm={() => save(asked)}
        />
      )}
    </form>
  )
}
